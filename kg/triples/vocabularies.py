"""The terms themselves: concept schemes, terms that came with a file, and what curators decided about these."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse

from kg.errors import InputRefused
from kg.iris import BASE, thing
from kg.model import records as r
from kg.triples.statements import Term, node, outside, ref, says
from kg.triples.writing import key, triples

PROVISIONAL = {
    "intervention": "Intervention",
    "condition": "Condition",
    "outcome": "Outcome",
    "instrument": "Instrument",
}
"""Kinds of terms that may come with a file, and their classes."""
_RESOLVES_TO = {"intervention": ("drug", "drug-class", "intervention")}


@triples.register
def _(x: r.Vocabulary) -> Iterator[Triple]:
    named: dict[str, NamedNode] = {}

    def plain(term: Term) -> Term:
        """Name a blank node by its place in the file: records hold none."""
        if not isinstance(term, BlankNode):
            return term
        return named.setdefault(term.value, node(f"{BASE}{x.source}/{x.name}/node/{len(named) + 1}"))

    try:
        for quad in parse(x.turtle.encode(), format=RdfFormat.TURTLE, base_iri=BASE):
            yield Triple(plain(quad.subject), quad.predicate, plain(quad.object))  # type: ignore[arg-type]
    except (SyntaxError, ValueError) as error:
        raise InputRefused(f"{x.origin}: not Turtle ({error}); mend the file") from error


@triples.register
def _(x: r.ProvisionalTerm) -> Iterator[Triple]:
    if x.term.kind not in PROVISIONAL:
        raise InputRefused(f"no provisional term is of kind {x.term.kind!r}; it is one of {', '.join(PROVISIONAL)}")
    s = thing(x.term.kind, x.term.slug)
    yield from says(
        s,
        PROVISIONAL[x.term.kind],
        "ProvisionalTerm",
        sourceWords=x.label,
        source=x.system,
        system=x.system,
        curie=x.ids,
    )
    yield from outside(s, label=x.label)


@triples.register
def _(x: r.Resolution) -> Iterator[Triple]:
    allowed = _RESOLVES_TO.get(x.term.kind, (x.term.kind,))
    if x.term.kind not in PROVISIONAL or x.resolved_to.kind not in allowed:
        raise InputRefused(
            f"a term of kind {x.term.kind!r} is no {x.resolved_to.kind}; choose a thing of kind {' or '.join(allowed)}"
        )
    yield from says(
        thing(x.term.kind, x.term.slug),
        "ProvisionalTerm",
        resolvedTo=ref(x.resolved_to.kind, x.resolved_to),
        decidedBy=x.decided_by,
        decisionReason=x.reason,
    )


@triples.register
def _(x: r.Statements) -> Iterator[Triple]:
    try:
        for quad in parse(x.ntriples.encode(), format=RdfFormat.N_TRIPLES):
            yield Triple(quad.subject, quad.predicate, quad.object)
    except (SyntaxError, ValueError) as error:
        raise InputRefused(f"not N-Triples ({error}); mend the file") from error


@key.register
def _(x: r.Statements) -> tuple[str, str]:
    return x.record_source, x.record_id


@key.register
def _(x: r.Vocabulary) -> tuple[str, str]:
    return x.source, x.name


@key.register
def _(x: r.ProvisionalTerm) -> tuple[str, str]:
    return x.record_source, x.record_id


@key.register
def _(x: r.Resolution) -> tuple[str, str]:
    return "curation", f"{x.term.kind}-{x.term.slug}"
