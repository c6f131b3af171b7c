"""The tables of the journal, in SQL that SQLite and PostgreSQL share, and how a journal file is opened.

The tables are append-only: nothing is ever updated or deleted, so that what was committed stays as it was.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import (
    URL,
    BigInteger,
    CheckConstraint,
    Column,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from kg.errors import NoRoom, StoreUnavailable

FORMAT: Final = 1
_LITTLE: Final = 1024 * 1024
_BUSY_SECONDS: Final = 10

metadata = MetaData()
formats = Table("journal_format", metadata, Column("format", Integer, primary_key=True, autoincrement=False))
commits = Table(
    "commits",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("time", String(24), nullable=False),  # UTC, ISO 8601, milliseconds; after that of the commit before
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)
records = Table(
    "records",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    UniqueConstraint("source", "id"),
)
contents = Table(  # addressed by content: the same bytes are kept once
    "contents",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),  # canonical N-Triples, zlib
)
versions = Table(
    "versions",
    metadata,
    Column("record", ForeignKey("records.key"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("commit_number", ForeignKey("commits.number"), nullable=False, index=True),
    Column("action", String(7), nullable=False),
    Column("digest", ForeignKey("contents.digest"), nullable=True),
    Column("reason", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("licence", Text, nullable=False),
    CheckConstraint("(action = 'put' AND digest IS NOT NULL) OR (action = 'retract' AND digest IS NULL)"),
)
subjects = Table(  # which records ever said something of a subject: the candidates for stating the same triple
    "subjects",
    metadata,
    Column("subject", BigInteger, primary_key=True, autoincrement=False),  # 64 bits of a hash of the IRI
    Column("record", ForeignKey("records.key"), primary_key=True),
    sqlite_with_rowid=False,
)


def sqlite_file(path: Path, *, writable: bool) -> Engine:
    """Return the SQL engine of a journal file, each commit flushed to the disk before it returns."""
    how = {"uri": "true", "mode": "rwc" if writable else "rw"}
    if not os.access(path.parent, os.W_OK):
        how["mode"] = "ro"
        if not path.with_name(path.name + "-wal").exists():
            how["immutable"] = "1"  # nobody writes, and the files that SQLite keeps beside the journal cannot be made
    url = URL.create("sqlite", database=f"file:{quote(str(path))}", query=how)
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    pragmas = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON") if writable else ("query_only = ON",)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return engine


def sqlite_memory() -> Engine:
    """Return the SQL engine of a journal that lives as long as the object."""
    return create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn SQL errors into StoreUnavailable with the remedy."""
    try:
        yield
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error)
        if "disk I/O error" in said and _is_full(Path(place)):
            said = "its disk is full"
        kind = NoRoom if "full" in said else StoreUnavailable
        raise kind(f"the journal {place} cannot be used: {said}; {_remedy(said)}") from error


def _is_full(place: Path) -> bool:
    """Tell whether there is no room beside a file: SQLite calls that an I/O error where it opens its shared memory."""
    return place.parent.is_dir() and shutil.disk_usage(place.parent).free < _LITTLE


def _remedy(said: str) -> str:
    if "full" in said:
        return "nothing was written; free disk space and repeat"
    if any(word in said for word in ("malformed", "not a database", "no such table", "no such column", "corrupt")):
        return "it is damaged; put the last good copy in its place with `kg restore`"
    if "readonly" in said or "unable to open" in said:
        return "nothing was written; give this user the right to write there"
    return "nothing was written; see that the disk is sound and no other program holds the file, then repeat"
