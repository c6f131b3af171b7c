"""Retraction: what leaves, what stays, and that it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import InputRefused, UnknownTerm
from kg.evidence_base import EvidenceBase
from kg.iris import BASE, EV
from kg.memory import lifting, retraction
from kg.memory.history import history
from tests.intake_support import copied, record, state, take
from tests.memory.memory_support import QUESTION, RESULTS, TRIAL, TRIAL_IRI, number, retract, rewrite


@pytest.fixture
def base(store_url: str, tmp_path: Path) -> Iterator[EvidenceBase]:
    """The bundled evidence in a store to write to."""
    with copied(store_url, tmp_path) as opened:
        yield opened


def live(base: EvidenceBase) -> set[tuple[str, str]]:
    return {(head.source, head.id) for head in base.store.heads()}


def test_a_retracted_trial_leaves_with_all_its_records_and_the_store_stays_sound(base: EvidenceBase) -> None:
    before = live(base)
    commit = retract(base)
    assert before - live(base) == {RESULTS, ("reports", TRIAL)}
    assert live(base) - before == {("retractions", TRIAL)}
    assert {v.reason for v in commit.versions} == {"Falsified data"}
    assert commit.author == "tester"
    base.forget()
    report, _ = base.validate()
    assert report.conforms
    assert base.query("checks/dangling-reference-violation").rows == []
    assert base.store.verify() == []


def test_what_stays_of_a_trial_says_that_it_was_retracted_and_why(base: EvidenceBase) -> None:
    retract(base)
    said = {t.predicate.value.removeprefix(EV): str(getattr(t.object, "value", "")) for t in base.describe(TRIAL_IRI)}
    assert said["http://www.w3.org/1999/02/22-rdf-syntax-ns#type"] == EV + "RetractedStudy"
    assert said["http://www.w3.org/2000/01/rdf-schema#label"] == "Sigtermans 2009"
    assert said["retractionReason"] == "Falsified data"
    assert said["source"] == "retracted by tester"
    assert said["doi"] == "10.1016/j.pain.2009.06.023"
    assert not base.store.ask(f"ASK {{ <{TRIAL_IRI}> <{EV}hasArm> ?arm }}")
    assert not base.store.ask(f"ASK {{ ?result <{EV}ofTrial> <{TRIAL_IRI}> ; <{EV}outcome> ?outcome }}")


def test_answers_no_longer_use_it_and_say_so(base: EvidenceBase) -> None:
    then = base.ask(QUESTION)
    retract(base)
    base.forget()
    now = base.ask(QUESTION)
    assert TRIAL_IRI in {s.trial for s in then.studies}
    assert TRIAL_IRI not in {s.trial for s in now.studies}
    assert [e.reason for e in now.excluded if e.trial == TRIAL_IRI] == ["retracted: Falsified data"]
    assert not any(record.endswith(TRIAL) for record in now.provenance.records)
    assert now.published is not None
    assert now.published.certainty is None


def test_only_the_record_named_leaves_where_the_trial_is_described_elsewhere(base: EvidenceBase) -> None:
    done = retraction.retract(base, retraction.named(base, "/".join(RESULTS)), "me", "the extraction is wrong")
    assert [(v.source, v.id) for v in done.records] == [RESULTS]
    assert done.trials == ()
    assert ("reports", TRIAL) in live(base)
    base.forget()
    report, _ = base.validate()
    assert report.conforms
    now = base.ask(QUESTION)
    assert TRIAL_IRI not in {s.trial for s in now.studies}, "its own report says nothing of this time band"
    assert TRIAL_IRI in now.provenance.parameters["trial"]
    assert not any("retracted" in e.reason for e in now.excluded)


@pytest.mark.parametrize(
    "name", ["drugs/ketamine", "vocabularies/outcomes", "reviews/cd015373", "analyses/cd015373-1.1"]
)
def test_what_is_still_used_is_not_retracted(base: EvidenceBase, name: str) -> None:
    before = state(base)
    with pytest.raises(InputRefused, match=r"still used by .*nothing was written; retract what uses it first"):
        retract(base, name)
    assert state(base) == before


@pytest.mark.parametrize(
    ("name", "says"), [("gate/shapes", "gate's own note"), ("sigtermans", "nearest are"), ("", "nearest are")]
)
def test_what_cannot_be_retracted_is_refused(base: EvidenceBase, name: str, says: str) -> None:
    before = state(base)
    with pytest.raises((InputRefused, UnknownTerm), match=says):
        retract(base, name)
    assert state(base) == before


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_retraction_needs_a_reason(base: EvidenceBase, reason: str) -> None:
    before = state(base)
    with pytest.raises(InputRefused, match="say why with --reason"):
        retract(base, reason=reason)
    assert state(base) == before


def test_a_second_retraction_says_who_was_first(base: EvidenceBase) -> None:
    commit = retract(base)
    for name in (TRIAL, f"reports/{TRIAL}", f"{BASE}record/reports/{TRIAL}"):
        with pytest.raises(InputRefused, match=f"retracted already, on {commit.time} by tester: Falsified data"):
            retract(base, name)
    with pytest.raises(InputRefused, match="--lift"):
        retraction.retract(base, [("retractions", TRIAL)], "me", "twice")


def test_it_does_not_come_back_by_itself(base: EvidenceBase) -> None:
    retract(base)
    with pytest.raises(InputRefused, match="was retracted here"):
        take(base, record("reports", TRIAL))
    before = state(base)
    built = base.build()
    assert state(base) == before
    assert (built.new, built.changed, built.retracted) == (0, 0, 0)
    assert ("retractions", TRIAL) in live(base)


def test_a_record_retracted_alone_does_not_come_back_by_a_build(base: EvidenceBase) -> None:
    retract(base, "/".join(RESULTS))
    before = state(base)
    base.build()
    assert state(base) == before


def test_a_lifted_retraction_leaves_the_store_as_it_was(base: EvidenceBase) -> None:
    fingerprint, then = base.store.fingerprint(), base.ask(QUESTION)
    retract(base)
    done = lifting.lift(base, TRIAL, "me", "the notice was about another paper")
    assert base.store.fingerprint() == fingerprint
    assert done.trials == (TRIAL_IRI,)
    base.forget()
    assert number(base.ask(QUESTION)) == number(then)
    (story,) = history(base, "/".join(RESULTS))
    assert [told.version.action for told in story.versions] == ["put", "retract", "put"]
    assert story.versions[2].version.origin == story.versions[0].version.origin
    assert story.versions[2].differences == ()
    retract(base, reason="Falsified after all")
    assert ("retractions", TRIAL) in live(base)
    lifting.lift(base, f"trial/{TRIAL}", "me", "once more")
    assert base.store.fingerprint() == fingerprint


def test_only_a_retraction_can_be_lifted(base: EvidenceBase) -> None:
    for name in (TRIAL, "drugs/ketamine"):
        with pytest.raises(InputRefused, match="not a retracted trial"):
            lifting.lift(base, name, "me", "why not")
    retract(base, "/".join(RESULTS))
    with pytest.raises(InputRefused, match="not a retracted trial"):
        lifting.lift(base, "/".join(RESULTS), "me", "why not")


def test_a_record_that_no_longer_fits_does_not_come_back(base: EvidenceBase) -> None:
    retract(base)
    rewrite(
        base,
        "vocabularies",
        "instruments",
        lambda text: text.replace(f"{BASE}instrument/nrs-0-10", f"{BASE}instrument/other"),
    )
    before = state(base)
    with pytest.raises(InputRefused, match="cannot come back as they were"):
        lifting.lift(base, TRIAL, "me", "it was sound")
    assert state(base) == before
