"""A first look at what the rules apply to: what plainly keeps a rule need not be shown to pySHACL, which is thorough.

Each constraint becomes a function that says yes, no, or that it cannot tell; all but a plain yes is doubtful, so that a
constraint that is not known here costs time and no verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SH
from rdflib.term import Node

from kg.shapes import constraints
from kg.shapes.constraints import Verdict, every
from kg.shapes.terms import one
from kg.shapes.union import Union
from kg.shapes.vocabulary import Vocabulary

_Values = Callable[[Union, Node], Sequence[Node]]
_Constraint = Callable[[Union, Node, Sequence[Node]], Verdict]
_SAYS_NOTHING: Final = frozenset(
    {SH.path, SH.message, SH.name, SH.description, SH.severity, SH.targetClass, SH.targetSubjectsOf, SH.prefixes}
    | {SH.deactivated, SH.order, SH.group, SH.flags, RDF.type, RDFS.seeAlso, RDFS.label, RDFS.comment, RDFS.isDefinedBy}
    | {SH.qualifiedMinCount, SH.qualifiedMaxCount, SH.sparql}
)
"""What stands on a shape and restricts nothing, or is read together with another property."""

_OF_THE_NODE: Final = frozenset({SH.lessThan, SH.lessThanOrEquals, SH.equals, SH.disjoint})
"""What compares the values with others of the same node; all else depends on the values, and on what is around them."""

_JOINED: Final[Mapping[Node, Callable[[Iterable[Verdict]], Verdict]]] = {
    SH["or"]: constraints.some,
    SH["and"]: every,
    SH.xone: constraints.exactly_one,
}


_UNSEEN: Final = object()


class _Check:
    """One shape as a function; among the same statements, the same values are looked at once."""

    def __init__(
        self, property: Node | None, values: _Values, constraints: Sequence[_Constraint], *, own: bool
    ) -> None:
        self.property = property
        """The property that the values are read from, where it is one."""
        self._values, self._constraints, self._own = values, constraints, own

    def __call__(self, data: Union, node: Node) -> Verdict:
        given = self._values(data, node)
        return self._looked(data, node, given) if self._own else self._known(data, node, given)

    def doubtful(self, data: Union, focus: Sequence[Node]) -> set[Node]:
        """Return the nodes that do not plainly conform."""
        if self.property is not None and focus and self._looked(data, focus[0], ()) is True:
            saying = data.saying.get(self.property)
            focus = [node for node in focus if node in saying] if saying else ()
        return {node for node in focus if self(data, node) is not True}

    def _known(self, data: Union, node: Node, given: Sequence[Node]) -> Verdict:
        key = (id(self), *map(id, given))
        verdict = data.verdicts.get(key, _UNSEEN)
        if verdict is _UNSEEN:
            verdict = data.verdicts[key] = self._looked(data, node, given)
        return verdict  # type: ignore[return-value]

    def _looked(self, data: Union, node: Node, given: Sequence[Node]) -> Verdict:
        return every(constraint(data, node, given) for constraint in self._constraints)


class Screen:
    """The rules of one graph of shapes as functions."""

    def __init__(self, shapes: Graph, vocabulary: Vocabulary) -> None:
        self._shapes, self._vocabulary = shapes, vocabulary
        self._checks: dict[Node, _Check] = {}
        self._queries: dict[Node, list[str | None]] = {}

    def doubtful(self, shape: Node, focus: Iterable[Node], data: Union) -> list[Node]:
        """Return the nodes that do not plainly conform to a shape."""
        left = list(focus)
        found = self._check(shape).doubtful(data, left)
        if shape not in self._queries:
            self._queries[shape] = self._selects(shape)
        for select in self._queries[shape]:
            found |= data.having_solutions(select, left) if select else set(left)
        return [node for node in left if node in found] if found else []

    def _check(self, shape: Node) -> _Check:
        if shape not in self._checks:
            # a shape that leads back to itself is not looked into
            self._checks[shape] = _Check(None, _itself, [_untold], own=True)
            self._checks[shape] = self._made(shape)
        return self._checks[shape]

    def _made(self, shape: Node) -> _Check:
        if self._shapes.value(shape, SH.deactivated) == Literal(True):
            return _Check(None, _itself, [], own=True)
        path = self._shapes.value(shape, SH.path)
        values = constraints.values_along(self._shapes, path) if path is not None else _itself
        if values is None:
            return _Check(None, _itself, [_untold], own=True)
        told = [(p, value) for p, value in self._shapes.predicate_objects(shape) if p not in _SAYS_NOTHING]
        return _Check(
            one(path) if isinstance(path, URIRef) else None,
            values,
            [self._constraint(shape, parameter, value) for parameter, value in told],
            own=path is None or any(parameter in _OF_THE_NODE for parameter, _ in told),
        )

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
        return _untold

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


def _untold(_data: Union, _node: Node, _given: Sequence[Node]) -> Verdict:
    """Say nothing: the constraint is not known here."""
    return None


def _itself(_data: Union, node: Node) -> Sequence[Node]:
    """Return what a node shape is about: the node itself."""
    return [node]
