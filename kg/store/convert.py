"""From rdflib's terms to the store's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.errors import InputRefused

if TYPE_CHECKING:
    from rdflib.term import Node


def from_rdflib(triples: Iterable[tuple[Node, Node, Node]]) -> Iterator[Triple]:
    """Yield rdflib triples (a Graph is an iterable of them) as triples of the store.

    Raises InputRefused for a term that RDF does not allow in its place.
    """
    for triple in triples:
        s, p, o = map(_term, triple)
        if isinstance(s, Literal) or not isinstance(p, NamedNode):
            raise InputRefused(f"{s} {p} {o} is not RDF; the subject must be an IRI, and so must the predicate")
        yield Triple(s, p, o)


def _term(term: Node) -> NamedNode | BlankNode | Literal:
    import rdflib  # noqa: PLC0415  (a command that only reads need not wait for it)

    try:
        if isinstance(term, rdflib.Literal):
            if term.language:
                return Literal(str(term), language=term.language)
            return Literal(str(term), datatype=NamedNode(str(term.datatype))) if term.datatype else Literal(str(term))
        if isinstance(term, rdflib.URIRef):
            return NamedNode(str(term))
        if isinstance(term, rdflib.BNode):
            return BlankNode(str(term))
    except ValueError as error:
        raise InputRefused(f"{term!r} is not a valid RDF term: {error}; correct it at its source") from error
    raise InputRefused(f"{term!r} is not an IRI, a literal or a blank node; the store keeps nothing else")
