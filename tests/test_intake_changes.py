"""One changed number changes one record and the answers that use it; what is doubtful comes along into answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from kg import iris
from kg.errors import InputRefused
from kg.evidence_base import EvidenceBase, question
from kg.intake import candidate, check, surroundings
from kg.model.answer import Answer
from kg.model.records import ContinuousResult, Origin, Row, Statements
from kg.settings import Settings
from kg.sources import tables
from tests.conftest import ROOT
from tests.intake_support import copied, first, record, state, take

BASE = iris.BASE
PAIN = {"intervention": "ketamine", "comparator": "placebo", "outcome": "pain-intensity", "route": "intravenous"}
IMMEDIATE, NAUSEA = {**PAIN, "band": "immediate-term"}, {**PAIN, "outcome": "nausea"}
OTHER = {"intervention": "memantine", "comparator": "placebo", "outcome": "pain-intensity"}
SIGTERMANS = record("cd015373", "sigtermans-2009")
MEAN = first(SIGTERMANS, ContinuousResult, lambda r: r.number == 1)


@pytest.fixture
def base(store_url: str, tmp_path: Path) -> Iterator[EvidenceBase]:
    """A copy of the store of its own for each test."""
    with copied(store_url, tmp_path) as opened:
        yield opened


def asked(base: EvidenceBase, words: dict[str, str]) -> Answer:
    """Ask a store anew, as a process that opens it does."""
    with EvidenceBase.open(Settings.read(base.settings.store)) as reader:
        return reader.ask(question(**words))


def changed(**cells: Decimal) -> list[Row]:
    other: Row = replace(MEAN, **cells)
    return [other if r is MEAN else r for r in SIGTERMANS]


def test_one_changed_number_is_one_changed_record_and_other_answers(base: EvidenceBase) -> None:
    before = [asked(base, words) for words in (IMMEDIATE, OTHER)]
    fingerprint, number = state(base)
    taken = take(base, changed(mean=Decimal("36.8")))
    assert (taken.new, taken.changed, taken.retracted) == (0, 1, 0)
    assert [(v.source, v.id, v.version) for v in taken.commit.versions] == [("cd015373", "sigtermans-2009", 2)]
    assert state(base)[0] != fingerprint
    assert state(base)[1] == number + 1
    after = [asked(base, words) for words in (IMMEDIATE, OTHER)]
    assert after[0].id != before[0].id
    assert after[0].pool.estimate != before[0].pool.estimate
    (study,) = (s for s in after[0].studies if s.trial.endswith("sigtermans-2009"))
    assert study.experimental.mean == 36.8
    assert after[1].id == before[1].id
    assert after[1].pool == before[1].pool


def test_the_number_put_back_gives_the_old_answer_and_fingerprint(base: EvidenceBase) -> None:
    before, (fingerprint, _) = asked(base, IMMEDIATE), state(base)
    take(base, changed(mean=Decimal("36.8")))
    take(base, SIGTERMANS)
    assert asked(base, IMMEDIATE).id == before.id
    assert state(base)[0] == fingerprint


def test_a_row_taken_out_takes_its_trial_out_of_the_answer(base: EvidenceBase) -> None:
    before = asked(base, IMMEDIATE)
    bands = (MEAN.band, MEAN.outcome)
    left = [r for r in SIGTERMANS if not (isinstance(r, ContinuousResult) and (r.band, r.outcome) == bands)]
    assert len(left) == len(SIGTERMANS) - 2
    assert take(base, left).changed == 1
    after = asked(base, IMMEDIATE)
    assert after.pool.k == before.pool.k - 1
    assert after.k_eligible == before.k_eligible
    reason = {e.label: e.reason for e in after.excluded}["Sigtermans 2009"]
    assert reason


def test_what_is_doubtful_is_stored_and_shown_with_the_answers_that_use_it(base: EvidenceBase) -> None:
    taken = take(base, changed(sd=Decimal("2.1")))
    doubts = [w for w in taken.warnings if f"{MEAN.origin}: " in w]
    assert doubts
    assert any("looks like a standard error" in w for w in doubts)
    (study,) = (s for s in asked(base, IMMEDIATE).studies if s.trial.endswith("sigtermans-2009"))
    assert any("looks like a standard error" in w for w in study.warnings)
    assert not any("looks like a standard error" in w for s in asked(base, NAUSEA).studies for w in s.warnings)
    take(base, SIGTERMANS)
    (study,) = (s for s in asked(base, IMMEDIATE).studies if s.trial.endswith("sigtermans-2009"))
    assert not any("looks like a standard error" in w for w in study.warnings)


def test_the_verdict_on_a_record_beside_the_others_is_the_verdict_of_the_whole(base: EvidenceBase) -> None:
    """Every fourteenth record, and all that the whole finds doubtful."""
    made = candidate(tables.read(ROOT / "data"))
    whole = base.validate()[0]
    found = {(f.focus, f.shape, str(f.value)) for f in whole.results}
    about = {f.focus for f in whole.results}
    units = sorted(u for u, stated in made.triples.items() if any(str(t.subject)[1:-1] in about for t in stated))
    units += [u for u in sorted(made.triples)[::14] if u not in units]
    seen = set()
    for unit in units:
        own = type(made)()
        own.triples[unit] = made.triples[unit]
        report = check(base.shapes, own, surroundings(base.store, own.triples))
        assert report.conforms, (unit, report.violations[:3])
        seen |= {(f.focus, f.shape, str(f.value)) for f in report.results}
    assert len(units) >= 20
    assert found
    assert seen == found


def test_a_version_that_drops_what_others_point_at_is_refused(base: EvidenceBase) -> None:
    def renamed(rows: list[Row]) -> list[Row]:
        return [replace(row, arm="control") if getattr(row, "arm", "") == "placebo" else row for row in rows]  # type: ignore[arg-type]

    trial, before = record("reports", "sigtermans-2009"), state(base)
    with pytest.raises(InputRefused, match=r"The arm of a result is one Arm .*found trial/sigtermans-2009/arm/placebo"):
        take(base, renamed(trial))
    assert state(base) == before
    taken = take(base, renamed([*trial, *SIGTERMANS]))
    assert (taken.changed, taken.retracted) == (2, 0)


def stated(name: str, *lines: str) -> list[Row]:
    iri = f"<{BASE}%s>"
    text = "".join(f"{iri % s} <{p}> {o} .\n" for s, p, o in (line.split(" ", 2) for line in lines))
    return [Statements(origin=Origin("tests", 1), record_source="tests", record_id=name, ntriples=text)]


def test_a_version_without_the_study_that_a_review_lists_is_refused(base: EvidenceBase) -> None:
    """No rule looks from a study at the reviews that list it: what would be left alone is found beside them."""
    kind, label, listed = iris.RDF + "type", iris.RDFS + "label", iris.EV + "includedTrial"
    source, made_up = iris.EV + "source", '"made up"'

    def defined(thing: str) -> list[Row]:
        return stated(
            "one",
            f"{thing} {kind} <{iris.EV}Study>",
            f'{thing} {label} "example"@en',
            f"{thing} {source} {made_up}",
        )

    study, review = defined("study/one"), stated("list", f"review/cd015373 {listed} <{BASE}study/one>")
    take(base, study)
    take(base, review)
    before = state(base)
    with pytest.raises(InputRefused, match=r"still used by review/cd015373 \(includedTrial study/one\)"):
        take(base, defined("study/other"))
    assert state(base) == before
    assert (
        take(base, [*defined("study/one"), *stated("list", f"review/cd015373 {listed} <{BASE}study/one>")]).changed == 0
    )
