"""Constraints of the SHACL recommendation as functions that say yes, no, or that they cannot tell."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, SH, XSD
from rdflib.term import BNode, Node

from kg.shapes.terms import TYPE, one
from kg.shapes.union import Union

Verdict = bool | None
_Constraint = Callable[[Union, Node, Sequence[Node]], Verdict]
_NUMBERS: Final = frozenset({XSD.integer, XSD.decimal})
_TEXTS: Final = frozenset({None, XSD.string, RDF.langString})


def every(verdicts: Iterable[Verdict]) -> Verdict:
    """Return no where one says no, yes where all say yes."""
    sure = True
    for verdict in verdicts:
        if verdict is False:
            return False
        sure = sure and verdict is True
    return True if sure else None


def some(verdicts: Iterable[Verdict]) -> Verdict:
    """Return yes where one says yes, no where all say no."""
    sure = True
    for verdict in verdicts:
        if verdict is True:
            return True
        sure = sure and verdict is False
    return False if sure else None


def exactly_one(verdicts: Iterable[Verdict]) -> Verdict:
    """Return yes where exactly one says yes and the others no."""
    found = list(verdicts)
    return None if None in found else found.count(True) == 1


def inverted(verdict: Verdict) -> Verdict:
    """Return the opposite."""
    return None if verdict is None else not verdict


def values_along(shapes: Graph, path: Node) -> Callable[[Union, Node], Sequence[Node]] | None:
    """Return what follows a path from a node: a property, its inverse, several of these beside or behind each other.

    Nothing for any other path.
    """
    if isinstance(path, URIRef):
        name = one(path)
        return lambda data, node: data.values(node, name)
    inner = shapes.value(path, SH.inversePath)
    if isinstance(inner, URIRef):
        inverse = one(inner)
        return lambda data, node: data.subjects_of(node, inverse)
    several = shapes.value(path, SH.alternativePath)
    listed = several if several is not None else path
    ways = [values_along(shapes, way) for way in shapes.items(listed)]
    known = [way for way in ways if way is not None]
    if not known or len(known) != len(ways):
        return None
    if several is not None:
        return lambda data, node: list(dict.fromkeys(v for way in known for v in way(data, node)))

    def along(data: Union, node: Node) -> Sequence[Node]:
        reached: Sequence[Node] = [node]
        for way in known:
            reached = list(dict.fromkeys(v for at in reached for v in way(data, at)))
        return reached

    return along


def of_class(classes: Collection[Node]) -> _Constraint:
    """Require things of a class, its subclasses given."""
    return lambda data, _node, given: all(
        not isinstance(v, Literal) and any(t in classes for t in data.values(v, TYPE)) for v in given
    )


def among(known: Collection[Node]) -> _Constraint:
    """Require values of a list."""
    names = frozenset(map(one, known))
    return lambda _data, _node, given: all(v in names for v in given)


def _min_count(value: Any) -> _Constraint:
    least = int(value)
    return lambda _data, _node, given: len(given) >= least


def _max_count(value: Any) -> _Constraint:
    most = int(value)
    return lambda _data, _node, given: len(given) <= most


def _datatype(value: Any) -> _Constraint:
    def of_type(v: Node) -> Verdict:
        if not isinstance(v, Literal):
            return False
        if v.language is not None:
            return bool(value == RDF.langString)
        if (v.datatype or XSD.string) != value:
            return False
        return None if v.ill_typed or (v.value is None and value != XSD.anyURI) else True

    return lambda _data, _node, given: every(map(of_type, given))


def _node_kind(value: Any) -> _Constraint:
    kinds = {SH.IRI: URIRef, SH.Literal: Literal, SH.BlankNode: BNode}
    kind = kinds.get(value)
    return lambda _data, _node, given: None if kind is None else all(isinstance(v, kind) for v in given)


def _has_value(value: Any) -> _Constraint:
    return lambda _data, _node, given: value in given


def _text(v: Node) -> str | None:
    if isinstance(v, URIRef):
        return str(v)
    return str(v) if isinstance(v, Literal) and v.datatype in _TEXTS else None


def _pattern(value: Any) -> _Constraint:
    matcher = re.compile(str(value))

    def fits(v: Node) -> Verdict:
        text = _text(v)
        return None if text is None else matcher.search(text) is not None

    return lambda _data, _node, given: every(map(fits, given))


def _length(compare: Callable[[int, int], bool]) -> Callable[[Any], _Constraint]:
    def constraint(value: Any) -> _Constraint:
        limit = int(value)

        def fits(v: Node) -> Verdict:
            text = _text(v)
            return None if text is None else compare(len(text), limit)

        return lambda _data, _node, given: every(map(fits, given))

    return constraint


def _compared(one_value: Node, other: Node, compare: Callable[[Any, Any], bool]) -> Verdict:
    """Compare two numbers; of anything else nothing is said."""
    for v in (one_value, other):
        if not isinstance(v, Literal) or v.datatype not in _NUMBERS or v.value is None:
            return None
    return compare(one_value.value, other.value)  # type: ignore[attr-defined]


def _bound(compare: Callable[[Any, Any], bool]) -> Callable[[Any], _Constraint]:
    return lambda value: lambda _data, _node, given: every(_compared(v, value, compare) for v in given)


def _pair(compare: Callable[[Any, Any], bool]) -> Callable[[Any], _Constraint]:
    return lambda value: (
        lambda data, node, given: every(
            _compared(v, other, compare) for v in given for other in data.values(node, value)
        )
    )


def _equals(value: Any) -> _Constraint:
    return lambda data, node, given: set(given) == set(data.values(node, value))


def _disjoint(value: Any) -> _Constraint:
    return lambda data, node, given: set(given).isdisjoint(data.values(node, value))


def _unique_lang(value: Any) -> _Constraint:
    def check(_data: Union, _node: Node, given: Sequence[Node]) -> Verdict:
        tags = [v.language.lower() for v in given if isinstance(v, Literal) and v.language]
        return len(tags) == len(set(tags))

    return check if value == Literal(True) else lambda _data, _node, _given: None


SIMPLE: Final[Mapping[Node, Callable[[Any], _Constraint]]] = {
    SH.minCount: _min_count,
    SH.maxCount: _max_count,
    SH.datatype: _datatype,
    SH.nodeKind: _node_kind,
    SH.hasValue: _has_value,
    SH.pattern: _pattern,
    SH.minLength: _length(operator.ge),
    SH.maxLength: _length(operator.le),
    SH.minInclusive: _bound(operator.ge),
    SH.maxInclusive: _bound(operator.le),
    SH.minExclusive: _bound(operator.gt),
    SH.maxExclusive: _bound(operator.lt),
    SH.lessThan: _pair(operator.lt),
    SH.lessThanOrEquals: _pair(operator.le),
    SH.equals: _equals,
    SH.disjoint: _disjoint,
    SH.uniqueLang: _unique_lang,
}
"""Constraints that need nothing but their value."""
