"""Things as nodes and statements between them as edges, read from the store where they are looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from pyoxigraph import NamedNode

from kg import iris
from kg.catalog import Selects
from kg.errors import InputRefused
from kg.iris import BASE, EV, RDF, RDFS, SKOS

Direction = Literal["out", "in", "both"]
_TYPE: Final = RDF + "type"
_BOOKKEEPING: Final = (_TYPE, SKOS + "inScheme", SKOS + "topConceptOf", SKOS + "hasTopConcept")
"""What says of which kind a thing is, and in which list it stands: properties of nodes, no edges."""
_LABELS: Final = (RDFS + "label", SKOS + "prefLabel", EV + "studyLabel")


@dataclass(frozen=True, order=True)
class Edge:
    """A statement between two things, by their IRIs."""

    subject: str
    predicate: str
    object: str

    def other(self, end: str) -> str:
        """Return the end that is not the one given."""
        return self.object if self.subject == end else self.subject


@dataclass(frozen=True)
class Node:
    """A thing: its IRI, its preferred name, and its classes as local names of our vocabulary."""

    iri: str
    label: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Filter:
    """Which edges are followed, and which things are met; an empty set lets all through."""

    direction: Direction = "both"
    predicates: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()


ALL: Final = Filter()


@dataclass
class Adjacency:
    """The edges at things of a store.

    What was read is kept as long as the object, which is for one question. A node is a thing below the base IRI that
    has a class; words of the vocabulary and identifiers of other systems are no nodes.
    """

    engine: Selects
    _out: dict[str, list[Edge]] = field(default_factory=dict)
    _into: dict[str, list[Edge]] = field(default_factory=dict)
    _nodes: dict[str, Node | None] = field(default_factory=dict)

    def edges(self, thing: str, among: Filter = ALL) -> list[Edge]:
        """Return the edges at a thing that a filter lets through, sorted; both ends are nodes."""
        found: set[Edge] = set()
        if among.direction in ("out", "both"):
            self._read(thing)
            found.update(self._out[thing])
        if among.direction in ("in", "both"):
            found.update(self._coming(thing))
        return sorted(
            edge
            for edge in found
            if (not among.predicates or edge.predicate in among.predicates) and self._met(edge.other(thing), among)
        )

    def node(self, thing: str) -> Node | None:
        """Return a thing as a node, or nothing where it is none."""
        self._read(thing)
        return self._nodes[thing]

    def _read(self, thing: str) -> None:
        """Read what is said of a thing, all at once: its names, its classes, and the edges that leave it."""
        if thing in self._nodes:
            return
        classes, labels, edges = set[str](), list[tuple[int, str]](), list[Edge]()
        for p, x in self.engine.select(f"SELECT ?p ?x WHERE {{ {_written(thing)} ?p ?x }}").rows:
            assert isinstance(p, NamedNode), "a property is an IRI"
            if p.value == _TYPE:
                classes.add(x.value)  # type: ignore[union-attr]
            elif p.value in _LABELS:
                labels.append((_LABELS.index(p.value), x.value))  # type: ignore[union-attr]
            elif isinstance(x, NamedNode) and _ours(x.value) and p.value not in _BOOKKEEPING:
                edges.append(Edge(thing, p.value, x.value))
        label = min(labels)[1] if labels else iris.local(thing)
        self._nodes[thing] = Node(thing, label, _own(classes)) if classes and _ours(thing) else None
        self._out[thing] = edges

    def _coming(self, thing: str) -> list[Edge]:
        if thing not in self._into:
            rows = self.engine.select(f"SELECT ?p ?x WHERE {{ ?x ?p {_written(thing)} }}").rows
            pairs = [(p.value, x.value) for p, x in rows if isinstance(p, NamedNode) and isinstance(x, NamedNode)]
            self._into[thing] = [
                Edge(x, p, thing) for p, x in pairs if p not in _BOOKKEEPING and _ours(x) and _ours(thing)
            ]
        return self._into[thing]

    def _met(self, thing: str, among: Filter) -> bool:
        node = self.node(thing)
        return node is not None and (not among.classes or not among.classes.isdisjoint(node.classes))


def _ours(iri: str) -> bool:
    return iri.startswith(BASE) and not iri.startswith(EV)


def _written(thing: str) -> str:
    try:
        return str(NamedNode(thing))
    except ValueError as error:
        raise InputRefused(f"{thing!r} is not an IRI; check it for spaces and quotes") from error


def _own(classes: Iterable[str]) -> tuple[str, ...]:
    """Return the classes of our vocabulary by their local names; where there is none, the others in full."""
    every = sorted(classes)
    return tuple(c.removeprefix(EV) for c in every if c.startswith(EV)) or tuple(every)
