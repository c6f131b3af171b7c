"""Which records state the edges that an answer shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from kg.graph.adjacency import Edge
from kg.store import RecordVersion


class Stating(Protocol):
    """Whatever can tell which live records state something of a thing."""

    def stating(self, things: Iterable[str]) -> Iterator[tuple[RecordVersion, bytes]]:
        """Yield the live records that state something of things, by IRIs, with their content as N-Triples."""


def stated_by(store: Stating, edges: Iterable[Edge]) -> dict[Edge, tuple[RecordVersion, ...]]:
    """Return, for each edge, the versions of the live records that state it, by source and id."""
    lines = {f"<{edge.subject}> <{edge.predicate}> <{edge.object}> .": edge for edge in edges}
    found: dict[Edge, list[RecordVersion]] = {edge: [] for edge in lines.values()}
    for version, content in store.stating(sorted({edge.subject for edge in found})):
        for line in content.decode().split("\n"):
            if edge := lines.get(line):
                found[edge].append(version)
    return {edge: tuple(sorted(stating, key=lambda v: (v.source, v.id))) for edge, stating in found.items()}
