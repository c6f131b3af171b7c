"""An answer as RDF: what was asked and found, what was left out, and the activity that made it (PROV-O)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pyoxigraph import Literal, NamedNode, Triple

from kg.iris import BASE, DCTERMS, EV, PROV, RDF, RDFS, XSD
from kg.model.answer import Answer, Pool

_TYPE = RDF + "type"
Value = str | float | NamedNode | Literal | None


def answer_iri(answer: Answer) -> str:
    """Return the IRI of an answer."""
    return f"{BASE}answer/{answer.id}"


def answer_triples(answer: Answer) -> Iterator[Triple]:
    """Yield an answer in the words of ``ontology/answers.ttl``; numbers in full, as decimals."""
    s = NamedNode(answer_iri(answer))
    yield from _say(s, _TYPE, NamedNode(EV + "Answer"))
    yield from _say(s, RDFS + "label", Literal(answer.title, language="en"))
    yield from _say(s, DCTERMS + "description", Literal(answer.sentence, language="en"))
    yield from _say(s, DCTERMS + "identifier", answer.id)
    for name, term in answer.question.terms().items():
        yield from _say(s, EV + name, NamedNode(term.iri) if term else None)
    yield from _say(s, EV + "measure", NamedNode(f"{BASE}measure/{answer.measure}"))
    yield from _say(s, EV + "method", answer.method)
    yield from _say(s, EV + "ciMethod", answer.ci_method)
    yield from _pooled(s, answer.pool)
    for study in answer.studies:
        yield from _say(s, EV + "included", NamedNode(study.trial))
        for result in (*study.experimental.results, *study.control.results):
            yield from _say(s, EV + "usedResult", NamedNode(result))
    for number, left in enumerate(answer.excluded, 1):
        node = NamedNode(f"{s.value}/excluded/{number}")
        yield from _say(s, EV + "excluded", node)
        yield from _say(node, _TYPE, NamedNode(EV + "Exclusion"))
        yield from _say(node, DCTERMS + "subject", NamedNode(left.trial))
        yield from _say(node, EV + "reason", left.reason)
    yield from _made(s, answer)


def _pooled(s: NamedNode, pool: Pool) -> Iterator[Triple]:
    """Yield the pooled value, in the same form as those that reviews published."""
    node = NamedNode(f"{s.value}/estimate")
    yield from _say(node, _TYPE, NamedNode(EV + "PublishedEstimate"))
    yield from _say(node, EV + "ofAnalysis", s)
    yield from _say(node, EV + "estimateBasis", NamedNode(EV + "recomputed"))
    yield from _say(node, EV + "rows", pool.k_rows)
    yield from _say(node, EV + "k", pool.k)
    yield from _say(node, EV + "participants", pool.participants.total)
    if pool.display is None:
        yield from _say(node, EV + "notReported", NamedNode(EV + "estimate"))
        return
    yield from _say(node, EV + "estimate", pool.display.estimate)
    yield from _say(node, EV + "ciLow", pool.display.ci[0])
    yield from _say(node, EV + "ciHigh", pool.display.ci[1])
    yield from _say(node, EV + "pValue", pool.p_value)
    if pool.heterogeneity:
        yield from _say(node, EV + "tau2", pool.heterogeneity.tau2)
        yield from _say(node, EV + "i2", pool.heterogeneity.i2)
        yield from _say(node, EV + "q", pool.heterogeneity.q)


def _made(s: NamedNode, answer: Answer) -> Iterator[Triple]:
    """Yield the activity that made an answer, and what it used."""
    run, software = NamedNode(f"{s.value}/run"), answer.provenance.software
    agent = NamedNode(f"{BASE}software/{software.name}/{software.version}")
    ended = Literal(answer.provenance.generated_at, datatype=NamedNode(XSD + "dateTime"))
    yield from _say(s, EV + "setDigest", answer.provenance.set_digest)
    yield from _say(s, PROV + "wasGeneratedBy", run)
    yield from _say(run, _TYPE, NamedNode(PROV + "Activity"))
    yield from _say(run, PROV + "endedAtTime", ended)
    yield from _say(run, EV + "methodVersion", answer.provenance.method_version)
    yield from _say(run, EV + "storeFingerprint", answer.provenance.store_fingerprint)
    yield from _say(run, PROV + "wasAssociatedWith", agent)
    yield from _say(agent, _TYPE, NamedNode(PROV + "SoftwareAgent"))
    yield from _say(agent, RDFS + "label", f"{software.name} {software.version}")
    for record in answer.provenance.records:
        yield from _say(run, PROV + "used", NamedNode(record))
    for query in answer.provenance.queries:
        yield from _say(run, PROV + "used", NamedNode(f"{BASE}query/{query}"))


def _say(subject: NamedNode, prop: str, value: Value) -> Iterator[Triple]:
    if value is None:
        return
    if isinstance(value, int | float):
        kind = "integer" if isinstance(value, int) else "decimal"
        term: NamedNode | Literal = Literal(format(Decimal(repr(value)), "f"), datatype=NamedNode(XSD + kind))
    else:
        term = Literal(value) if isinstance(value, str) else value
    yield Triple(subject, NamedNode(prop), term)
