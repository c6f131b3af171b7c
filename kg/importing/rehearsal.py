"""A store as it would be: it answers for what is there and for what came since, and writes nothing of it down."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import pyoxigraph as ox
from pyoxigraph import Triple

from kg.store import Change, RecordVersion, Solutions, Store
from kg.store.changes import Entry


class Rehearsal:
    """Reads of a store, with records beside it that lie in a temporary folder; use it as a context manager.

    A query of several patterns is answered by store and newcomers apart, so that it sees no pair of the two; the
    queries of the gate have one pattern each.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = Path(tempfile.mkdtemp(prefix="evigraph-"))
        self._come = ox.Store(str(self._folder / "engine"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        del self._come
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, triples: Iterable[Triple]) -> None:
        """Let statements have come."""
        self._come.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)

    def select(self, query: str) -> Solutions:
        """Return the solutions of store and newcomers."""
        found = self._store.select(query)
        come = self._come.query(query)
        assert isinstance(come, ox.QuerySolutions), "only SELECT queries come here"
        rows = [tuple(row) for row in come]
        return Solutions(found.columns, [*found.rows, *rows]) if rows else found

    def latest(self, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], RecordVersion]:
        """Return the newest version of each named record in the store."""
        return self._store.latest(names)

    def content(self, source: str, id: str) -> bytes:
        """Return the newest content of a record in the store."""
        return self._store.content(source, id)

    def stating(self, things: Iterable[str]) -> Iterator[tuple[RecordVersion, bytes]]:
        """Yield the live records of the store that state something of a thing."""
        return self._store.stating(things)

    def changed(self, changes: Iterable[Change]) -> list[tuple[str, str]]:
        """Return the records that changes would change."""
        return self._store.changed(changes)

    def effective(self, changes: Iterable[Change]) -> list[Entry]:
        """Return those changes that change a record, in canonical form."""
        return self._store.effective(changes)
