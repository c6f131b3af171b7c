"""The rules about names, types and forms, which hold for every statement; see ``shapes/graph.ttl``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rdflib import BNode, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, SKOS
from rdflib.term import Node

from kg.iris import EV
from kg.lookalikes import TERMS, hidden, mixed, skeletons
from kg.shapes.report import Finding
from kg.shapes.terms import IRI, TYPE, Triple, name, one, well_formed
from kg.shapes.union import Union
from kg.shapes.vocabulary import Vocabulary

_LABELS = tuple(map(one, (RDFS.label, SKOS.prefLabel, SKOS.altLabel)))
_IS_LABEL = frozenset(_LABELS)
_TYPES = frozenset({TYPE})
_SCHEMA = (str(RDFS), str(OWL), str(SH), str(RDF))
_ANNOTATIONS = frozenset(map(one, (RDF.type, RDFS.label, RDFS.comment, RDFS.seeAlso)))


class Names:
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
        "hiddenCharacter": SH.PatternConstraintComponent,
        "mixedScripts": SH.PatternConstraintComponent,
        "lookAlike": SH.NotConstraintComponent,
    }
    _DOUBTFUL = frozenset({"mixedScripts"})

    def __init__(self, vocabulary: Vocabulary, messages: Mapping[str, str]) -> None:
        self._vocabulary, self._messages = vocabulary, messages
        self.found: list[Finding] = []
        self._fitting: set[URIRef] = set()
        self._fine: set[int] = set()
        self._plain: set[int] = set()
        """Terms, and properties of facts, that nothing is wrong with; by identity, since they outlive this object."""

    def _report(self, rule: str, focus: Node, path: Node | None, value: Node | None) -> None:
        shape = f"{EV}GraphShape-{rule}"
        component = str(self._COMPONENTS[rule])
        found = Finding(
            "warning" if rule in self._DOUBTFUL else "violation",
            name(focus),
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
        if id(p) in self._plain and id(s) in self._fine and id(o) in self._fine:
            return True
        before = len(self.found)
        for node in (s, o):
            if isinstance(node, BNode):
                self._report("blankNode", s, p, node)
        for node in triple:
            if isinstance(node, URIRef) and not self._fits(node):
                self._report("malformedIri", s, p, node)
        if isinstance(o, Literal) and not well_formed(o):
            self._report("lexicalForm", s, p, o)
        if (p not in _ANNOTATIONS and str(p).startswith(_SCHEMA)) or (p == TYPE and str(o).startswith(_SCHEMA)):
            self._report("schemaStatement", s, p, o)
        sound = len(self.found) == before
        if sound:
            self._fine.update((id(s), id(o)))
            if p not in _ANNOTATIONS and p not in _IS_LABEL:
                self._plain.add(id(p))
        if p in _IS_LABEL and isinstance(o, Literal):
            if hidden(o):
                self._report("hiddenCharacter", s, p, o)
            elif mixed(o):
                self._report("mixedScripts", s, p, o)
        return sound

    def _fits(self, iri: URIRef) -> bool:
        if iri not in self._fitting:
            if not IRI.fullmatch(iri):
                return False
            self._fitting.add(iri)
        return True

    def alike(self, stated: Iterable[Triple], data: Union) -> None:
        """Look for labels of terms that are drawn as those of other terms; only other letters than ASCII can be."""
        drawn: defaultdict[str, set[tuple[Node, str]]] | None = None
        for s, p, o in stated:
            if p not in _IS_LABEL or o.isascii() or not self._is_term(s, data):  # type: ignore[attr-defined]
                continue
            if drawn is None:
                drawn = defaultdict(set)
                for other, label in (pair for known in _LABELS for pair in data.subject_objects(known)):
                    for form in skeletons(str(label)):
                        drawn[form].add((other, str(label)))
            near = {pair for form in skeletons(str(o)) for pair in drawn[form]}
            if any(other != s and label.casefold() != o.casefold() for other, label in near):  # type: ignore[attr-defined]
                self._report("lookAlike", s, p, o)

    def _is_term(self, thing: Node, data: Union) -> bool:
        types = set(data.values(thing, TYPE))
        return URIRef(EV + "ProvisionalTerm") not in types and any(URIRef(EV + name) in types for name in TERMS)

    def look(self, stated: Iterable[Triple], data: Union, met: set[Node]) -> None:
        """Look at the names in a candidate; ``met`` are the nodes that some shape applies to."""
        by_subject: defaultdict[Node, set[Node]] = defaultdict(set)
        for s, p, o in stated:
            by_subject[s].add(p)
            if p in _TYPES and str(o).startswith(EV) and o not in self._vocabulary.classes:
                self._report("unknownClass", s, p, o)
        for s, predicates in by_subject.items():
            types = self._vocabulary.types(data.values(s, TYPE))
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
