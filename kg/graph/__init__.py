"""The evidence as a graph of things: what stands beside a thing, ways between two, and a part of it for networkx."""

from kg.graph.adjacency import Adjacency, Edge, Filter, Node
from kg.graph.extract import to_networkx
from kg.graph.neighbours import Neighbourhood, Reached, neighbours
from kg.graph.paths import Path, Paths, paths

__all__ = [
    "Adjacency",
    "Edge",
    "Filter",
    "Neighbourhood",
    "Node",
    "Path",
    "Paths",
    "Reached",
    "neighbours",
    "paths",
    "to_networkx",
]
