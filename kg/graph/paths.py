"""Ways between two things: the shortest first, none of which meets a thing twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from kg.errors import InputRefused, UnknownTerm
from kg.graph.adjacency import ALL, Adjacency, Edge, Filter, Node

MOST_EDGES: Final = 6
MOST_PATHS: Final = 1000
MOST_MET: Final = 20_000
"""Things whose distance is kept for one question."""


@dataclass(frozen=True)
class Path:
    """The nodes of a way in order, and the edge between each two; an edge may be followed against its direction."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Paths:
    """The shortest ways between two things; where not ``whole``, the search was cut short and may have missed some."""

    source: Node
    target: Node
    paths: tuple[Path, ...]
    whole: bool


def paths(
    graph: Adjacency,
    source: str,
    target: str,
    most_edges: int = 4,
    count: int = 5,
    among: Filter = ALL,
) -> Paths:
    """Return up to ``count`` simple paths of at most ``most_edges`` edges, shortest first, then by their edges.

    Distances to the target are found from its side first, so that a search from the source follows no edge that cannot
    arrive in time (iterative deepening with an exact bound; Korf 1985, Artificial Intelligence 27, 97-109). Two
    statements between the same things are two paths. The filter's classes hold for the things between the two.
    Raises UnknownTerm where one of the two is no node, InputRefused for numbers out of range.
    """
    if not 1 <= most_edges <= MOST_EDGES:
        raise InputRefused(f"a path has 1 to {MOST_EDGES} edges, not {most_edges}")
    if not 1 <= count <= MOST_PATHS:
        raise InputRefused(f"1 to {MOST_PATHS} paths can be asked for, not {count}")
    ends = _node(graph, source), _node(graph, target)
    search = _Search(graph, source, target, among)
    found: list[tuple[Edge, ...]] = []
    for length in range(1, most_edges + 1):
        search.reach(length - 1)
        found += islice(search.of_length(length), count - len(found))
        if len(found) == count or source == target:
            break
    return Paths(*ends, tuple(search.path(edges) for edges in found), search.whole)


def _node(graph: Adjacency, thing: str) -> Node:
    node = graph.node(thing)
    if node is None:
        raise UnknownTerm(f"the graph says nothing of {thing}; `kg list` shows what there is", ())
    return node


class _Search:
    """The search for the ways between two things."""

    def __init__(self, graph: Adjacency, source: str, target: str, among: Filter) -> None:
        self._graph, self._source, self._target = graph, source, target
        self._forward = Filter(among.direction, among.predicates)
        turned: dict[str, Filter] = {
            "out": Filter("in", among.predicates), "in": Filter("out", among.predicates), "both": self._forward,
        }  # fmt: skip
        self._backward = turned[among.direction]
        self._classes = among.classes
        self._left = {target: 0}
        self._frontier, self._depth = [target], 0
        self.whole = True

    def reach(self, depth: int) -> None:
        """Find how many edges each thing is from the target, as far as so many."""
        while self._depth < depth:
            met: list[str] = []
            for here in self._frontier:
                if len(self._left) >= MOST_MET:
                    self.whole = False
                    break
                for edge in self._graph.edges(here, self._backward):
                    other = edge.other(here)
                    if other not in self._left and other != self._source and self._may_pass(other):
                        self._left[other] = self._depth + 1
                        met.append(other)
            self._depth += 1
            self._frontier = sorted(met)

    def of_length(self, length: int) -> Iterator[tuple[Edge, ...]]:
        """Yield the ways of exactly so many edges, in the order of their edges."""
        return self._onward(self._source, length, (), frozenset({self._source}))

    def _onward(
        self, here: str, length: int, edges: tuple[Edge, ...], met: frozenset[str]
    ) -> Iterator[tuple[Edge, ...]]:
        if length == 0:
            if here == self._target:
                yield edges
            return
        for edge in self._graph.edges(here, self._forward):
            other = edge.other(here)
            near = self._left.get(other, length) < length and (other == self._target) == (length == 1)
            if near and other not in met:
                yield from self._onward(other, length - 1, (*edges, edge), met | {other})

    def _may_pass(self, thing: str) -> bool:
        node = self._graph.node(thing)
        return not self._classes or (node is not None and not self._classes.isdisjoint(node.classes))

    def path(self, edges: tuple[Edge, ...]) -> Path:
        """Return edges in order as a path with its nodes."""
        things = [self._source]
        for edge in edges:
            things.append(edge.other(things[-1]))
        nodes = [self._graph.node(thing) for thing in things]
        return Path(tuple(node for node in nodes if node is not None), edges)
