"""What stands around a thing: everything within some edges of it, nearest first, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kg.errors import InputRefused, UnknownTerm
from kg.graph.adjacency import ALL, Adjacency, Edge, Filter, Node

MOST_HOPS: Final = 4
MOST_MET: Final = 20_000
"""Things that are looked at for one question; beyond, counts are said to be at least so many."""


@dataclass(frozen=True)
class Reached:
    """A thing, the least number of edges to it, and the edges over which it is reached from the things before it."""

    node: Node
    distance: int
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Neighbourhood:
    """A page of what stands around a thing; ``counts`` has the things at each distance, where ``whole`` all of them."""

    node: Node
    reached: tuple[Reached, ...]
    counts: tuple[int, ...]
    whole: bool
    next: int | None


def neighbours(
    graph: Adjacency, thing: str, hops: int = 1, among: Filter = ALL, limit: int = 100, start: int = 0
) -> Neighbourhood:
    """Return a page of the things within ``hops`` edges of a thing, by distance, then by IRI.

    Ways lead through things that the filter lets through alone. ``start`` is ``next`` of the page before.
    Raises UnknownTerm where the thing is no node, InputRefused for numbers out of range.
    """
    node = graph.node(thing)
    if node is None:
        raise UnknownTerm(f"the graph says nothing of {thing}; `kg list` shows what there is", ())
    if not 1 <= hops <= MOST_HOPS:
        raise InputRefused(f"hops is {hops}; it is 1 to {MOST_HOPS}")
    if limit < 1 or start < 0:
        raise InputRefused("limit is 1 or more, and a page begins at 0 or later")
    seen = {thing}
    counts: list[int] = []
    found: list[tuple[int, str, list[Edge]]] = []
    frontier, whole = [thing], True
    for distance in range(1, hops + 1):
        met: dict[str, list[Edge]] = {}
        for position, here in enumerate(frontier):
            if len(seen) + len(met) >= MOST_MET:
                whole = position == len(frontier)
                break
            for edge in graph.edges(here, among):
                other = edge.other(here)
                if other not in seen:
                    met.setdefault(other, []).append(edge)
        seen |= met.keys()
        counts.append(len(met))
        frontier = sorted(met)
        found += [(distance, other, met[other]) for other in frontier]
        if not whole:
            break
    page = found[start : start + limit]
    reached = tuple(Reached(_node(graph, other), distance, tuple(sorted(edges))) for distance, other, edges in page)
    return Neighbourhood(node, reached, tuple(counts), whole, start + limit if start + limit < len(found) else None)


def _node(graph: Adjacency, thing: str) -> Node:
    node = graph.node(thing)
    assert node is not None, "only nodes are met"
    return node
