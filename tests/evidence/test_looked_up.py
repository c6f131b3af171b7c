"""What answers look up in a store: the same as all of it would say, from a few statements."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.evidence.live_records import Digests, RecordsById, among
from kg.evidence.protocols import Protocols
from kg.evidence.published import PublishedAnalyses, same_question
from kg.evidence_base import EvidenceBase
from kg.model.question import Question, Term


def test_digests_are_those_of_the_live_records(base: EvidenceBase) -> None:
    every = {head.iri: head.digest for head in base.store.heads()}
    found = Digests(base.store)
    assert among(found, [*every, "https://example.org/nothing", "nothing"]) == every
    assert dict(Digests(base.store)) == every
    assert len(found) == len(every)


def test_records_are_found_by_their_id_in_every_source(base: EvidenceBase) -> None:
    every: dict[str, tuple[str, ...]] = {}
    for head in base.store.heads():
        every[head.id] = (*every.get(head.id, ()), head.iri)
    assert max(map(len, every.values())) > 1
    assert among(RecordsById(base.store), [*every, "nothing"]) == every
    assert dict(RecordsById(base.store)) == every


def test_what_is_not_there_is_no_key(base: EvidenceBase) -> None:
    with pytest.raises(KeyError):
        Digests(base.store)["https://example.org/nothing"]


def test_the_analysis_of_a_question_is_found_as_among_all(base: EvidenceBase) -> None:
    found = 0
    for analysis in base.published:
        terms = {name: Term(iri, iri) if iri else None for name, iri in analysis.terms.items()}
        if terms["comparator"] is None:
            continue
        asked = Question(**terms)  # type: ignore[arg-type]
        for question in (asked, replace(asked, instrument=None), replace(asked, band=None)):
            for measure in (analysis.measure, "ROM"):
                same = PublishedAnalyses(base.catalog, base.store).same(question, measure)
                assert same == same_question(question, measure, base.published)
                found += same is not None
    assert found > len(base.published)


def test_protocols_are_read_one_by_one_the_default_first(base: EvidenceBase) -> None:
    found = Protocols(base.store)
    assert list(found) == [own.name for own in base.protocols()]
    assert found["cd015373"] == base.protocol()
    assert "nothing" not in found
