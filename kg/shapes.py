"""The gate: a candidate graph and the rules of ``ontology/shapes`` in, a report of what is broken or doubtful out."""

from __future__ import annotations

import hashlib
import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from pyshacl.graph_abstraction import DataGraph
from pyshacl.pytypes import SHACLExecutor
from pyshacl.shape import Shape
from pyshacl.shapes_graph import ShapesGraph
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, XSD
from rdflib.paths import Path as PropertyPath
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node

from kg.errors import InputRefused
from kg.iris import BASE, EV, prefixes

Triple = tuple[Node, Node, Node]
Statements = Iterable[Any]
"""Triples of rdflib or of pyoxigraph, or an rdflib graph."""

_SEVERITY = {SH.Violation: "violation", SH.Warning: "warning", SH.Info: "info"}
_RANK = {"violation": 0, "warning": 1, "info": 2}
_UNBOUND = re.compile(r"\{[?$]\w+\}")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>\"{}|\\^`]*")
_LEXICAL: Mapping[URIRef, re.Pattern[str]] = {
    XSD.integer: re.compile(r"[+-]?[0-9]+"),
    XSD.decimal: re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"),
    XSD.boolean: re.compile(r"true|false"),
    XSD.date: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})?"),
    XSD.dateTime: re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
    ),
    XSD.anyURI: re.compile(r"[^\s<>\"{}|\\^`]*"),
    XSD.string: re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f]*"),
}
_MARKUP = {RDF.HTML, RDF.XMLLiteral, RDF.JSON}
"""Datatypes that rdflib would parse on sight; no record may have them, so they are not read at all."""
_SCHEMA = (str(RDFS), str(OWL), str(SH), str(RDF))
_SKOLEM = f"{BASE}ontology/evidence/node/"
"""What the IRIs begin with that intake gives to the blank nodes of the vocabulary."""
_ANNOTATIONS = {RDF.type, RDFS.label, RDFS.comment, RDFS.seeAlso}
_LOG = logging.getLogger("kg.shapes")


@dataclass(frozen=True)
class Finding:
    """One result: the rule, the thing that it is about, and the remedy.

    ``path`` is the property to look at; of a longer path the first step. ``shape`` names the rule. Names are IRIs in
    full, blank nodes begin with ``_:``.
    """

    severity: str
    focus: str
    path: str | None
    value: Node | None
    shape: str
    component: str
    message: str


@dataclass(frozen=True)
class Report:
    """What the gate found, worst first; a graph conforms where nothing is violated."""

    results: tuple[Finding, ...]
    _rules: Graph = field(repr=False, compare=False, default_factory=Graph)

    @property
    def conforms(self) -> bool:
        """Whether there is no violation; warnings do not count."""
        return not self.violations

    @property
    def violations(self) -> tuple[Finding, ...]:
        """What is impossible, and keeps a record out."""
        return tuple(f for f in self.results if f.severity == "violation")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is doubtful, and goes with every answer."""
        return tuple(f for f in self.results if f.severity == "warning")

    def graph(self) -> Graph:
        """Return the validation report of the SHACL recommendation, blank nodes named in the order of the results."""
        made = Graph(bind_namespaces="none")
        for prefix, space in (("sh", SH), ("xsd", XSD), ("rdf", RDF), ("ev", EV)):
            made.bind(prefix, space)
        report = BNode("report")
        made.add((report, RDF.type, SH.ValidationReport))
        made.add((report, SH.conforms, Literal(self.conforms)))
        severities = {name: iri for iri, name in _SEVERITY.items()}
        for number, found in enumerate(self.results, 1):
            s, rule = BNode(f"result{number}"), URIRef(found.shape)
            owner = next(self._rules.subjects(SH.sparql, rule), None)
            made.add((report, SH.result, s))
            made.add((s, RDF.type, SH.ValidationResult))
            made.add((s, SH.resultSeverity, severities[found.severity]))
            made.add((s, SH.focusNode, _named(found.focus)))
            made.add((s, SH.sourceShape, owner or rule))
            made.add((s, SH.sourceConstraintComponent, URIRef(found.component)))
            made.add((s, SH.resultMessage, Literal(found.message)))
            if owner is not None:
                made.add((s, SH.sourceConstraint, rule))
            if found.value is not None:
                made.add((s, SH.value, found.value))
            if (path := next(self._rules.objects(rule, SH.path), None)) is not None:
                made.add((s, SH.resultPath, _copy(self._rules, path, made, f"result{number}path")))
            elif found.path is not None and owner is not None:
                made.add((s, SH.resultPath, URIRef(found.path)))
        return made

    def to_turtle(self) -> str:
        """Return the report as Turtle."""
        return self.graph().serialize(format="turtle")

    def to_jsonld(self) -> str:
        """Return the report as JSON-LD."""
        context = {"sh": str(SH), "xsd": str(XSD), "ev": EV}
        return self.graph().serialize(format="json-ld", context=context, sort_keys=True)


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
        stated = [t for t in _triples(candidate) if not self._vocabulary.says(t)]
        names = _Names(self._vocabulary, self._messages)
        sound = [t for t in stated if names.sound(t)]
        around = _graph(() if context is None else context)
        data = _Union(_graph(sound), around, self._vocabulary.hierarchy)
        subjects = {s for s, _, _ in sound}
        nodes: set[Node] = set(map(URIRef, focus)) if focus is not None else self._focus(sound, around)
        met = self._targets(nodes | subjects, data)
        names.look(sound, data, {node for found in met.values() for node in found})
        targets = {shape: [node for node in found if node in nodes] for shape, found in met.items()}
        findings = dict.fromkeys([*names.found, *self._broken(targets, data)])
        return Report(tuple(sorted(findings, key=_order)), self.graph)

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
            self._folder / "evidence.ttl",
            self._folder / "answers.ttl",
            *sorted((self._folder / "shapes").glob("*.ttl")),
        ]
        return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()

    @cached_property
    def _vocabulary(self) -> _Vocabulary:
        names = ("evidence.ttl", "answers.ttl")
        return _Vocabulary(*(Graph().parse(self._folder / name, format="turtle") for name in names))

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
            for c in self._vocabulary.below(target):
                made[c].add(URIRef(str(shape)))
        return {c: frozenset(found) for c, found in made.items()}

    @cached_property
    def _by_property(self) -> dict[Node, frozenset[URIRef]]:
        made: defaultdict[Node, set[URIRef]] = defaultdict(set)
        for shape, target in self.graph.subject_objects(SH.targetSubjectsOf):
            made[target].add(URIRef(str(shape)))
        return {p: frozenset(found) for p, found in made.items()}

    @cached_property
    def _backwards(self) -> frozenset[Node]:
        """Properties that rules follow from their object to their subject."""
        found = set(self.graph.objects(None, SH.inversePath))
        for select in self.graph.objects(None, SH.select):
            found.update(URIRef(EV + p) for p in re.findall(r"\bev:(\w+) (?:\$this|\?arm)\b", str(select)))
        return frozenset(found)

    def _focus(self, sound: Iterable[Triple], around: Graph) -> set[Node]:
        nodes = {s for s, _, _ in sound}
        behind = {o for _, p, o in sound if p in self._backwards and isinstance(o, URIRef)}
        return nodes | behind | {s for node in nodes for s in around.subjects(None, node)}

    def _targets(self, nodes: Iterable[Node], data: _Union) -> dict[URIRef, list[Node]]:
        made: defaultdict[URIRef, list[Node]] = defaultdict(list)
        for node in sorted(nodes, key=str):
            shapes: set[URIRef] = set()
            for p, o in data.predicate_objects(node):
                shapes |= self._by_property.get(p, frozenset())
                if p == RDF.type:
                    shapes |= self._by_class.get(o, frozenset())
            for shape in shapes:
                made[shape].append(node)
        return made

    def _broken(self, targets: Mapping[URIRef, list[Node]], data: _Union) -> Iterator[Finding]:
        executor = SHACLExecutor()
        seen = DataGraph.from_rdflib(data)
        for shape in sorted(targets):
            for step in self._steps[shape] if targets[shape] else ():
                _, reports = step.validate(executor, seen, focus=targets[shape])
                for _, _, parts in reports:
                    yield self._finding(parts)

    def _finding(self, parts: Iterable[tuple[Node, Node, Any]]) -> Finding:
        said = {p: o[1] if isinstance(o, tuple) else o for _, p, o in parts}
        source, rule = said[SH.sourceShape], said.get(SH.sourceConstraint)
        path = said.get(SH.resultPath) or next(self.graph.objects(source, RDFS.seeAlso), None)
        return Finding(
            severity=_SEVERITY[said[SH.resultSeverity]],
            focus=_name(said[SH.focusNode]),
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


class _Vocabulary:
    """What ``evidence.ttl`` declares, as the rules about names need it; ``answers.ttl`` is for what goes out alone."""

    def __init__(self, declared: Graph, answers: Graph) -> None:
        self._said = {tuple(None if isinstance(t, BNode) else t for t in triple) for triple in (*declared, *answers)}
        kinds = (OWL.ObjectProperty, OWL.DatatypeProperty, RDF.Property)
        self.properties = {p for kind in kinds for p in declared.subjects(RDF.type, kind)}
        self.classes = {c for c in declared.subjects(RDF.type, OWL.Class) if isinstance(c, URIRef)}
        self.hierarchy = Graph()
        for s, p, o in declared.triples((None, RDFS.subClassOf, None)):
            self.hierarchy.add((s, p, o))
        self.domains: dict[Node, frozenset[Node]] = {}
        for p, c in declared.subject_objects(RDFS.domain):
            union = next(declared.objects(c, OWL.unionOf), None)
            self.domains[p] = frozenset({c} if union is None else _present(declared.items(union)))
        self._exclusive = [_present(declared.items(members)) for members in declared.objects(None, OWL.members)]
        self._exclusive += [frozenset(pair) for pair in declared.subject_objects(OWL.disjointWith)]

    def says(self, triple: Triple) -> bool:
        """Say whether a statement is one of the vocabulary itself, whatever IRIs its blank nodes were given."""
        s, p, o = triple
        return (_blanked(s), p, _blanked(o)) in self._said

    @lru_cache(maxsize=256)  # noqa: B019  (one vocabulary a process)
    def above(self, c: Node) -> frozenset[Node]:
        """Return a class and all its superclasses."""
        return _present(self.hierarchy.transitive_objects(c, RDFS.subClassOf))

    def below(self, c: Node) -> frozenset[Node]:
        """Return a class and all its subclasses."""
        return _present(self.hierarchy.transitive_subjects(RDFS.subClassOf, c))

    def types(self, stated: Iterable[Node]) -> frozenset[Node]:
        """Return classes with all their superclasses."""
        return frozenset().union(*map(self.above, stated))

    def contradiction(self, types: frozenset[Node]) -> tuple[Node, ...]:
        """Return classes of a thing that exclude each other."""
        for group in self._exclusive:
            if len(both := group & types) > 1:
                return tuple(sorted(both, key=str))
        return ()


class _Names:
    """The rules about names, types and forms, which hold for every statement; see ``shapes/graph.ttl``."""

    _COMPONENTS: Mapping[str, URIRef] = {
        "unknownProperty": SH.ClosedConstraintComponent,
        "propertyOfAnotherClass": SH.ClosedConstraintComponent,
        "schemaStatement": SH.ClosedConstraintComponent,
        "unknownClass": SH.ClassConstraintComponent,
        "noShape": SH.ClassConstraintComponent,
        "incompatibleClasses": SH.NotConstraintComponent,
        "blankNode": SH.NodeKindConstraintComponent,
        "malformedIri": SH.NodeKindConstraintComponent,
        "lexicalForm": SH.DatatypeConstraintComponent,
    }

    def __init__(self, vocabulary: _Vocabulary, messages: Mapping[str, str]) -> None:
        self._vocabulary, self._messages = vocabulary, messages
        self.found: list[Finding] = []

    def _report(self, rule: str, focus: Node, path: Node | None, value: Node | None) -> None:
        shape = f"{EV}GraphShape-{rule}"
        component = str(self._COMPONENTS[rule])
        found = Finding(
            "violation",
            _name(focus),
            None if path is None else str(path),
            value,
            shape,
            component,
            self._messages[shape],
        )
        self.found.append(found)

    def sound(self, triple: Triple) -> bool:
        """Say whether a statement is well formed and states a fact; report it where not."""
        s, p, o = triple
        before = len(self.found)
        for node in (s, o):
            if isinstance(node, BNode):
                self._report("blankNode", s, p, node)
        for node in triple:
            if isinstance(node, URIRef) and not _IRI.fullmatch(node):
                self._report("malformedIri", s, p, node)
        if isinstance(o, Literal) and not _well_formed(o):
            self._report("lexicalForm", s, p, o)
        if (p not in _ANNOTATIONS and str(p).startswith(_SCHEMA)) or (p == RDF.type and str(o).startswith(_SCHEMA)):
            self._report("schemaStatement", s, p, o)
        return len(self.found) == before

    def look(self, stated: Iterable[Triple], data: _Union, met: set[Node]) -> None:
        """Look at the names in a candidate; ``met`` are the nodes that some shape applies to."""
        by_subject: defaultdict[Node, set[Node]] = defaultdict(set)
        for s, p, o in stated:
            by_subject[s].add(p)
            if p == RDF.type and str(o).startswith(EV) and o not in self._vocabulary.classes:
                self._report("unknownClass", s, p, o)
        for s, predicates in by_subject.items():
            types = self._vocabulary.types(data.objects(s, RDF.type))
            if s not in met and not isinstance(s, BNode):
                self._report("noShape", s, RDF.type, None)
            for c in self._vocabulary.contradiction(types)[1:]:
                self._report("incompatibleClasses", s, RDF.type, c)
            for p in predicates:
                if not str(p).startswith(EV):
                    continue
                if p not in self._vocabulary.properties:
                    self._report("unknownProperty", s, p, None)
                elif types and not types & self._vocabulary.domains.get(p, types):
                    self._report("propertyOfAnotherClass", s, p, None)


class _Union(Graph):
    """A candidate and its context as one graph, without copying; only the vocabulary says what is a subclass."""

    def __init__(self, candidate: Graph, context: Graph, hierarchy: Graph) -> None:
        super().__init__(bind_namespaces="none")
        self._candidate, self._context, self._hierarchy = candidate, context, hierarchy

    def triples(self, triple: Any) -> Any:
        """Yield matching statements of both parts, each once."""
        s, p, o = triple
        if isinstance(p, PropertyPath):
            for start, end in p.eval(self, s, o):
                yield start, p, end
            return
        if p == RDFS.subClassOf:
            yield from self._hierarchy.triples(triple)
            return
        yield from self._candidate.triples(triple)
        if self._context:
            for found in self._context.triples(triple):
                if found not in self._candidate:
                    yield found

    def __contains__(self, triple: Any) -> bool:
        return next(self.triples(triple), None) is not None

    def __len__(self) -> int:
        return len(self._candidate) + len(self._context)

    def query(self, query_object: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a query; its text is parsed once in a process."""
        return super().query(_prepared(query_object), *args, **kwargs)


@lru_cache(maxsize=256)
def _prepared(text: str) -> Query:
    return prepareQuery(text)


def _graph(statements: Statements) -> Graph:
    if isinstance(statements, Graph):
        return statements
    made = Graph(bind_namespaces="none")
    for triple in _triples(statements):
        made.add(triple)
    return made


def _triples(statements: Statements) -> list[Triple]:
    return [t if isinstance(t, tuple) else (_term(t.subject), _term(t.predicate), _term(t.object)) for t in statements]


def _term(term: Any) -> Node:
    """Return a term of pyoxigraph as one of rdflib."""
    match term:
        case ox.NamedNode():
            return URIRef(term.value)
        case ox.BlankNode():
            return BNode(term.value)
        case ox.Literal(language=str(language)):
            return Literal(term.value, lang=language)
        case ox.Literal():
            datatype = URIRef(term.datatype.value)
            if datatype in _MARKUP:
                datatype = URIRef(f"urn:unread:{datatype}")
            return Literal(term.value, datatype=None if datatype == XSD.string else datatype, normalize=False)
    raise InputRefused(f"{term} is no IRI, blank node or literal; state facts about things, not about statements")


def _well_formed(literal: Literal) -> bool:
    if literal.language is not None:
        return bool(_LEXICAL[XSD.string].fullmatch(literal))
    pattern = _LEXICAL.get(literal.datatype or XSD.string)
    return pattern is not None and pattern.fullmatch(literal) is not None and not literal.ill_typed


def _blanked(node: Node) -> Node | None:
    return None if isinstance(node, URIRef) and node.startswith(_SKOLEM) else node


def _present(nodes: Iterable[Node | None]) -> frozenset[Node]:
    return frozenset(node for node in nodes if node is not None)


def _name(node: Node) -> str:
    return f"_:{node}" if isinstance(node, BNode) else str(node)


def _named(name: str) -> Node:
    return BNode(name[2:]) if name.startswith("_:") else URIRef(name)


def _order(found: Finding) -> tuple[int, str, str, str, str]:
    return _RANK[found.severity], found.focus, found.shape, found.path or "", repr(found.value)


def _copied(graph: Graph) -> Graph:
    """Return a copy; pySHACL adds statements of its own to a graph of shapes."""
    made = Graph()
    for triple in graph:
        made.add(triple)
    return made


def _copy(source: Graph, node: Node, to: Graph, name: str) -> Node:
    """Copy what a blank node says, such as a path, and the blank nodes that it leads to, under new names."""
    if not isinstance(node, BNode):
        return node
    made = BNode(name)
    for number, (p, o) in enumerate(sorted(source.predicate_objects(node), key=str)):
        to.add((made, p, _copy(source, o, to, f"{name}{number}")))
    return made
