"""What is said about a thing: in the graph, in the catalogue of records, or in one version of a record."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from api.service import Service
from kg.errors import UnknownTerm
from kg.iris import BASE, GRAPH
from kg.store import RecordVersion

_RECORD = f"{BASE}record/"
_VERSION = f"{GRAPH}record/"
_CATALOG = NamedNode(f"{GRAPH}catalog")
_QUERIES = NamedNode(f"{GRAPH}queries")
_OF_QUERIES = (f"{BASE}query/", f"{BASE}query-prefixes")
_SHORT_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class RecordPlace:
    """A record by its source and its id, or one version of it."""

    source: str
    id: str
    version: int | None


def record_place(iri: str) -> RecordPlace | None:
    """Return which record, or which version of one, an IRI names; nothing where it names another kind of thing."""
    parts = iri.removeprefix(_VERSION if iri.startswith(_VERSION) else _RECORD).split("/")
    if iri.startswith(_RECORD) and len(parts) == 2:
        return RecordPlace(parts[0], parts[1], None)
    if (
        iri.startswith(_VERSION)
        and len(parts) == 3
        and parts[2].isascii()
        and parts[2].isdigit()
        and len(parts[2]) < 10
    ):
        return RecordPlace(parts[0], parts[1], int(parts[2]))
    return None


def facts(service: Service, iri: str) -> list[Triple]:
    """Return everything said about a thing; of a version of a record, what it says.

    Raises UnknownTerm where nothing is known of it.
    """
    place = record_place(iri)
    graph = _QUERIES if iri.startswith(_OF_QUERIES) else None if place is None else _CATALOG
    if graph is None:
        return service.base.describe(iri)
    if place is not None and place.version is not None:
        return content(service, place)
    where = f"GRAPH {graph} {{ VALUES ?s {{ {NamedNode(iri)} }} ?s ?p ?o }}"
    found = service.base.store.construct(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {where} }}")
    if not found:
        raise UnknownTerm(f"nothing is known of <{iri}>")
    return found


def content(service: Service, place: RecordPlace) -> list[Triple]:
    """Return what a version of a record says, the newest without a number.

    Raises UnknownTerm where there is none.
    """
    text = service.base.store.content(place.source, place.id, place.version)
    return [quad.triple for quad in parse(text, format=RdfFormat.N_TRIPLES)]


def versions(service: Service, place: RecordPlace) -> list[RecordVersion]:
    """Return the versions of a record, oldest first.

    Raises UnknownTerm where there is none.
    """
    return service.base.store.versions(place.source, place.id)
