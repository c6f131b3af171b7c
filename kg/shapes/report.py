"""What the gate found, and the same as a report of the SHACL recommendation."""

from __future__ import annotations

from dataclasses import dataclass, field

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF, SH, XSD
from rdflib.term import Node

from kg.iris import EV

SEVERITY = {SH.Violation: "violation", SH.Warning: "warning", SH.Info: "info"}
_RANK = {"violation": 0, "warning": 1, "info": 2}


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
        severities = {name: iri for iri, name in SEVERITY.items()}
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


def order(found: Finding) -> tuple[int, str, str, str, str, str]:
    """Return what findings are sorted by: the worst first."""
    return _RANK[found.severity], found.focus, found.shape, found.path or "", repr(found.value), found.component


def _named(name: str) -> Node:
    return BNode(name[2:]) if name.startswith("_:") else URIRef(name)


def _copy(source: Graph, node: Node, to: Graph, name: str) -> Node:
    """Copy what a blank node says, such as a path, and the blank nodes that it leads to, under new names."""
    if not isinstance(node, BNode):
        return node
    made = BNode(name)
    for number, (p, o) in enumerate(sorted(source.predicate_objects(node), key=str)):
        to.add((made, p, _copy(source, o, to, f"{name}{number}")))
    return made
