"""The history of an answer: as a PROV graph, and as the chain from its number back to each row of each source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from kg import iris
from kg.errors import UnknownTerm
from kg.evidence_base import EvidenceBase
from kg.iris import BASE, DCTERMS, EV, PROV, RDF, RDFS, XSD
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
            reported="; ".join(facts.get("reportedText") or facts.get("pText", [])),
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


def _text(term: object) -> str:
    return str(getattr(term, "value", term))


def _table(facts: dict[str, list[str]], origin: str) -> str:
    """Return the file in which a result stands, with the lines of its record there."""
    types = {iris.local(t) for t in facts.get(_TYPE, [])}
    name = "contrasts"
    if types & {"DichotomousResult", "ContinuousResult"}:
        name = "dichotomous-results" if "DichotomousResult" in types else "continuous-results"
    return next((place for place in origin.split("; ") if f"/{name}.csv:" in place), name)


def answer_iri(answer: Answer) -> str:
    """Return the IRI of an answer."""
    return f"{BASE}answer/{answer.id}"


def answer_triples(answer: Answer) -> Iterator[Triple]:
    """Yield an answer as RDF: what was asked, found and included, and the activity that made it (PROV-O)."""
    s = NamedNode(answer_iri(answer))
    run = NamedNode(f"{s.value}/run")

    def say(
        subject: NamedNode, prop: str, value: str | float | NamedNode | None, kind: str | None = None
    ) -> Iterator[Triple]:
        if value is None:
            return
        if isinstance(value, NamedNode):
            yield Triple(subject, NamedNode(prop), value)
        elif isinstance(value, str):
            datatype = NamedNode(XSD + kind) if kind else None
            yield Triple(subject, NamedNode(prop), Literal(value, datatype=datatype) if datatype else Literal(value))
        else:
            # integers as xsd:integer; every other number in full as xsd:double
            name = "integer" if isinstance(value, int) else "double"
            yield Triple(subject, NamedNode(prop), Literal(repr(value), datatype=NamedNode(XSD + name)))

    yield from say(s, _TYPE, NamedNode(EV + "Answer"))
    yield from say(s, RDFS + "label", answer.title)
    yield from say(s, DCTERMS + "description", answer.sentence)
    yield from say(s, DCTERMS + "identifier", answer.id)
    for name, term in answer.question.terms().items():
        yield from say(s, EV + name, NamedNode(term.iri) if term else None)
    yield from say(s, EV + "measure", NamedNode(f"{BASE}measure/{answer.measure}"))
    yield from say(s, EV + "method", answer.method)
    yield from say(s, EV + "ciMethod", answer.ci_method)
    pool = answer.pool
    yield from say(s, EV + "k", pool.k)
    yield from say(s, EV + "participants", pool.participants.total)
    if pool.display:
        yield from say(s, EV + "estimate", pool.display.estimate)
        yield from say(s, EV + "ciLow", pool.display.ci[0])
        yield from say(s, EV + "ciHigh", pool.display.ci[1])
    if pool.heterogeneity:
        yield from say(s, EV + "tau2", pool.heterogeneity.tau2)
        yield from say(s, EV + "i2", pool.heterogeneity.i2)
        yield from say(s, EV + "q", pool.heterogeneity.q)
    for found in answer.studies:
        yield from say(s, EV + "included", NamedNode(found.trial))
        for side in (found.experimental, found.control):
            for result in side.results:
                yield from say(s, EV + "used", NamedNode(result))
    for number, left in enumerate(answer.excluded, 1):
        node = NamedNode(f"{s.value}/excluded/{number}")
        yield from say(s, EV + "excluded", node)
        yield from say(node, EV + "ofTrial", NamedNode(left.trial))
        yield from say(node, EV + "reason", left.reason)
    yield from say(s, EV + "setDigest", answer.provenance.set_digest)
    yield from say(s, PROV + "wasGeneratedBy", run)
    yield from say(run, _TYPE, NamedNode(PROV + "Activity"))
    yield from say(run, PROV + "endedAtTime", answer.provenance.generated_at, "dateTime")
    yield from say(run, EV + "methodVersion", answer.provenance.method_version)
    yield from say(run, EV + "storeFingerprint", answer.provenance.store_fingerprint)
    software = answer.provenance.software
    agent = NamedNode(f"{BASE}software/{software.name}/{software.version}")
    yield from say(run, PROV + "wasAssociatedWith", agent)
    yield from say(agent, _TYPE, NamedNode(PROV + "SoftwareAgent"))
    yield from say(agent, RDFS + "label", f"{software.name} {software.version}")
    for record in answer.provenance.records:
        yield from say(run, PROV + "used", NamedNode(record))
    for query in answer.provenance.queries:
        yield from say(run, PROV + "used", NamedNode(f"{BASE}query/{query}"))
