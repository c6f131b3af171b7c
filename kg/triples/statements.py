"""How a statement is written: values to terms, columns to properties, names to IRIs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.errors import InputRefused
from kg.iris import BASE, DCTERMS, EV, PROV, RDF, RDFS, SKOS, XSD, thing
from kg.model import records as r

Term = NamedNode | BlankNode | Literal | Triple
Value = str | int | Decimal | bool | NamedNode | Literal | None

_TYPE = NamedNode(RDF + "type")
_INTEGER, _DECIMAL, _BOOLEAN = (NamedNode(XSD + name) for name in ("integer", "decimal", "boolean"))
_ADDRESS, _DATE = (NamedNode(XSD + name) for name in ("anyURI", "date"))
_OUTSIDE = {
    "label": RDFS + "label",
    "alt_label": SKOS + "altLabel",
    "identifier": DCTERMS + "identifier",
    "citation": DCTERMS + "bibliographicCitation",
    "judged_by": PROV + "wasAttributedTo",
}


@lru_cache(maxsize=10_000)
def node(iri: str) -> NamedNode:
    """Return an IRI as a term.

    Raises InputRefused where it is none.
    """
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise InputRefused(f"{iri!r} is not an IRI; check it for spaces and quotes") from error


def says(thing_iri: str, /, *types: str, **facts: Value | Iterable[Value]) -> Iterator[Triple]:
    """Write the types and the properties given by keyword; absent values write nothing, several values several."""
    s = node(thing_iri)
    for name in types:
        yield Triple(s, _TYPE, node(EV + name))
    for name, given in facts.items():
        for term in _terms(given):
            yield Triple(s, node(EV + name), term)


def outside(thing_iri: str, /, **facts: Value | Iterable[Value]) -> Iterator[Triple]:
    """Write properties of outside vocabularies, by the names used here for them; labels are English."""
    s = node(thing_iri)
    for name, given in facts.items():
        for term in _terms(given):
            label = name in ("label", "alt_label") and isinstance(term, Literal)
            yield Triple(s, NamedNode(_OUTSIDE[name]), Literal(term.value, language="en") if label else term)


def sourced(subject: str, record: r.Sourced) -> Iterator[Triple]:
    """Write where a thing was read and what is doubtful in it."""
    yield from says(
        subject,
        source=node(record.source) if re.match(r"https?://", record.source) else record.source,
        locator=record.locator,
        sourceKind=one_of(record.source_kind),
        basis=record.basis,
        doubt=record.doubt,
        note=record.note,
        notReported=[node(EV + camel(name)) for name in record.not_reported],
    )


def ref(kind: str, name: r.Named | None) -> NamedNode | None:
    """Return the thing that a column names: a slug is of the column's kind, a Ref says its own.

    Raises TypeError for words: resolution comes before triples, and words that get here are a bug.
    """
    match name:
        case None | "":
            return None
        case str():
            return node(thing(kind, name))
        case r.Ref(kind=its_kind, slug=slug):
            return node(thing(its_kind, slug))
    raise TypeError(f"{name!r} was not resolved to a thing of the graph")


def refs(kind: str, names: r.Terms) -> list[Value]:
    """Return the things that a column of several names."""
    return [ref(kind, name) for name in names]


def slug(name: r.Named) -> str:
    """Return the slug of a name, for the IRI of a thing that is called after it.

    Raises TypeError for words, as ``ref`` does.
    """
    if isinstance(name, r.Words):
        raise TypeError(f"{name!r} was not resolved to a thing of the graph")
    return name.slug if isinstance(name, r.Ref) else name


def one_of(name: str | None) -> NamedNode | None:
    """Return an individual of an enumeration of the vocabulary."""
    return node(EV + name) if name else None


def measure(code: str | None) -> NamedNode | None:
    """Return an effect measure by its code."""
    return node(f"{BASE}measure/{code}") if code else None


def address(url: str | None) -> Literal | None:
    """Return a web address as a literal: it is shown, and nothing of ours is said about it."""
    return Literal(url, datatype=_ADDRESS) if url else None


def day(when: date | None) -> Literal | None:
    """Return a day of the calendar as a literal."""
    return Literal(when.isoformat(), datatype=_DATE) if when else None


def camel(column: str) -> str:
    """Return the property that a column is written to."""
    head, *rest = column.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _terms(given: Value | Iterable[Value]) -> Iterator[NamedNode | Literal]:
    for value in given if isinstance(given, tuple | list) else (given,):
        term = _term(value)
        if term is not None:
            yield term


def _term(value: Value) -> NamedNode | Literal | None:
    match value:
        case None | NamedNode() | Literal():
            return value
        case bool():
            return Literal("true" if value else "false", datatype=_BOOLEAN)
        case int():
            return Literal(str(value), datatype=_INTEGER)
        case Decimal():
            return Literal(format(value, "f"), datatype=_DECIMAL)
        case str():
            return Literal(value)
    raise TypeError(f"{value!r} cannot be written as a term")
