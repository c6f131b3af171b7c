"""A part of the graph, or all of it, for networkx."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kg.graph.adjacency import Adjacency, Edge

if TYPE_CHECKING:
    from networkx import MultiDiGraph


def to_networkx(graph: Adjacency, edges: Iterable[Edge], things: Iterable[str] = ()) -> MultiDiGraph[str]:
    """Return edges, their ends, and further things as a directed multigraph.

    Nodes are IRIs with ``label`` and ``classes`` (separated by spaces); the key of an edge is the IRI of its property.
    """
    from networkx import MultiDiGraph  # noqa: PLC0415  (slow to load)

    made: MultiDiGraph[str] = MultiDiGraph()
    kept = list(edges)
    names = sorted({*things, *(end for edge in kept for end in (edge.subject, edge.object))})
    for name in names:
        node = graph.node(name)
        if node is not None:
            made.add_node(name, label=node.label, classes=" ".join(node.classes))
    for edge in kept:
        made.add_edge(edge.subject, edge.object, key=edge.predicate)
    return made
