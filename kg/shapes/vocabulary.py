"""What the vocabulary declares, as the rules about names need it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rdflib import BNode, Graph, URIRef
from rdflib.namespace import OWL, RDF, RDFS
from rdflib.term import Node

from kg.iris import BASE
from kg.shapes.terms import Triple, one, present

_SKOLEM = f"{BASE}ontology/evidence/node/"
"""What the IRIs begin with that intake gives to the blank nodes of the vocabulary."""


class Vocabulary:
    """What ``evidence.ttl`` declares, as the rules about names need it; the others are for what goes out alone."""

    def __init__(self, declared: Graph, *others: Graph) -> None:
        every = (triple for graph in (declared, *others) for triple in graph)
        self._said = {tuple(None if isinstance(t, BNode) else t for t in triple) for triple in every}
        self._subjects = {s for s, _, _ in self._said}
        kinds = (OWL.ObjectProperty, OWL.DatatypeProperty, RDF.Property)
        self.properties = {one(p) for kind in kinds for p in declared.subjects(RDF.type, kind)}
        self.classes = {one(c) for c in declared.subjects(RDF.type, OWL.Class) if isinstance(c, URIRef)}
        self.hierarchy = Graph()
        for s, p, o in declared.triples((None, RDFS.subClassOf, None)):
            self.hierarchy.add((s, p, o))
        self.domains: dict[Node, frozenset[Node]] = {}
        for p, c in declared.subject_objects(RDFS.domain):
            union = next(declared.objects(c, OWL.unionOf), None)
            self.domains[one(p)] = frozenset(map(one, {c} if union is None else present(declared.items(union))))
        self._exclusive = [present(declared.items(members)) for members in declared.objects(None, OWL.members)]
        self._exclusive += [frozenset(pair) for pair in declared.subject_objects(OWL.disjointWith)]

    def speaks_of(self, things: Iterable[Node]) -> set[Node]:
        """Return the things that the vocabulary states something of, whatever IRIs its blank nodes were given."""
        return {thing for thing in things if _blanked(thing) in self._subjects}

    def says(self, triple: Triple) -> bool:
        """Say whether a statement is one of the vocabulary itself, whatever IRIs its blank nodes were given."""
        s, p, o = triple
        return (_blanked(s), p, _blanked(o)) in self._said

    @lru_cache(maxsize=256)  # noqa: B019  (one vocabulary a process)
    def above(self, c: Node) -> frozenset[Node]:
        """Return a class and all its superclasses."""
        return frozenset(map(one, present(self.hierarchy.transitive_objects(c, RDFS.subClassOf))))

    def below(self, c: Node) -> frozenset[Node]:
        """Return a class and all its subclasses."""
        return frozenset(map(one, present(self.hierarchy.transitive_subjects(RDFS.subClassOf, c))))

    def types(self, stated: Iterable[Node]) -> frozenset[Node]:
        """Return classes with all their superclasses."""
        return self._types(frozenset(stated))

    @lru_cache(maxsize=1024)  # noqa: B019  (as above)
    def _types(self, stated: frozenset[Node]) -> frozenset[Node]:
        return frozenset().union(*map(self.above, stated))

    @lru_cache(maxsize=1024)  # noqa: B019  (as above)
    def contradiction(self, types: frozenset[Node]) -> tuple[Node, ...]:
        """Return classes of a thing that exclude each other."""
        for group in self._exclusive:
            if len(both := group & types) > 1:
                return tuple(sorted(both, key=str))
        return ()


def _blanked(node: Node) -> Node | None:
    return None if isinstance(node, URIRef) and node.startswith(_SKOLEM) else node
