"""Neighbours and paths as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kg.graph import Edge, Neighbourhood, Node, Paths
from kg.store import RecordVersion

Stated = Mapping[Edge, Sequence[RecordVersion]]


def neighbours_json(found: Neighbourhood, stated: Stated) -> dict[str, Any]:
    """Return what stands around a thing as nodes, each with its distance, and edges, each with its records."""
    return {
        "node": _node(found.node),
        "counts": [{"distance": d, "things": count} for d, count in enumerate(found.counts, 1)],
        "whole": found.whole,
        "next": found.next,
        "nodes": [_node(reached.node) | {"distance": reached.distance} for reached in found.reached],
        "edges": _edges((edge for reached in found.reached for edge in reached.edges), stated),
    }


def paths_json(found: Paths, stated: Stated) -> dict[str, Any]:
    """Return ways between two things, each as nodes and the edges between them, each edge with its records."""
    return {
        "source": _node(found.source),
        "target": _node(found.target),
        "whole": found.whole,
        "paths": [
            {
                "length": len(path.edges),
                "nodes": [_node(node) for node in path.nodes],
                "edges": [_edge(edge, stated[edge]) for edge in path.edges],
            }
            for path in found.paths
        ],
    }


def _node(node: Node) -> dict[str, Any]:
    return {"iri": node.iri, "label": node.label, "classes": list(node.classes)}


def _edges(edges: Iterable[Edge], stated: Stated) -> list[dict[str, Any]]:
    return [_edge(edge, stated[edge]) for edge in dict.fromkeys(edges)]


def _edge(edge: Edge, versions: Sequence[RecordVersion]) -> dict[str, Any]:
    return {
        "subject": edge.subject,
        "predicate": edge.predicate,
        "object": edge.object,
        "records": [{"record": v.iri, "version": v.version, "source": v.origin or None} for v in versions],
    }
