"""The last query: the values of pools in place of the calls, and everything else of the query as it was written."""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import BlankNode, Literal, NamedNode

from kg.errors import QueryRefused
from kg.functions.apart import Apart
from kg.functions.groups import Row
from kg.functions.names import FUNCTIONS, Value
from kg.functions.pools import Pools
from kg.iris import XSD
from kg.store.engine import Solutions, Term
from kg.store.stopped import ResultTooLarge

MOST_ROWS = 100_000
"""Rows that are taken of what a query selects, before they are put together."""
MOST_POOLS = 2_000
"""Pools that are worked out for one query."""
_DOUBLE, _INTEGER = NamedNode(XSD + "double"), NamedNode(XSD + "integer")


def last_query(query: Apart, found: Solutions, pools: Pools, until: float | None = None) -> str:
    """Return the query that is left to run, which reads no graph: it holds the rows found and the values of pools.

    Raises ResultTooLarge for too many rows, QueryRefused for a blank node among them, OutOfTime.
    """
    if len(found.rows) > MOST_ROWS:
        raise ResultTooLarge(f"the query selects more than {MOST_ROWS} rows to pool; select fewer")
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    groups = _groups(query, rows)
    if len(groups) > MOST_POOLS:
        raise ResultTooLarge(f"the query asks for {len(groups)} pools, more than {MOST_POOLS}; group more widely")
    columns = query.columns if query.whole else query.group or ()
    lines: list[str] = []
    for own, said in zip(groups, pools.of(query, groups, until), strict=True):
        values = [_text(_term(FUNCTIONS[call.function].value(said[call.contrast]))) for call in query.calls]
        for row in own if query.whole else own[:1] or [{}]:
            lines.append(" ".join(["(", *(_text(row.get(name)) for name in columns), *values, ")"]))
    names = " ".join(f"?{name}" for name in (*columns, *(call.variable for call in query.calls)))
    return f"{query.select} {{ VALUES ( {names} ) {{ {' '.join(lines)} }} }} {query.rest}"


def _groups(query: Apart, rows: Sequence[Row]) -> list[list[Row]]:
    if query.group is None:
        return [[row] for row in rows]
    if not query.group:
        return [list(rows)]
    found: dict[tuple[Term | None, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row.get(name) for name in query.group), []).append(row)
    return list(found.values())


def _term(value: Value) -> Literal | None:
    if value is None:
        return None
    if isinstance(value, int):
        return Literal(str(value), datatype=_INTEGER)
    return Literal(repr(value), datatype=_DOUBLE) if isinstance(value, float) else Literal(value)


def _text(term: object) -> str:
    if isinstance(term, BlankNode):
        raise QueryRefused("a row to pool has a blank node, which has no name to hold on to; select named things")
    return "UNDEF" if term is None else str(term)
