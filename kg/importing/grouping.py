"""Rows of several tables, gathered by the record they belong to; the rows wait on the disk, not in memory."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

from kg.model.records import Row
from kg.sources.incoming import Incoming, Unit, Unreadable
from kg.sources.tables import BadRow
from kg.triples import key

_MOST_FAULTS = 20


def records(found: Iterable[Row | BadRow], place: str) -> Iterator[Incoming]:
    """Yield one record after the other, in the order in which their first rows stand.

    A record that a bad line belongs to is not read; a bad line that belongs to none is told on its own.
    Raises InputRefused where a table cannot be read at all; nothing has been yielded then.
    """
    with closing(sqlite3.connect("")) as disk:  # a database without a name lies in a temporary file
        disk.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY, source TEXT, id TEXT, row BLOB, fault TEXT)")
        for number, row in enumerate(found):
            source, name = _of_bad(row) if isinstance(row, BadRow) else key(row)
            blob = None if isinstance(row, BadRow) else pickle.dumps(row)
            fault = f"{row.place}\n{row.message}" if isinstance(row, BadRow) else None
            disk.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", (number, source, name, blob, fault))
        disk.execute("CREATE INDEX by_record ON rows (source, id, number)")
        order = "SELECT source, id FROM rows GROUP BY source, id ORDER BY min(number)"
        for source, name in disk.execute(order).fetchall():
            yield from _record(disk, source, name, place)


def _record(disk: sqlite3.Connection, source: str, name: str, place: str) -> Iterator[Incoming]:
    query = "SELECT row, fault FROM rows WHERE source = ? AND id = ? ORDER BY number"
    stored = disk.execute(query, (source, name)).fetchall()
    faults = [fault.split("\n", 1) for _, fault in stored if fault is not None]
    if faults:
        own = f"record {source}/{name}: " if name else ""
        more = f"; and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        told = "; ".join(
            message.removeprefix(f"{where}: ") if len(faults) == 1 else message
            for where, message in faults[:_MOST_FAULTS]
        )
        yield Unreadable(faults[0][0], f"{own}{told}{more}")
        return
    rows: list[Any] = [pickle.loads(blob) for blob, _ in stored]  # noqa: S301  (written above, by this process)
    where = str(rows[0].origin) if rows else place
    yield Unit(source, name, tuple(rows), where)


def _of_bad(row: BadRow) -> tuple[str, str]:
    """Return the record that a line which makes none was meant for, as far as its cells tell."""
    meant = object.__new__(row.kind)
    for name, cell in row.cells.items():
        object.__setattr__(meant, name, cell)
    try:
        source, name = key(meant)
    except AttributeError:
        return "", ""
    return (source, name) if source and name else ("", "")
