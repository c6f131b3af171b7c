"""What a query of a rule cannot do without: where no statement has such a property, it has no solution."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from rdflib import URIRef, Variable
from rdflib.term import Node

from kg.shapes.prepared import prepared
from kg.shapes.terms import SUBCLASS, one

_THIS: Final = Variable("this")
_TRANSPARENT: Final = frozenset({"SelectQuery", "Project", "Distinct", "Reduced", "Extend", "Filter", "OrderBy"})
_LEFT: Final = frozenset({"LeftJoin", "Minus"})


@lru_cache(maxsize=256)
def needs(select: str) -> tuple[frozenset[Node], frozenset[Node]]:
    """Return the properties without which a query has no solution, and those that ``$this`` itself must have."""
    patterns = [(s, one(p)) for s, p in _patterns(prepared(select).algebra) if p != SUBCLASS]
    return frozenset(p for _, p in patterns), frozenset(p for s, p in patterns if s == _THIS)


def _patterns(part: Any) -> list[tuple[Any, URIRef]]:
    """Return subject and property of the patterns that every solution fits."""
    if part.name == "BGP":
        return [(s, p) for s, p, _ in part.triples if isinstance(p, URIRef)]
    if part.name in _TRANSPARENT or part.name in _LEFT:
        return _patterns(part.p if part.name in _TRANSPARENT else part.p1)
    return [*_patterns(part.p1), *_patterns(part.p2)] if part.name == "Join" else []
