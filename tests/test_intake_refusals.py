"""A record that comes in beside others is judged as in the whole: refused with its place, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from kg.errors import InputRefused
from kg.evidence_base import EvidenceBase
from kg.model.records import Arm, ContinuousResult, ContrastResult, DichotomousResult, Row, Trial
from tests.intake_support import copied, first, record, state, take

PICKERING = record("reports", "pickering-2020")

# What is broken: kind of row, the cells, the column that the message names, the rule.
BROKEN: dict[str, tuple[type[Any], dict[str, object], str, str]] = {
    "events above total": (DichotomousResult, {"events": 99}, "events", "DichotomousResultShape-eventsWithinTotal"),
    "nobody counted in": (DichotomousResult, {"total": 0}, "total", "DichotomousResultShape-total"),
    "no total and no word of it": (DichotomousResult, {"total": None}, "", "DichotomousResultShape-totalOrGap"),
    "SD of zero": (ContinuousResult, {"sd": Decimal(0)}, "sd", "ContinuousResultShape-sd"),
    "negative SE": (ContinuousResult, {"se": Decimal(-1)}, "se", "ContinuousResultShape-se"),
    "unknown outcome": (DichotomousResult, {"outcome": "nothing"}, "outcome", "ResultShape-outcome"),
    "unknown band": (DichotomousResult, {"band": "some-term"}, "band", "ResultShape-band"),
    "unknown scale": (ContinuousResult, {"instrument": "none"}, "instrument", "ContinuousResultShape-instrument"),
    "arm that is not there": (DichotomousResult, {"arm": "nobody"}, "arm", "ResultShape-ofArm"),
    "unknown drug": (Arm, {"studied": "nothing"}, "studied", "ArmShape-studied"),
    "unknown route": (Arm, {"route": "by-air"}, "route", "ArmShape-route"),
    "unknown design": (Trial, {"design": "circular"}, "design", "StudyShape-design"),
    "identifier of no register": (Trial, {"registration": ("NCT12",)}, "registration", "StudyShape-registration"),
    "DOI without its prefix": (Trial, {"doi": "j.pain.2009"}, "doi", "StudyShape-doi"),
    "year to come": (Trial, {"year": 3020}, "year", "StudyShape-year"),
    "interval upside down": (ContrastResult, {"ci_low": Decimal("0.9")}, "", "ContrastResultShape-interval"),
    "arm against itself": (ContrastResult, {"control_arm": "ketamine"}, "", "ContrastResultShape-twoArms"),
    "ratio below zero": (ContrastResult, {"measure": "RR"}, "", "ContrastResultShape-ratioPositive"),
    "p above one": (ContrastResult, {"p_value": Decimal(2)}, "p_value", "ContrastResultShape-pValue"),
}


@pytest.fixture(scope="module")
def base(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceBase]:
    """A copy of the store, to be written to in vain."""
    with copied(store_url, tmp_path_factory.mktemp("refusals")) as opened:
        yield opened


def refused(base: EvidenceBase, rows: list[Row]) -> str:
    before = state(base)
    with pytest.raises(InputRefused) as caught:
        take(base, rows)
    assert state(base) == before
    return str(caught.value)


def swapped(row: Row, other: Row) -> list[Row]:
    """Return the record with one row in the place of another."""
    return [other if r is row else r for r in PICKERING]


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_impossible_is_refused_with_place_column_rule_and_remedy(base: EvidenceBase, case: str) -> None:
    kind, cells, column, rule = BROKEN[case]
    row = first(PICKERING, kind)
    message = refused(base, swapped(row, replace(row, **cells)))
    line = next(text for text in message.splitlines() if f"[rule {rule}" in text)
    assert f"{row.origin}: " in line
    assert f"column {column}" in line
    assert any(word in line for word in (";", "check", "correct")), line
    assert "nothing was written" in message


@pytest.mark.parametrize("kind", [Trial, Arm, DichotomousResult, ContinuousResult, ContrastResult])
def test_two_rows_for_one_thing_are_refused_with_both_places(base: EvidenceBase, kind: type[Any]) -> None:
    row = first(PICKERING, kind)
    again = replace(row, origin=replace(row.origin, line=9999), note="another")
    message = refused(base, [*PICKERING, again])
    assert f"{again.origin}: " in message
    assert f"stands already at {row.origin}" in message


def test_one_number_for_a_count_and_a_mean_is_refused(base: EvidenceBase) -> None:
    mean = first(PICKERING, ContinuousResult)
    count = replace(first(PICKERING, DichotomousResult), number=mean.number)
    message = refused(base, [*(r for r in PICKERING if r is not mean), mean, count])
    assert "stands already at" in message


@pytest.mark.parametrize("slug", ["Keta Mine", "ketamine/", "../x", "kétamine", "a b"])
def test_a_name_that_cannot_stand_in_an_iri_is_refused_with_its_place(base: EvidenceBase, slug: str) -> None:
    arm = first(PICKERING, Arm)
    message = refused(base, swapped(arm, replace(arm, arm=slug)))
    assert message.startswith(f"{arm.origin}: ")
    assert "use lower-case letters, digits" in message


def test_a_result_for_an_arm_of_another_trial_is_refused(base: EvidenceBase) -> None:
    row = first(PICKERING, DichotomousResult)
    stray = replace(row, trial="sigtermans-2009", number=99)
    message = refused(base, [*PICKERING, stray])
    assert f"{stray.origin}: " in message


def test_a_part_that_a_merged_arm_names_must_be_there(base: EvidenceBase) -> None:
    rows = record("cd015373", "lumanauw-2019")
    merged = first(rows, Arm, lambda arm: bool(arm.combines))
    stray = replace(merged, combines=(*merged.combines, "nobody"))
    message = refused(base, [stray if r is merged else r for r in rows])
    assert f"{merged.origin}: " in message
    assert "nobody" in message


def test_a_record_as_it_is_passes_unchanged(base: EvidenceBase) -> None:
    before = state(base)
    taken = take(base, PICKERING)
    assert (taken.new, taken.changed, taken.retracted) == (0, 0, 0)
    assert state(base) == before
