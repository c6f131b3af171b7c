"""Records as sources hand them over: rows left out, records that cannot be read, words that are resolved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from kg.evidence_base import EvidenceBase
from kg.importing import import_records
from kg.iris import BASE
from kg.model.records import Arm, DichotomousResult, Origin, Row, Trial, Words
from kg.sources.incoming import Unit, Unreadable
from tests.intake_support import state

SCOPE = "elsewhere"
ORIGIN = Origin("file.rm5#/study/1", 0)
SOURCED: dict[str, Any] = {"source": "https://example.org/x", "locator": "x", "source_kind": "secondary"}


def words(kind: str, text: str, *ids: str) -> Words:
    return Words(kind, text, ids, SCOPE)


def rows(name: str = "smith-2020", drug: str = "Ketamine", outcome: str = "Nausea", **trial: Any) -> list[Row]:
    own: dict[str, Any] = {"origin": ORIGIN, "record_source": SCOPE, "trial": name, **SOURCED}
    nothing: dict[str, Any] = dict.fromkeys(("stratum", "route", "dose", "duration"))
    made: list[Row] = [
        Trial(
            **own, study_label="Smith 2020", label="A trial", year=2020, doi=None, pmid=None,
            **{"registration": (), "randomised": 80, **trial}, country=None, design="parallel", blinding=None,
            condition=(words("condition", "Fibromyalgia"),), condition_text="Fibromyalgia", follow_up=None,
            funding=None,
        )
    ]  # fmt: skip
    for arm, role, studied in (("treated", "experimental", drug), ("placebo", "placebo", "Placebo")):
        made.append(
            Arm(
                **own, arm=arm, intervention_text=studied, role=role, studied=words("intervention", studied),
                background=(), add_on=(), condition=(), combines=(), randomised=40, analysed=40, **nothing,
            )
        )  # fmt: skip
    for number, (arm, events) in enumerate((("treated", 9), ("placebo", 4)), 1):
        made.append(
            DichotomousResult(
                **{**own, "origin": Origin(f"file.rm5#/row/{number}", 0)}, number=number, arm=arm,
                outcome=words("outcome", outcome), outcome_text=outcome, timepoint_text=None, band=None, period=None,
                denominator=None, reported_text="", events=events, total=40,
            )
        )  # fmt: skip
    return made


def unit(made: list[Row], name: str = "smith-2020", *, separable: bool = False) -> Unit:
    return Unit(SCOPE, name, tuple(made), "file.rm5#/study/1", separable)


def objects(base: EvidenceBase, thing: str, path: str) -> set[str]:
    rows_ = base.store.select(f"SELECT ?o WHERE {{ <{BASE}{thing}> <{BASE}ns#{path}> ?o }}").rows
    return {str(getattr(o, "value", o)).removeprefix(BASE) for (o,) in rows_}


def wrong(made: list[Row], number: int) -> list[Row]:
    return [replace(r, events=50) if isinstance(r, DichotomousResult) and r.number == number else r for r in made]


def test_rows_of_a_separable_record_are_left_out_one_by_one(base: EvidenceBase) -> None:
    report = import_records(base, [unit(wrong(rows(), 2), separable=True)])
    assert report.counts == {"new": 1}
    assert report.rows_left_out == 1
    assert not report.conforms
    (fault,) = report.partial[0].rows_left_out
    assert (fault.place, fault.rule) == ("file.rm5#/row/2", "DichotomousResultShape-eventsWithinTotal")
    assert objects(base, "result/elsewhere/smith-2020/1", "events") == {"9"}
    assert objects(base, "result/elsewhere/smith-2020/2", "events") == set()
    again = import_records(base, [unit(wrong(rows(), 2), separable=True)])
    assert (again.counts, again.rows_left_out) == ({"unchanged": 1}, 1)


def test_a_separable_record_whose_trial_is_wrong_is_refused_whole(base: EvidenceBase) -> None:
    before = state(base)
    report = import_records(base, [unit(rows(randomised=-1), separable=True)])
    assert report.counts == {"refused": 1}
    assert state(base) == before


def test_a_record_that_is_not_separable_is_refused_whole(base: EvidenceBase) -> None:
    before = state(base)
    assert import_records(base, [unit(wrong(rows(), 2))]).counts == {"refused": 1}
    assert state(base) == before


def test_what_cannot_be_read_is_refused_with_its_place(base: EvidenceBase) -> None:
    items: list[Unit | Unreadable] = [Unreadable("a.json#/studies/3", "no nctId; give one"), unit(rows())]
    report = import_records(base, items)
    assert report.counts == {"refused": 1, "new": 1}
    assert report.refused[0].faults[0].place == "a.json#/studies/3"


def test_known_words_become_things_and_others_stay_with_their_words(base: EvidenceBase) -> None:
    report = import_records(base, [unit(rows(drug="Something new", outcome="Feeling odd, very"))])
    assert report.counts == {"new": 1}
    assert objects(base, "trial/smith-2020", "condition") == {"condition/fibromyalgia"}
    assert objects(base, "trial/smith-2020/arm/placebo", "studied") == {"drug/placebo"}
    (studied,) = objects(base, "trial/smith-2020/arm/treated", "studied")
    assert studied == "intervention/elsewhere-something-new"
    (outcome,) = objects(base, "result/elsewhere/smith-2020/1", "outcome")
    assert outcome.startswith("outcome/elsewhere-feeling-odd-very-")
    assert objects(base, outcome, "sourceWords") == {"Feeling odd, very"}
    assert {(u.words.text, u.records) for u in report.unresolved.values()} == {
        ("Something new", 1),
        ("Feeling odd, very", 1),
    }
    _, lines = base.validate()
    assert not [line for line in lines if "elsewhere" in line]


def test_words_in_two_spellings_are_one_term_with_both(base: EvidenceBase) -> None:
    import_records(base, [unit(rows(drug="Something New"))])
    import_records(base, [unit(rows("jones-2021", drug="something  new"), "jones-2021")])
    assert objects(base, "intervention/elsewhere-something-new", "sourceWords") == {"Something New", "something new"}


def test_a_term_goes_with_its_last_user(base: EvidenceBase) -> None:
    import_records(base, [unit(rows(drug="Something new"))])
    import_records(base, [unit(rows())])
    assert objects(base, "intervention/elsewhere-something-new", "sourceWords") == set()


def test_two_records_of_one_name_that_differ_are_not_both_taken(base: EvidenceBase) -> None:
    other = Unit(SCOPE, "smith-2020", tuple(wrong(rows(), 9)[:-1]), "other.rm5")
    report = import_records(base, [unit(rows()), other])
    assert report.counts == {"new": 1, "refused": 1}
    assert "stands already at file.rm5#/study/1" in report.refused[0].faults[0].remedy
    assert len(base.store.versions(SCOPE, "smith-2020")) == 1


@pytest.mark.parametrize("together", [False, True])
def test_a_trial_that_may_be_another_is_told(base: EvidenceBase, together: bool) -> None:
    first = unit(rows(registration=("NCT00000001",)))
    import_records(base, [first])
    second = replace(first, source="again", name="nct00000001")
    second = replace(
        second,
        rows=tuple(replace(cast(Any, r), record_source="again", trial="nct00000001") for r in first.rows),
    )
    report = import_records(base, [second], all_or_nothing=together)
    assert report.counts == {"new": 1}
    (found,) = report.duplicates
    assert (found.trial, found.other) == (f"{BASE}trial/nct00000001", f"{BASE}trial/smith-2020")
    assert "NCT00000001" in found.why
    assert not import_records(base, [second]).duplicates


def test_records_are_taken_as_they_come(base: EvidenceBase) -> None:
    """A source that fails on the way leaves what came before it in the store."""

    def source() -> Iterator[Unit]:
        yield unit(rows())
        raise RuntimeError("the source fails")

    with pytest.raises(RuntimeError):
        import_records(base, source())
    assert base.store.versions(SCOPE, "smith-2020")[-1].version == 1
