"""Which trials have other rows than before, after some commits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pyoxigraph import NamedNode, Triple

from kg.catalog import Catalog, Selects
from kg.iris import EV
from kg.table.queried import QueriedRows
from kg.table.table import EvidenceTable

_OBJECTS: Final = frozenset({EV + "ofTrial", EV + "includedTrial"})
"""Properties whose object is the trial that a row is about."""
_AT_ONCE: Final = 500


def touched(moved: Iterable[Triple], table: EvidenceTable, catalog: Catalog, engine: Selects) -> set[str]:
    """Return the trials whose rows may differ from those in a table, after statements came or went.

    ``engine`` holds what is so after that.
    """
    found, things = set[str](), set[str]()
    for triple in moved:
        if isinstance(triple.subject, NamedNode):
            things.add(triple.subject.value)
        if triple.predicate.value in _OBJECTS and isinstance(triple.object, NamedNode):
            found.add(triple.object.value)
    ordered = sorted(things)
    queried = QueriedRows(catalog, engine)
    for start in range(0, len(ordered), _AT_ONCE):
        rows = queried.rows("explore/trials-of-things", thing=ordered[start : start + _AT_ONCE])
        found |= {row["trial"] for row in rows.records()}
    return found | table.holds(things - found)
