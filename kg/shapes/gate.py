"""The gate: a candidate graph and the rules of ``ontology/shapes`` in, a report of what is broken or doubtful out."""

from __future__ import annotations

import hashlib
import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pyshacl.graph_abstraction import DataGraph
from pyshacl.pytypes import SHACLExecutor
from pyshacl.shape import Shape
from pyshacl.shapes_graph import ShapesGraph
from rdflib import BNode, Graph, URIRef
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from kg.errors import InputRefused
from kg.iris import EV, prefixes
from kg.shapes.names import Names
from kg.shapes.report import SEVERITY, Finding, Report, order
from kg.shapes.screen import Screen
from kg.shapes.terms import TYPE, Statements, Triple, name, one, triples
from kg.shapes.union import Union
from kg.shapes.vocabulary import Vocabulary

VOCABULARY = ("evidence.ttl", "answers.ttl", "functions.ttl")
"""What records may say, then what goes out alone."""
_UNBOUND = re.compile(r"\{[?$]\w+\}")
_LISTING = frozenset({URIRef(EV + "SubgroupAssignment")})
"""What a review says of a trial: no rule about a trial looks at it."""
_LOG = logging.getLogger("kg.shapes")


class Shapes:
    """The shapes and the vocabulary of one ontology folder; they are parsed when they are first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def load(cls, folder: Path) -> Shapes:
        """Return the shapes of an ontology folder, the same object for the same folder."""
        return _loaded(folder.resolve())

    def validate(
        self, candidate: Statements, context: Statements | None = None, focus: Iterable[str] | None = None
    ) -> Report:
        """Report which rules a candidate breaks, and what is doubtful in it.

        The rules see the candidate together with its ``context``. They are applied to the subjects of the candidate, to
        what refers to these, and to what their own rules look at from behind, such as the trial of a result; or to
        ``focus`` alone. Statements that are not well formed are reported, and left out of the rest.
        """
        given = list(dict.fromkeys(candidate))
        said = triples(given)
        its_own = self._vocabulary.speaks_of({s for s, _, _ in said})
        stated = [t for t in said if t[0] not in its_own or not self._vocabulary.says(t)]
        names = Names(self._vocabulary, self._messages)
        sound = [t for t in stated if names.sound(t)]
        around = triples(() if context is None else context, frozenset(given))
        data = Union(sound, around, self._vocabulary.hierarchy)
        subjects = {s for s, _, _ in sound}
        nodes: set[Node] = set(map(URIRef, focus)) if focus is not None else self._focus(sound, around)
        met = self._targets(nodes | subjects, data)
        names.look(sound, data, {node for found in met.values() for node in found})
        names.alike(sound, data)
        targets = {shape: [node for node in found if node in nodes] for shape, found in met.items()}
        findings = dict.fromkeys([*names.found, *self._broken(targets, data)])
        return Report(tuple(sorted(findings, key=order)), self.graph)

    @cached_property
    def graph(self) -> Graph:
        """The shapes as one graph."""
        made = Graph()
        for path in sorted((self._folder / "shapes").glob("*.ttl")):
            made.parse(path, format="turtle")
        if not len(made):
            raise InputRefused(f"no shapes in {self._folder / 'shapes'}; check the setting of the ontology folder")
        for prefix, space in prefixes(self._folder).items():
            made.bind(prefix, space, replace=True)
        return made

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the files that verdicts come from."""
        paths = [
            *(self._folder / name for name in VOCABULARY),
            *sorted((self._folder / "shapes").glob("*.ttl")),
        ]
        return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()

    @property
    def properties(self) -> frozenset[str]:
        """The properties that the vocabulary has."""
        return frozenset(map(str, self._vocabulary.properties))

    @property
    def classes(self) -> frozenset[str]:
        """The classes that the vocabulary has."""
        return frozenset(map(str, self._vocabulary.classes))

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        declared, *others = (Graph().parse(self._folder / name, format="turtle") for name in VOCABULARY)
        return Vocabulary(declared, *others)

    @cached_property
    def _messages(self) -> dict[str, str]:
        return {str(s): str(m) for s, m in self.graph.subject_objects(SH.message)}

    @cached_property
    def _shapes(self) -> ShapesGraph:
        made = ShapesGraph(_copied(self.graph), logger=_LOG)
        _ = made.shapes
        return made

    @cached_property
    def _steps(self) -> dict[URIRef, tuple[Shape, ...]]:
        """What to evaluate for each shape with targets: its property shapes at once for all nodes, or itself."""
        made: dict[URIRef, tuple[Shape, ...]] = {}
        own = {SH.targetClass, SH.targetSubjectsOf, SH.property, RDF.type, RDFS.seeAlso, SH.message, SH.severity}
        for node in {*self.graph.subjects(SH.targetClass), *self.graph.subjects(SH.targetSubjectsOf)}:
            assert isinstance(node, URIRef), f"a shape with a target needs an IRI, {node} has none"
            lookup = self._shapes.lookup_shape_from_node
            parts = tuple(lookup(p) for p in sorted(self.graph.objects(node, SH.property), key=str))
            made[node] = parts if parts and set(self.graph.predicates(node)) <= own else (lookup(node),)
        return made

    @cached_property
    def _by_class(self) -> dict[Node, frozenset[URIRef]]:
        """Shapes by the class they target, subclasses included."""
        made: defaultdict[Node, set[URIRef]] = defaultdict(set)
        for shape, target in self.graph.subject_objects(SH.targetClass):
            for c in map(one, self._vocabulary.below(target)):
                made[c].add(URIRef(str(shape)))
        return {c: frozenset(found) for c, found in made.items()}

    @cached_property
    def _by_property(self) -> dict[Node, frozenset[URIRef]]:
        made: defaultdict[Node, set[URIRef]] = defaultdict(set)
        for shape, target in self.graph.subject_objects(SH.targetSubjectsOf):
            made[one(target)].add(URIRef(str(shape)))
        return {p: frozenset(found) for p, found in made.items()}

    @property
    def backwards(self) -> frozenset[str]:
        """The properties that rules follow from their object to their subject."""
        return frozenset(map(str, self._backwards))

    @cached_property
    def _backwards(self) -> frozenset[Node]:
        """Properties that rules follow from their object to their subject."""
        found = set(self.graph.objects(None, SH.inversePath))
        for select in self.graph.objects(None, SH.select):
            found.update(URIRef(EV + p) for p in re.findall(r"\bev:(\w+) (?:\$this|\?arm)\b", str(select)))
        return frozenset(found)

    def _focus(self, sound: Iterable[Triple], around: Iterable[Triple]) -> set[Node]:
        nodes = {s for s, _, _ in sound}
        listing = {s for s, _, o in sound if o in _LISTING}
        behind = {o for s, p, o in sound if p in self._backwards and isinstance(o, URIRef) and s not in listing}
        return nodes | behind | {s for s, _, o in around if o in nodes}

    def _targets(self, nodes: Iterable[Node], data: Union) -> dict[URIRef, list[Node]]:
        made: defaultdict[URIRef, list[Node]] = defaultdict(list)
        for node in sorted(nodes, key=str):
            shapes: set[URIRef] = set()
            for p, values in data.out.get(node, {}).items():
                shapes |= self._by_property.get(p, frozenset())
                if p == TYPE:
                    for o in values:
                        shapes |= self._by_class.get(o, frozenset())
            for shape in shapes:
                made[shape].append(node)
        return made

    def _broken(self, targets: Mapping[URIRef, list[Node]], data: Union) -> Iterator[Finding]:
        """Yield what pySHACL finds wrong; what plainly keeps a rule is not shown to it."""
        executor = SHACLExecutor()
        seen = DataGraph.from_rdflib(data)
        for shape in sorted(targets):
            for step in self._steps[shape] if targets[shape] else ():
                doubtful = self._screen.doubtful(step.node, targets[shape], data)
                if doubtful:
                    _, reports = step.validate(executor, seen, focus=doubtful)
                    for _, _, parts in reports:
                        yield self._finding(parts)

    @cached_property
    def _screen(self) -> Screen:
        return Screen(self.graph, self._vocabulary)

    def _finding(self, parts: Iterable[tuple[Node, Node, Any]]) -> Finding:
        said = {p: o[1] if isinstance(o, tuple) else o for _, p, o in parts}
        source, rule = said[SH.sourceShape], said.get(SH.sourceConstraint)
        path = said.get(SH.resultPath) or next(self.graph.objects(source, RDFS.seeAlso), None)
        return Finding(
            severity=SEVERITY[said[SH.resultSeverity]],
            focus=name(said[SH.focusNode]),
            path=None if path is None else self._first_step(path),
            value=said.get(SH.value),
            shape=str(rule or source),
            component=str(said[SH.sourceConstraintComponent]),
            message=_UNBOUND.sub("no limit", str(said[SH.resultMessage])),
        )

    def _first_step(self, path: Node) -> str:
        while isinstance(path, BNode):
            inner = next(self.graph.objects(path, SH.inversePath), None)
            several = next(self.graph.objects(path, SH.alternativePath), path)
            path = inner or next(iter(self.graph.items(several)))
        return str(path)


@lru_cache(maxsize=4)
def _loaded(folder: Path) -> Shapes:
    return Shapes(folder)


def _copied(graph: Graph) -> Graph:
    """Return a copy; pySHACL adds statements of its own to a graph of shapes."""
    made = Graph()
    for triple in graph:
        made.add(triple)
    return made
