"""A candidate and its context as one graph, indexed once; Oxigraph tells where the queries of rules need a closer look.

Oxigraph is a thousand times as fast as rdflib, but its decimals have 18 digits behind the point and no value beyond, so
that a rule that multiplies them may fall silent. It is given doubles, and what it finds rdflib looks at in decimals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final

import pyoxigraph as ox
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import XSD
from rdflib.paths import Path as PropertyPath
from rdflib.term import Node

from kg.shapes.needs import needs
from kg.shapes.prepared import prepared
from kg.shapes.terms import SUBCLASS, Triple

_OF_THE_VOCABULARY: Final = frozenset({SUBCLASS})  # a set compares hashes first, which is much faster
_DOUBLE: Final = ox.NamedNode(str(XSD.double))


class Union(Graph):
    """A candidate and its context, which have no statement in common; only the vocabulary says what is a subclass."""

    def __init__(self, candidate: Iterable[Triple], context: Iterable[Triple], hierarchy: Graph) -> None:
        super().__init__(bind_namespaces="none")
        self._hierarchy = hierarchy
        self.out: defaultdict[Node, defaultdict[Node, list[Node]]] = defaultdict(lambda: defaultdict(list))
        self._all = [t for part in (candidate, context) for t in part if t[1] not in _OF_THE_VOCABULARY]
        self.saying: defaultdict[Node, set[Node]] = defaultdict(set)
        self.verdicts: dict[tuple[int, ...], bool | None] = {}
        for s, p, o in self._all:
            self.out[s][p].append(o)
            self.saying[p].add(s)

    @cached_property
    def into(self) -> dict[Node, defaultdict[Node, list[Node]]]:
        """Subjects by object and property."""
        made: defaultdict[Node, defaultdict[Node, list[Node]]] = defaultdict(lambda: defaultdict(list))
        for s, p, o in self._all:
            made[o][p].append(s)
        return made

    def values(self, s: Node, p: Node) -> list[Node]:
        """Return the objects of a subject and a property."""
        said = self.out.get(s)
        return said.get(p, []) if said else []

    def subjects_of(self, o: Node, p: Node) -> list[Node]:
        """Return the subjects of an object and a property."""
        said = self.into.get(o)
        return said.get(p, []) if said else []

    def triples(self, triple: Any) -> Any:
        """Yield matching statements, each once."""
        s, p, o = triple
        if isinstance(p, PropertyPath):
            for start, end in p.eval(self, s, o):
                yield start, p, end
        elif p == SUBCLASS:
            yield from self._hierarchy.triples(triple)
        elif s is not None:
            for path in [p] if p is not None else list(self.out.get(s, ())):
                for value in self.values(s, path):
                    if o is None or o == value:
                        yield s, path, value
        elif o is not None:
            for path in [p] if p is not None else list(self.into.get(o, ())):
                for subject in self.subjects_of(o, path):
                    yield subject, path, o
        else:
            yield from (t for t in self._all if p is None or t[1] == p)

    def __contains__(self, triple: Any) -> bool:
        return next(self.triples(triple), None) is not None

    def __len__(self) -> int:
        return len(self._all)

    def query(self, query_object: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a query of a rule about one thing, which ``initBindings`` names."""
        bound = kwargs.get("initBindings") or (args[3] if len(args) > 3 else {}) or {}
        this = bound.get("this")
        text = str(query_object)
        if set(bound) != {"this"} or not isinstance(this, URIRef):
            return super().query(prepared(text), *args, **kwargs)
        values = [row["value"] if "value" in names else None for names, row in self._solutions(text, this)]
        if not values:
            return _Solutions([])
        named = {value.value for value in values if isinstance(value, ox.NamedNode)}
        narrowed: list[dict[str, Any]] = [{"this": this, "value": URIRef(value)} for value in sorted(named)]
        if not all(isinstance(value, ox.NamedNode) for value in values):
            narrowed = [{"this": this}]
        found = [super(Union, self).query(prepared(text), initBindings=given) for given in narrowed]
        return _Solutions([row for result in found for row in result])

    def having_solutions(self, select: str, focus: Iterable[Node]) -> set[Node]:
        """Return those of some things for which a query of a rule has a solution, or may have one."""
        needed, of_this = needs(select)
        if not all(map(self.saying.get, needed)):
            return set()
        given = {node for node in focus if all(node in self.saying[p] for p in of_this)}
        if not all(isinstance(node, URIRef) for node in given):
            return given
        found: set[Node] = set()
        for _, row in self._solutions(select) if given else ():  # of all at once: with VALUES, groups run many times
            assert isinstance(row["this"], ox.NamedNode), "a rule says what it is about"
            found.add(URIRef(row["this"].value))
        return found & given

    def _solutions(self, select: str, this: Node | None = None) -> Iterator[tuple[set[str], ox.QuerySolution]]:
        """Yield solutions, of one thing or of all, each with the names of the variables."""
        head, where, body = select.partition("WHERE {")
        assert where, "a rule is a SELECT query with WHERE"
        values = f" VALUES $this {{ <{this}> }}" if this is not None else ""
        found = self._engine.query(f"{head}WHERE {{{values} {body}")
        assert isinstance(found, ox.QuerySolutions), "a rule is a SELECT query"
        names = {variable.value for variable in found.variables}
        return ((names, row) for row in found)

    @cached_property
    def _engine(self) -> ox.Store:
        store = ox.Store()
        known: dict[int, Any] = {}  # by identity: the terms live as long as this graph, and rdflib compares slowly

        def plain(node: Node) -> Any:
            made = known.get(id(node))
            if made is None:
                made = known[id(node)] = _outside(node)
            return made

        hierarchy = list(self._hierarchy)
        store.extend(ox.Quad(plain(s), plain(p), plain(o)) for part in (self._all, hierarchy) for s, p, o in part)
        return store


class _Solutions:
    """The solutions of a query as pySHACL asks for them."""

    def __init__(self, bindings: list[Any]) -> None:
        self.bindings = bindings

    def __iter__(self) -> Iterator[Any]:
        return iter(self.bindings)

    def __bool__(self) -> bool:
        return bool(self.bindings)


def _outside(node: Node) -> Any:
    match node:
        case Literal(language=str(language)):
            return ox.Literal(str(node), language=language)
        case Literal():
            datatype = node.datatype
            if datatype == XSD.decimal:
                return ox.Literal(str(node), datatype=_DOUBLE)
            return ox.Literal(str(node), datatype=ox.NamedNode(str(datatype))) if datatype else ox.Literal(str(node))
        case BNode():
            return ox.BlankNode(str(node))
    return ox.NamedNode(str(node))
