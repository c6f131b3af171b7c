"""A journal file as who only reads needs it, by plain SQL: SQLAlchemy takes a quarter of a second to load."""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

from kg.store.lookups import chunks
from kg.store.records import NOTHING, Commit

if TYPE_CHECKING:
    from kg.store.journal import Journal

FORMAT: Final = 1
BUSY_SECONDS: Final = 10
_LAST: Final = 2**62
_COMMIT: Final = "SELECT number, time, author, reason, previous_hash, hash FROM commits"
_LIVE: Final = """SELECT records.source, records.id, digest FROM records JOIN versions ON record = key
    WHERE action = 'put' AND version =
      (SELECT max(version) FROM versions AS later WHERE later.record = key AND commit_number <= ?)"""

_SOURCES: Final = """WITH RECURSIVE sources(source) AS (SELECT min(source) FROM records
    UNION ALL SELECT (SELECT min(source) FROM records WHERE source > sources.source) FROM sources
    WHERE sources.source IS NOT NULL)"""
"""The sources, a few of however many records: with one of them and an id, a record is found by the index."""


def address(path: Path, *, writable: bool) -> str:
    """Return the URI by which SQLite opens a journal file."""
    how = "mode=rwc" if writable else "mode=rw"
    if not os.access(path.parent, os.W_OK):
        how = "mode=ro"
        if not path.with_name(path.name + "-wal").exists():
            how += "&immutable=1"  # nobody writes, and the files that SQLite keeps beside the journal cannot be made
    return f"file:{quote(str(path))}?{how}"


def open_file(path: Path) -> Journal:
    """Open a journal file for reading; what is seldom asked is read by ``Journal``, which is loaded then.

    Raises StoreUnavailable.
    """
    try:
        return cast("Journal", _JournalFile(path))
    except sqlite3.Error:
        return _whole(path)


def _whole(path: Path) -> Journal:
    from kg.store.journal import Journal  # noqa: PLC0415

    return Journal.open(path, writable=False)


class _JournalFile:
    """What opening a store and asking it need of the journal; ``Journal`` does the rest, and says what is wrong."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = RLock()
        self._sql = sqlite3.connect(
            address(path, writable=False), uri=True, timeout=BUSY_SECONDS, check_same_thread=False
        )
        try:
            self._sql.execute("PRAGMA query_only = ON")
            if self._rows("SELECT format FROM journal_format") != [(FORMAT,)]:
                raise sqlite3.DatabaseError("another format")
        except sqlite3.Error:
            self._sql.close()
            raise

    @cached_property
    def _journal(self) -> Journal:
        return _whole(self._path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def close(self) -> None:
        """Let go of the file."""
        self._sql.close()
        if "_journal" in vars(self):
            self._journal.close()

    def head(self, at: int | None = None) -> Commit:
        """Return the newest commit, as ``Journal.head`` does."""
        try:
            found = self._rows(f"{_COMMIT} WHERE number <= ? ORDER BY number DESC LIMIT 1", _until(at))
        except sqlite3.Error:
            return self._journal.head(at)
        return Commit(*found[0]) if found else NOTHING

    def hash_of(self, number: int) -> str:
        """Return the hash of a commit, as ``Journal.hash_of`` does."""
        if number == NOTHING.number:
            return NOTHING.hash
        try:
            found = self._rows("SELECT hash FROM commits WHERE number = ?", number)
        except sqlite3.Error:
            return self._journal.hash_of(number)
        return str(found[0][0]) if found else ""

    def digests(self, names: Iterable[tuple[str, str]], at: int | None = None) -> dict[tuple[str, str], str]:
        """Return the digest of each named record that is live, as ``Journal.digests`` does."""
        wanted = list(names)
        by_source: dict[str, list[str]] = defaultdict(list)
        for source, name in wanted:
            by_source[source].append(name)
        try:
            return {
                (source, name): digest
                for own, ids in by_source.items()
                for source, name, digest in self._live("source = ? AND id", ids, at, own)
            }
        except sqlite3.Error:
            return self._journal.digests(wanted, at)

    def called(self, ids: Iterable[str], at: int | None = None) -> list[tuple[str, str]]:
        """Return source and id of the live records that have one of some ids, as ``Journal.called`` does."""
        wanted = list(ids)
        try:
            return sorted((source, name) for source, name, _ in self._live("source IN sources AND id", wanted, at))
        except sqlite3.Error:
            return self._journal.called(wanted, at)

    def _live(self, condition: str, ids: list[str], at: int | None, *values: str) -> Iterator[tuple[str, str, str]]:
        for chunk in chunks(ids):
            marks = ", ".join("?" * len(chunk))
            yield from self._rows(f"{_SOURCES} {_LIVE} AND {condition} IN ({marks})", _until(at), *values, *chunk)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._sql.execute(query, values).fetchall()


def _until(at: int | None) -> int:
    return _LAST if at is None else at
