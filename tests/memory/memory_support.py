"""A store with a past: corrections, retractions, and a question that they change the answer of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from kg.evidence_base import EvidenceBase, question
from kg.iris import BASE
from kg.memory import retraction
from kg.model.answer import Answer
from kg.model.records import ContinuousResult
from kg.store import Change, Commit
from tests.intake_support import record, take

QUESTION = question(
    intervention="ketamine",
    comparator="placebo",
    outcome="pain-intensity",
    band="immediate-term",
    route="intravenous",
)
TRIAL = "sigtermans-2009"
TRIAL_IRI = f"{BASE}trial/{TRIAL}"
RESULTS = ("cd015373", TRIAL)


def correct(base: EvidenceBase, factor: str = "0.8", source: str = "cd015373", trial: str = TRIAL) -> Commit:
    """Multiply the standard deviations of a trial in one source, as who had found a mistake."""
    rows = [
        replace(row, sd=row.sd * Decimal(factor)) if isinstance(row, ContinuousResult) and row.sd else row
        for row in record(source, trial)
    ]
    return take(base, rows).commit


def rewrite(base: EvidenceBase, source: str, name: str, change: Callable[[str], str]) -> Commit:
    """Change the text of a record, past the gate: for changes that no row of a table makes."""
    before = base.store.content(source, name).decode()
    after = change(before)
    assert after != before
    return base.store.commit([Change(source, name, statements(after))], "tester", f"rewrote {source}/{name}")


def statements(text: str) -> list[Triple]:
    return [quad.triple for quad in parse(text.encode(), format=RdfFormat.N_TRIPLES)]


def retract(base: EvidenceBase, trial: str = TRIAL, reason: str = "Falsified data") -> Commit:
    return retraction.retract(base, retraction.named(base, trial), "tester", reason).commit


def timeless(answer: Answer) -> Answer:
    """An answer without what may differ between two times of asking the same of the same evidence."""
    asked = replace(answer.question, known_by=None)
    told = replace(answer.provenance, generated_at="")
    title = answer.title.partition(", as known by ")[0]
    return replace(answer, question=asked, provenance=told, title=title)


def number(answer: Answer) -> object:
    return answer.id, answer.pool.estimate, answer.pool.ci, answer.pool.k


def named(iris: Iterable[str]) -> list[NamedNode]:
    return [NamedNode(iri) for iri in iris]
