"""After a commit the service computes again only what the commit may have changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api import carried
from api.service import Service
from kg import asked
from kg.asked import Asked
from kg.evidence_base import EvidenceBase
from kg.model.answer import Answer
from kg.settings import Settings
from tests.intake_support import copied
from tests.memory.memory_support import correct, retract, rewrite

KETAMINE = {"intervention": "ketamine", "comparator": "placebo"}
MEMANTINE = {"intervention": "memantine", "comparator": "placebo"}
QUESTIONS = [
    asked.of(**words, outcome=outcome, band=band)
    for words in (KETAMINE, MEMANTINE, {"intervention": "nmda-receptor-antagonist", "comparator": "placebo"})
    for outcome, band in (("pain-intensity", "immediate-term"), ("nausea", None), ("dizziness", None))
]


@pytest.fixture
def writer(store_url: str, tmp_path: Path) -> Iterator[EvidenceBase]:
    with copied(store_url, tmp_path) as base:
        yield base


def opened(writer: EvidenceBase) -> EvidenceBase:
    writer.store.checkpoint()
    return EvidenceBase.open(Settings.read(writer.settings.store))


def whole(answer: Answer) -> Answer:
    """An answer without the time of its making."""
    return replace(answer, provenance=replace(answer.provenance, generated_at=""))


def kept(service: Service) -> dict[Asked, Answer]:
    return {question: answer for (question, _), answer in service._asked.items()}


@pytest.mark.parametrize("commit", [correct, retract])
def test_what_is_carried_over_is_what_would_be_computed(writer: EvidenceBase, commit: object) -> None:
    with opened(writer) as before:
        service = Service(before)
        told = {question: service.answer(question) for question in QUESTIONS}
        commit(writer)  # type: ignore[operator]
        with opened(writer) as after:
            fresh = {question: after.ask(question) for question in QUESTIONS}
            found = kept(Service(after, service))
            assert all(whole(found[q]) == whole(fresh[q]) for q in found)
            moved = {q for q in QUESTIONS if fresh[q].id != told[q].id}
            assert moved, "the commit changes some answers"
            assert not moved & found.keys()


def test_what_a_commit_does_not_touch_is_not_computed_again(writer: EvidenceBase) -> None:
    with opened(writer) as before:
        service = Service(before)
        told = {question: service.answer(question) for question in QUESTIONS}
        correct(writer)
        with opened(writer) as after:
            found = kept(Service(after, service))
            others = {q for q in QUESTIONS if q.intervention == "memantine"}
            assert others <= found.keys()
            assert all(found[q].pool is told[q].pool for q in others)
            assert found[QUESTIONS[3]].provenance.store_fingerprint == after.store.fingerprint()


def test_nothing_is_carried_over_a_change_of_terms(writer: EvidenceBase) -> None:
    with opened(writer) as before:
        service = Service(before)
        service.answer(QUESTIONS[3])
        assert kept(service)
        rewrite(writer, "drugs", "memantine", lambda text: text.replace('"memantine"@en', '"memantinum"@en'))
        with opened(writer) as after:
            assert carried.changes(before, after) is None
            assert not kept(Service(after, service))
