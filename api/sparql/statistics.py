"""Counts of what a store holds, as VoID has them, made by its own readers once for each state."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from api.sparql.forms import RESULTS_JSON
from kg.store.frames import Ask
from kg.store.names import STATE
from kg.store.readers import Readers

_SECONDS: Final = 60.0
_CLIENT: Final = "statistics"
_KEPT: Final = 4
_GRAPHS: Final = "SELECT ?graph (COUNT(*) AS ?triples) { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph"
_ALL: Final = (
    "SELECT (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects) { ?s ?p ?o }"
)
_PROPERTIES: Final = (
    "SELECT ?property (COUNT(*) AS ?triples) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects) "
    "{ ?s ?property ?o } GROUP BY ?property"
)
_CLASSES: Final = "SELECT ?class (COUNT(DISTINCT ?s) AS ?entities) { ?s a ?class } GROUP BY ?class"


@dataclass(frozen=True)
class Counts:
    """Triples, distinct subjects and distinct objects of some statements."""

    triples: int
    subjects: int
    objects: int


@dataclass(frozen=True)
class Statistics:
    """The counts of the default graph, of it by property and by class, and the triples of each named graph."""

    default: Counts
    properties: Mapping[str, Counts]
    classes: Mapping[str, int]
    graphs: Mapping[str, int]


class Counted:
    """Statistics of the states that were asked for lately."""

    def __init__(self) -> None:
        self._made: dict[str, Statistics] = {}
        self._making = asyncio.Lock()

    async def of(self, readers: Readers, place: str) -> Statistics:
        """Return the statistics of the store in a folder.

        Raises QueryStopped, StoreUnavailable.
        """
        async with self._making:
            if place not in self._made:
                self._made[place] = await _statistics(readers, place)
                while len(self._made) > _KEPT:
                    del self._made[next(iter(self._made))]
            return self._made[place]


async def _statistics(readers: Readers, place: str) -> Statistics:
    whole, properties, classes, graphs = [
        await _rows(readers, place, text) for text in (_ALL, _PROPERTIES, _CLASSES, _GRAPHS)
    ]
    return Statistics(
        default=_counts(whole[0]),
        properties={row["property"]: _counts(row) for row in sorted(properties, key=lambda row: str(row["property"]))},
        classes={row["class"]: int(row["entities"]) for row in sorted(classes, key=lambda row: str(row["class"]))},
        graphs={
            row["graph"]: int(row["triples"])
            for row in sorted(graphs, key=lambda row: str(row["graph"]))
            if row["graph"] != STATE
        },
    )


def _counts(row: Mapping[str, str]) -> Counts:
    return Counts(*(int(row[name]) for name in ("triples", "subjects", "objects")))


async def _rows(readers: Readers, place: str, text: str) -> list[dict[str, str]]:
    ask = Ask("query", place, text, format=RESULTS_JSON.media_type, seconds=_SECONDS)
    async with readers.asked(ask, _CLIENT) as result:
        found: dict[str, Any] = orjson.loads(await result.rest())
    return [{name: cell["value"] for name, cell in row.items()} for row in found["results"]["bindings"]]
