"""A first look at what the rules apply to: what plainly keeps a rule need not be shown to pySHACL, which is thorough.

Each constraint becomes a function that says yes, no, or that it cannot tell; all but a plain yes is doubtful, so that a
constraint that is not known here costs time and no verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from rdflib import Graph, Literal
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from kg.shapes import constraints
from kg.shapes.constraints import Verdict, every
from kg.shapes.terms import one
from kg.shapes.union import Union
from kg.shapes.vocabulary import Vocabulary

_Check = Callable[[Union, Node], Verdict]
_Constraint = Callable[[Union, Node, Sequence[Node]], Verdict]
_SAYS_NOTHING: Final = frozenset(
    {SH.path, SH.message, SH.name, SH.description, SH.severity, SH.targetClass, SH.targetSubjectsOf, SH.prefixes}
    | {SH.deactivated, SH.order, SH.group, SH.flags, RDF.type, RDFS.seeAlso, RDFS.label, RDFS.comment, RDFS.isDefinedBy}
    | {SH.qualifiedMinCount, SH.qualifiedMaxCount, SH.sparql}
)
"""What stands on a shape and restricts nothing, or is read together with another property."""

_JOINED: Final[Mapping[Node, Callable[[Iterable[Verdict]], Verdict]]] = {
    SH["or"]: constraints.some,
    SH["and"]: every,
    SH.xone: constraints.exactly_one,
}


class Screen:
    """The rules of one graph of shapes as functions."""

    def __init__(self, shapes: Graph, vocabulary: Vocabulary) -> None:
        self._shapes, self._vocabulary = shapes, vocabulary
        self._checks: dict[Node, _Check] = {}
        self._queries: dict[Node, list[str | None]] = {}

    def doubtful(self, shape: Node, focus: Iterable[Node], data: Union) -> list[Node]:
        """Return the nodes that do not plainly conform to a shape."""
        check = self._check(shape)
        left = list(focus)
        found = {node for node in left if check(data, node) is not True}
        if shape not in self._queries:
            self._queries[shape] = self._selects(shape)
        for select in self._queries[shape]:
            found |= data.having_solutions(select, left) if select else set(left)
        return [node for node in left if node in found]

    def _check(self, shape: Node) -> _Check:
        if shape not in self._checks:
            self._checks[shape] = lambda _data, _node: None  # a shape that leads back to itself is not looked into
            self._checks[shape] = self._made(shape)
        return self._checks[shape]

    def _made(self, shape: Node) -> _Check:
        if self._shapes.value(shape, SH.deactivated) == Literal(True):
            return lambda _data, _node: True
        path = self._shapes.value(shape, SH.path)
        values = constraints.values_along(self._shapes, path) if path is not None else _itself
        if values is None:
            return lambda _data, _node: None
        found = [
            self._constraint(shape, parameter, value)
            for parameter, value in self._shapes.predicate_objects(shape)
            if parameter not in _SAYS_NOTHING
        ]

        def check(data: Union, node: Node) -> Verdict:
            given = values(data, node)
            return every(constraint(data, node, given) for constraint in found)

        return check

    def _constraint(self, shape: Node, parameter: Node, value: Node) -> _Constraint:
        value = one(value)
        simple = constraints.SIMPLE.get(parameter)
        if simple is not None and (parameter != SH.pattern or (shape, SH.flags, None) not in self._shapes):
            return simple(value)
        if parameter == SH["class"]:
            return constraints.of_class(self._vocabulary.below(value))
        if parameter == SH["in"]:
            return constraints.among(frozenset(self._shapes.items(value)))
        if parameter in (SH.property, SH.node):
            inner = self._check(value)
            return lambda data, _node, given: every(inner(data, v) for v in given)
        if parameter == SH["not"]:
            denied = self._check(value)
            return lambda data, _node, given: every(constraints.inverted(denied(data, v)) for v in given)
        if parameter in _JOINED:
            join = _JOINED[parameter]
            parts = [self._check(part) for part in self._shapes.items(value)]
            return lambda data, _node, given: every(join(part(data, v) for part in parts) for v in given)
        if parameter == SH.qualifiedValueShape:
            return self._qualified(shape, value)
        return lambda _data, _node, _given: None

    def _qualified(self, shape: Node, value: Node) -> _Constraint:
        least, most = (self._shapes.value(shape, p) for p in (SH.qualifiedMinCount, SH.qualifiedMaxCount))
        inner = self._check(value)

        def check(data: Union, _node: Node, given: Sequence[Node]) -> Verdict:
            verdicts = [inner(data, v) for v in given]
            sure, open_ = verdicts.count(True), verdicts.count(None)
            low = 0 if least is None else int(least)  # type: ignore[call-overload]
            high = len(given) if most is None else int(most)  # type: ignore[call-overload]
            return True if low <= sure and sure + open_ <= high else None

        return check

    def _selects(self, shape: Node) -> list[str | None]:
        """Return the queries of the SPARQL constraints of a shape; nothing in the place of one of another kind."""
        made: list[str | None] = []
        for rule in self._shapes.objects(shape, SH.sparql):
            if self._shapes.value(rule, SH.deactivated) == Literal(True):
                continue
            select = self._shapes.value(rule, SH.select)
            made.append(None if select is None else f"{self._prefixes(rule)}{select}")
        return made

    def _prefixes(self, rule: Node) -> str:
        declared = (d for o in self._shapes.objects(rule, SH.prefixes) for d in self._shapes.objects(o, SH.declare))
        return "".join(
            f"PREFIX {self._shapes.value(d, SH.prefix)}: <{self._shapes.value(d, SH.namespace)}>\n" for d in declared
        )


def _itself(_data: Union, node: Node) -> Sequence[Node]:
    """Return what a node shape is about: the node itself."""
    return [node]
