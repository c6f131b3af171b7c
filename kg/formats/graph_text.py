"""Neighbours and paths as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kg.graph import Edge, Neighbourhood, Node, Paths
from kg.iris import BASE, local
from kg.store import RecordVersion

Stated = Mapping[Edge, Sequence[RecordVersion]]


def neighbours_text(found: Neighbourhood, stated: Stated) -> str:
    """Return what stands around a thing, by distance and kind, each with the way to it and the records that say so."""
    least = "" if found.whole else "at least "
    parts = [_named(found.node)]
    for distance, count in enumerate(found.counts, 1):
        edges = "1 edge" if distance == 1 else f"{distance} edges"
        own = sorted(
            (r for r in found.reached if r.distance == distance),
            key=lambda r: (r.node.classes, r.node.label.casefold()),
        )
        shown = f", {len(own)} shown" if len(own) < count else ""
        parts.append(f"{edges} away: {least}{count}{shown}")
        parts += [f"  {_named(r.node)}\n{_ways(r.edges, r.node.iri, stated)}" for r in own]
    if found.next is not None:
        parts.append(f"More: --start {found.next}, or narrow it with --predicate or --class.")
    return "\n".join(parts)


def paths_text(found: Paths, stated: Stated) -> str:
    """Return the ways between two things, one step a line, each with the records that state it."""
    if not found.paths:
        cut = "" if found.whole else " among the things that were looked at"
        return f"No path of that length leads from {_named(found.source)} to {_named(found.target)}{cut}."
    parts = []
    for number, path in enumerate(found.paths, 1):
        steps = [f"{number}. {_named(path.nodes[0])}"]
        for edge, node in zip(path.edges, path.nodes[1:], strict=True):
            steps.append(f"   {_arrow(edge, node.iri)} {_named(node)}  [{_records(stated[edge])}]")
        parts.append("\n".join(steps))
    if not found.whole:
        parts.append("The search was cut short: there may be other paths. Narrow it with --predicate or --class.")
    return "\n\n".join(parts)


def _ways(edges: Sequence[Edge], to: str, stated: Stated) -> str:
    return "\n".join(f"    {_arrow(edge, to)} {_name(edge.other(to))}  [{_records(stated[edge])}]" for edge in edges)


def _arrow(edge: Edge, to: str) -> str:
    """Return an edge as an arrow, which points as the statement does."""
    name = local(edge.predicate)
    return f"-- {name} -->" if edge.object == to else f"<-- {name} --"


def _named(node: Node) -> str:
    return f"{node.label} ({', '.join(node.classes)}, {_name(node.iri)})"


def _name(iri: str) -> str:
    return iri.removeprefix(BASE)


def _records(versions: Sequence[RecordVersion]) -> str:
    return ", ".join(_numbered(versions)) or "no live record"


def _numbered(versions: Sequence[RecordVersion]) -> Iterator[str]:
    for version in versions:
        yield f"{version.source}/{version.id} v{version.version}"
