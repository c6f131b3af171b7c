"""The tables of the journal, in SQL that SQLite and PostgreSQL share, and how a journal file is opened.

The tables are append-only: nothing is ever updated or deleted, so that what was committed stays as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

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
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from kg.errors import NoRoom, StoreUnavailable
from kg.store import journal_file

_LITTLE: Final = 1024 * 1024
_DATABASE_SECONDS: Final = 60

_Text = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that is compared by code points, as SQLite does, whatever the language of a database."""

metadata = MetaData()
formats = Table("journal_format", metadata, Column("format", Integer, primary_key=True, autoincrement=False))
commits = Table(
    "commits",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column(
        "time", String(24).with_variant(postgresql.VARCHAR(24, collation="C"), "postgresql"), nullable=False
    ),  # UTC, ISO 8601, milliseconds; after that of the commit before
    Column("author", _Text, nullable=False),
    Column("reason", _Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)
records = Table(
    "records",
    metadata,
    Column("key", Integer, primary_key=True, autoincrement=False),
    Column("source", _Text, nullable=False),
    Column("id", _Text, nullable=False),
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
    Column("reason", _Text, nullable=False),
    Column("origin", _Text, nullable=False),
    Column("licence", _Text, nullable=False),
    CheckConstraint("(action = 'put' AND digest IS NOT NULL) OR (action = 'retract' AND digest IS NULL)"),
)
subjects = Table(  # which records ever said something of a subject: the candidates for stating the same triple
    "subjects",
    metadata,
    Column("subject", BigInteger, primary_key=True, autoincrement=False),  # 64 bits of a hash of the IRI
    Column("record", ForeignKey("records.key"), primary_key=True),
    sqlite_with_rowid=False,
)

ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(1702259048)")
"""Keeps those apart who make the tables in a database of PostgreSQL."""


def sqlite_file(path: Path, *, writable: bool) -> Engine:
    """Return the SQL engine of a journal file, each commit flushed to the disk before it returns."""
    place, _, how = journal_file.address(path, writable=writable).partition("?")
    url = URL.create("sqlite", database=place, query={**dict(parse_qsl(how)), "uri": "true"})
    engine = create_engine(url, connect_args={"timeout": journal_file.BUSY_SECONDS})
    pragmas = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON") if writable else ("query_only = ON",)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return engine


def sqlite_memory() -> Engine:
    """Return the SQL engine of a journal that lives as long as the object."""
    return create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


def database(url: URL) -> Engine:
    """Return the SQL engine of a journal in PostgreSQL; a connection that was lost is made anew."""
    return create_engine(url, pool_pre_ping=True, connect_args={"timeout": _DATABASE_SECONDS})


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
        raise kind(f"the journal {place} cannot be used: {said}; {_remedy(said, place)}") from error


def _is_full(place: Path) -> bool:
    """Tell whether there is no room beside a file: SQLite calls that an I/O error where it opens its shared memory."""
    return place.parent.is_dir() and shutil.disk_usage(place.parent).free < _LITTLE


def _remedy(said: str, place: str) -> str:
    if "://" in place:
        return _database_remedy(said)
    if "full" in said:
        return "nothing was written; free disk space and repeat"
    if any(word in said for word in ("malformed", "not a database", "no such table", "no such column", "corrupt")):
        return "it is damaged; put the last good copy in its place with `kg restore`"
    if "readonly" in said or "unable to open" in said:
        return "nothing was written; give this user the right to write there"
    return "nothing was written; see that the disk is sound and no other program holds the file, then repeat"


def _database_remedy(said: str) -> str:
    if "duplicate key" in said:
        return "another service has written meanwhile; nothing was written, repeat"
    if "does not exist" in said and "relation" in said:
        return "there is no journal in it yet; run `kg build`, or correct EVIGRAPH_JOURNAL"
    return "see that the database runs and that EVIGRAPH_JOURNAL has its address, user and password, then repeat"
