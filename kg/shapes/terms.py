"""Terms of the store as terms of rdflib, and the forms that a literal may have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pyoxigraph as ox
from rdflib import BNode, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, XSD
from rdflib.term import Node

from kg.errors import InputRefused
from kg.iris import DCTERMS, EV, PROV, SKOS

Triple = tuple[Node, Node, Node]
Statements = Iterable[Any]
"""Triples of rdflib or of pyoxigraph, or an rdflib graph."""

IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>\"{}|\\^`]*")
LEXICAL: Mapping[URIRef, re.Pattern[str]] = {
    XSD.integer: re.compile(r"[+-]?[0-9]+"),
    XSD.decimal: re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"),
    XSD.boolean: re.compile(r"true|false"),
    XSD.date: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})?"),
    XSD.dateTime: re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
    ),
    XSD.anyURI: re.compile(r"[^\s<>\"{}|\\^`]*"),
    XSD.string: re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f]*"),
}
_MARKUP = {RDF.HTML, RDF.XMLLiteral, RDF.JSON}
"""Datatypes that rdflib would parse on sight; no record may have them, so they are not read at all."""


_MOST_NAMES = 10_000
_NAMES: dict[str, URIRef] = {}
"""Names of vocabularies, each as one object: terms are compared by identity first, and that is most of the work."""
_OF_VOCABULARIES = (EV, SKOS, str(RDF), str(RDFS), str(OWL), str(XSD), DCTERMS, PROV)


def one(name: Node) -> Node:
    """Return the one object for a name of a vocabulary."""
    return _NAMES.setdefault(str(name), name) if isinstance(name, URIRef) else name


TYPE, SUBCLASS = one(RDF.type), one(RDFS.subClassOf)


def _shared(triple: Triple) -> Triple:
    s, p, o = (_NAMES.get(str(t), t) if isinstance(t, URIRef) else t for t in triple)
    return s, p, o


def triples(statements: Statements, but: Collection[Any] = ()) -> list[Triple]:
    """Return statements as triples of rdflib, each once, without some of them; equal terms are mostly one object."""
    known: dict[Any, Node] = {}

    def shared(given: Any) -> Node:
        found = known.get(given)
        if found is None:
            found = known[given] = _named(given.value) if isinstance(given, ox.NamedNode) else term(given)
        return found

    return [
        _shared(t) if isinstance(t, tuple) else (shared(t.subject), shared(t.predicate), shared(t.object))
        for t in dict.fromkeys(statements)
        if t not in but
    ]


def _named(iri: str) -> URIRef:
    found = _NAMES.get(iri)
    if found is None:
        found = URIRef(iri)
        if iri.startswith(_OF_VOCABULARIES) and len(_NAMES) < _MOST_NAMES:
            _NAMES[iri] = found
    return found


def term(term: Any) -> Node:
    """Return a term of pyoxigraph as one of rdflib."""
    match term:
        case ox.NamedNode():
            return URIRef(term.value)
        case ox.BlankNode():
            return BNode(term.value)
        case ox.Literal(language=str(language)):
            return Literal(term.value, lang=language)
        case ox.Literal():
            datatype = URIRef(term.datatype.value)
            if datatype in _MARKUP:
                datatype = URIRef(f"urn:unread:{datatype}")
            return Literal(term.value, datatype=None if datatype == XSD.string else datatype, normalize=False)
    raise InputRefused(f"{term} is no IRI, blank node or literal; state facts about things, not about statements")


def well_formed(literal: Literal) -> bool:
    """Tell whether a literal is of a datatype that records may have, in a form of it."""
    if literal.language is not None:
        return bool(LEXICAL[XSD.string].fullmatch(literal))
    pattern = LEXICAL.get(literal.datatype or XSD.string)
    return pattern is not None and pattern.fullmatch(literal) is not None and not literal.ill_typed


def present(nodes: Iterable[Node | None]) -> frozenset[Node]:
    """Return the nodes that are there."""
    return frozenset(node for node in nodes if node is not None)


def name(node: Node) -> str:
    """Return an IRI in full; a blank node begins with ``_:``."""
    return f"_:{node}" if isinstance(node, BNode) else str(node)
