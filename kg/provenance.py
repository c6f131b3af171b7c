"""The history of an answer: the chain from its number back to each row of each source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg import iris
from kg.errors import UnknownTerm
from kg.evidence_base import EvidenceBase
from kg.iris import EV, RDF
from kg.model.answer import Answer, Side, Study
from kg.nearest import nearest

_TYPE = RDF + "type"


@dataclass(frozen=True)
class ResultRow:
    """One row of one source: what it says in its own digits, the record version that holds it, and the place."""

    result: str
    reported: str
    record: str
    version: int
    digest: str
    recorded: str
    row: str
    url: str
    locator: str
    kind: str
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class StudyChain:
    """How one study came into the pool: figures of both sides, steps, and the rows they were read from."""

    study: Study
    experimental: tuple[ResultRow, ...]
    control: tuple[ResultRow, ...]


@dataclass(frozen=True)
class QueryUsed:
    """A query that selected the trial set, with the values bound to it."""

    name: str
    summary: str
    parameters: dict[str, list[str]]


@dataclass(frozen=True)
class Explanation:
    """The chain of an answer: number, studies, rows, record versions, sources and places."""

    answer: Answer
    queries: tuple[QueryUsed, ...]
    studies: tuple[StudyChain, ...]


def explanation(base: EvidenceBase, answer: Answer, trial: str | None = None) -> Explanation:
    """Return the chain of an answer, or of one study in it, named by label, slug or IRI of its trial.

    Raises UnknownTerm where the study is not in the answer.
    """
    studies = list(answer.studies)
    if trial is not None:
        wanted = trial.casefold()
        studies = [s for s in studies if wanted in (s.trial.casefold(), iris.local(s.trial), s.label.casefold())]
        if not studies:
            close = nearest(trial, (iris.local(s.trial) for s in answer.studies))
            raise UnknownTerm(f"no study {trial!r} in answer {answer.id}; it has {', '.join(close) or 'none'}", close)
    rows = {row.result: row for row in _rows(base, [r for s in studies for side in _sides(s) for r in side.results])}
    parameters = answer.provenance.parameters
    return Explanation(
        answer=answer,
        queries=tuple(
            QueryUsed(name, base.catalog[name].summary, _bound(base, name, parameters))
            for name in answer.provenance.queries
        ),
        studies=tuple(
            StudyChain(
                study=s,
                experimental=tuple(rows[r] for r in s.experimental.results),
                control=tuple(rows[r] for r in s.control.results),
            )
            for s in studies
        ),
    )


def _sides(study: Study) -> tuple[Side, Side]:
    return study.experimental, study.control


def _bound(base: EvidenceBase, name: str, parameters: dict[str, list[str]]) -> dict[str, list[str]]:
    drugs = sorted({*parameters["intervention"]})
    known = {**parameters, "drug": drugs}
    return {param: known[param] for param in base.catalog[name].params if param in known}


def _rows(base: EvidenceBase, results: list[str]) -> Iterator[ResultRow]:
    heads = {head.iri: head for head in base.store.heads()}
    for iri in dict.fromkeys(results):
        facts: dict[str, list[str]] = {}
        for triple in base.describe(iri):
            facts.setdefault(triple.predicate.value.removeprefix(EV), []).append(_text(triple.object))
        source, record_id, number = iri.rsplit("/", 3)[1:]
        head = heads[iris.record(source, record_id)]
        yield ResultRow(
            result=iri,
            reported="; ".join(facts.get("reportedText") or [*facts.get("pText", []), *_paired(facts)]),
            record=head.iri,
            version=head.version,
            digest=head.digest,
            recorded=head.time,
            row=f"{_table(facts, head.origin)}, number {number} of {source} for {record_id}",
            url=facts["source"][0],
            locator=facts["locator"][0],
            kind=iris.local(facts["sourceKind"][0]),
            doubts=tuple(facts.get("doubt", [])),
        )


def _paired(facts: dict[str, list[str]]) -> list[str]:
    """Return the cells of a paired table in words."""
    cells = {"eventOnBoth": "both", "eventOnExperimentalOnly": "the experimental intervention only"}
    cells |= {"eventOnControlOnly": "the control only", "eventOnNeither": "neither"}
    return [f"event on {words} {facts[name][0]}" for name, words in cells.items() if name in facts]


def _text(term: object) -> str:
    return str(getattr(term, "value", term))


def _table(facts: dict[str, list[str]], origin: str) -> str:
    """Return the file in which a result stands, with the lines of its record there."""
    types = {iris.local(t) for t in facts.get(_TYPE, [])}
    name = "contrasts"
    if types & {"DichotomousResult", "ContinuousResult"}:
        name = "dichotomous-results" if "DichotomousResult" in types else "continuous-results"
    return next((place for place in origin.split("; ") if f"/{name}.csv:" in place), name)
