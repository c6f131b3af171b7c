"""Records in RDF by our own vocabulary: a named graph is a record; nothing is fetched, and blank nodes are refused."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse

from kg.errors import InputRefused
from kg.iris import BASE, GRAPH, SLUG
from kg.model.records import Origin, Statements
from kg.sources import safe_json, safe_xml
from kg.sources.incoming import Unit
from kg.sources.unpacking import TooLarge

MEDIA_TYPES = {
    "text/turtle": RdfFormat.TURTLE,
    "application/trig": RdfFormat.TRIG,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
_GRAPH = re.compile(
    rf"(?:{re.escape(GRAPH)}record|{re.escape(BASE)}record)/({SLUG.pattern})/({SLUG.pattern})(?:/([1-9][0-9]{{0,8}}))?"
)
_OURS = tuple(
    f"{BASE}{name}"
    for name in (
        "ns#",
        "graph/",
        "record/",
        "gate/",
        "store",
        "ontology",
        "vocabularies",
        "query/",
        "answer/",
        "protocol/",
    )
)
"""What the IRIs of things begin with of which no record speaks."""


@dataclass(frozen=True)
class Limits:
    """What a document may have: statements, bytes of one text, characters of one language tag."""

    statements: int = 200_000
    literal: int = 1024 * 1024
    language: int = 35


LIMITS = Limits()


def read(
    content: bytes, form: RdfFormat, place: str, record: tuple[str, str] | None = None, limits: Limits = LIMITS
) -> Iterator[Unit]:
    """Read the records of a document, one a named graph; ``record`` is source and id of what stands in no graph.

    Raises InputRefused for what does not parse, names another graph or has a blank node, TooLarge beyond the limits.
    """
    if form == RdfFormat.JSON_LD:
        safe_json.load(io.BytesIO(content), place)
    elif form == RdfFormat.RDF_XML:
        safe_xml.tree(io.BytesIO(content), place)
    lines: dict[tuple[str, str], dict[str, None]] = {}
    named: dict[tuple[str, str], str] = {}
    try:
        for number, quad in enumerate(parse(content, format=form, base_iri=BASE)):
            if number >= limits.statements:
                raise TooLarge(f"{place}: more than {limits.statements} statements; send it in parts")
            check(quad, place, limits)
            unit, graph = record_of(quad, place, record)
            if named.setdefault(unit, graph) != graph:
                raise InputRefused(f"{place}: {named[unit]} and {graph} are one record; keep its newest version")
            lines.setdefault(unit, {})[f"{quad.triple} ."] = None
    except MemoryError as error:
        raise InputRefused(f"{place}: a text of more than 16 MiB; shorten it") from error
    except (SyntaxError, ValueError) as error:
        if isinstance(error, InputRefused):
            raise
        raise InputRefused(f"{place}: does not parse ({complaint(error)}); mend it") from error
    for (source, name), stated in lines.items():
        text = "\n".join(stated) + "\n"
        row = Statements(origin=Origin(place, 0), record_source=source, record_id=name, ntriples=text)
        yield Unit(source, name, (row,), place)


def record_of(quad: Quad, place: str, given: tuple[str, str] | None) -> tuple[tuple[str, str], str]:
    """Return source and id of the record that a statement belongs to, and the name of its graph."""
    if isinstance(quad.graph_name, DefaultGraph):
        if given is None:
            raise InputRefused(
                f"{place}: which record the statements are is not said; give source and id of it, "
                f"or put them into a graph <{BASE}record/SOURCE/ID>"
            )
        return given, "the default graph"
    graph = quad.graph_name.value
    found = record_named(graph) if isinstance(quad.graph_name, NamedNode) else None
    if found is None:
        raise InputRefused(f"{place}: graph {graph[:120]!r} is no record; name it <{BASE}record/SOURCE/ID>")
    return found[:2], f"graph <{graph}>"


def record_named(graph: str) -> tuple[str, str, int | None] | None:
    """Return source, id and, where it says one, version of the record that the name of a graph stands for."""
    found = _GRAPH.fullmatch(graph)
    return (found[1], found[2], int(found[3]) if found[3] else None) if found else None


def check(quad: Quad, place: str, limits: Limits = LIMITS) -> None:
    """Refuse a statement with a blank node, about a statement, or with a text or a language tag that is too long.

    Raises InputRefused.
    """
    if isinstance(quad.subject, NamedNode) and quad.subject.value.startswith(_OURS):
        raise InputRefused(
            f"{place}: <{quad.subject.value[:120]}> is not a thing that a record may speak of; "
            "the vocabulary, the catalogue, the protocols and the answers are the store's own"
        )
    for term in (quad.subject, quad.object):
        if isinstance(term, BlankNode):
            raise InputRefused(f"{place}: a blank node about {quad.predicate}; give the thing an IRI of its own")
        if not isinstance(term, NamedNode | Literal):
            raise InputRefused(f"{place}: a statement about a statement; state facts about things")
    said = quad.object
    if isinstance(said, Literal):
        if len(said.value) > limits.literal:
            raise InputRefused(
                f"{place}: a text of more than {limits.literal // 1024**2} MiB for {quad.predicate}; shorten it"
            )
        if said.language and len(said.language) > limits.language:
            raise InputRefused(
                f"{place}: a language tag of {len(said.language)} characters for {quad.predicate}; "
                f"a tag has at most {limits.language}, such as en"
            )


def complaint(error: Exception) -> str:
    """Return what a parser says is wrong, with the line where it knows it."""
    text = str(error.msg) if isinstance(error, SyntaxError) else str(error)
    where = f"line {error.lineno}: " if isinstance(error, SyntaxError) and error.lineno else ""
    return f"{where}{text}"[:300]
