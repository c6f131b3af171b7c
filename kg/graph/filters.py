"""What is followed and met, from the words in which it is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, cast

from kg.errors import InputRefused, UnknownTerm
from kg.graph.adjacency import Direction, Filter
from kg.iris import EV, expand
from kg.nearest import nearest

DIRECTIONS: Final = ("both", "out", "in")


def filter_of(
    direction: str,
    predicates: Iterable[str],
    classes: Iterable[str],
    known: Collection[str],
    prefixes: Mapping[str, str],
) -> Filter:
    """Return a filter from a direction, properties as names, CURIEs or IRIs, and classes by their local names.

    ``known`` are the IRIs of the classes of the vocabulary. Raises InputRefused for a direction that is none,
    UnknownTerm for a class that is not known.
    """
    if direction not in DIRECTIONS:
        raise InputRefused(f"direction is {direction!r}; it is one of {', '.join(DIRECTIONS)}")
    wanted, names = frozenset(classes), {iri.removeprefix(EV) for iri in known}
    for name in sorted(wanted - names):
        close = nearest(name[:100], names)
        raise UnknownTerm(f"no class {name[:100]!r}; the nearest are {', '.join(close)}", close)
    paths = frozenset(p if "://" in p else expand(p, prefixes) or EV + p for p in predicates)
    return Filter(cast(Direction, direction), paths, wanted)
