"""Terms that came with a file, and what curators decided about them, at the gate."""

from __future__ import annotations

import dataclasses

import pytest

from kg.errors import InputRefused
from kg.iris import BASE, EV
from kg.model.records import Intervention, Origin, ProvisionalTerm, Ref, Resolution, Row
from kg.triples import key, triples
from tests.ontology.ontology_files import shapes, world
from tests.triples.whole_trial import PROVISIONAL

HERE = Origin("decisions.csv", 2)


def decision(term: Ref, thing: Ref) -> Resolution:
    return Resolution(origin=HERE, term=term, resolved_to=thing, decided_by="a curator", reason="the same thing")


def broken(*rows: Row) -> set[str]:
    report = shapes().validate([t for row in rows for t in triples(row)], world())
    return {f.shape.removeprefix(EV) for f in report.results}


@pytest.mark.parametrize("term", PROVISIONAL, ids=lambda t: t.term.kind)
def test_a_provisional_term_keeps_every_rule(term: ProvisionalTerm) -> None:
    assert broken(term) == set()
    assert key(term) == (term.record_source, term.record_id)


@pytest.mark.parametrize("term", PROVISIONAL, ids=lambda t: t.term.kind)
def test_two_files_may_word_one_term_in_two_ways(term: ProvisionalTerm) -> None:
    other = dataclasses.replace(term, label=term.label.upper(), ids=(), record_id="another")
    assert broken(term, other) == set()


def test_what_cannot_be_provisional_is_refused() -> None:
    with pytest.raises(InputRefused, match="no provisional term is of kind 'drug'"):
        list(triples(dataclasses.replace(PROVISIONAL[0], term=Ref("drug", "a"))))


@pytest.mark.parametrize(
    ("term", "thing"),
    [
        (Ref("intervention", "a-registry-guided-walks"), Ref("drug", "a")),
        (Ref("intervention", "a-registry-guided-walks"), Ref("drug-class", "a")),
        (Ref("outcome", "a-registry-steps-in-a-day"), Ref("outcome", "nausea")),
        (Ref("instrument", "a-registry-pedometer"), Ref("instrument", "pain-0-100")),
        (Ref("condition", "a-registry-cold-feet"), Ref("condition", "chronic-pain")),
    ],
    ids=lambda ref: f"{ref.kind}-{ref.slug}",
)
def test_a_decision_says_what_a_term_is_and_keeps_every_rule(term: Ref, thing: Ref) -> None:
    row = decision(term, thing)
    assert broken(row) == set()
    assert broken(*(t for t in PROVISIONAL if t.term == term), row) == set()
    assert key(row) == ("curation", f"{term.kind}-{term.slug}")
    said = {(t.subject.value, t.object.value) for t in triples(row) if t.predicate.value == EV + "resolvedTo"}  # type: ignore[union-attr]
    assert said == {(f"{BASE}{term.kind}/{term.slug}", f"{BASE}{thing.kind}/{thing.slug}")}


@pytest.mark.parametrize(
    ("term", "thing"),
    [
        (Ref("outcome", "a-registry-steps-in-a-day"), Ref("drug", "a")),
        (Ref("intervention", "a-registry-guided-walks"), Ref("outcome", "nausea")),
        (Ref("drug", "a"), Ref("drug", "b")),
    ],
    ids=lambda ref: f"{ref.kind}-{ref.slug}",
)
def test_a_term_is_not_resolved_to_a_thing_of_another_kind(term: Ref, thing: Ref) -> None:
    with pytest.raises(InputRefused, match="choose a thing of kind"):
        list(triples(decision(term, thing)))


def test_a_decision_names_a_thing_that_is_known_and_not_provisional() -> None:
    walks, term = PROVISIONAL[0].term, Ref("intervention", "a-registry-strolls")
    assert broken(decision(term, Ref("drug", "unheard-of"))) == {"ProvisionalTermShape-resolvedTo"}
    assert broken(PROVISIONAL[0], decision(term, walks)) == {"ProvisionalTermShape-resolvedTo"}


def test_an_intervention_that_is_no_drug_can_be_what_a_term_is() -> None:
    made = Intervention(
        origin=HERE,
        source="made up",
        locator="row 2",
        source_kind="secondary",
        intervention="walking",
        label="walking",
        alt_label=("guided walks",),
    )
    assert key(made) == ("interventions", "walking")
    assert broken(made, decision(PROVISIONAL[0].term, Ref("intervention", "walking"))) == set()
