"""The journal: every commit, durable before it is acknowledged; everything else can be rebuilt from it."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from threading import RLock
from typing import Any

from sqlalchemy import URL, Connection, Engine, Select, func, insert, select

from kg.errors import StoreUnavailable, UnknownTerm
from kg.store import canonical, rows, schema
from kg.store.changes import Entry
from kg.store.journal_file import FORMAT
from kg.store.lookups import CHUNK, chunks, subject_key
from kg.store.records import NOTHING, Commit, RecordVersion, chain_hash
from kg.store.schema import commits, contents, records, subjects, translated, versions


class Journal:
    """Commits and record versions in SQL tables that only grow; one writer, many readers."""

    def __init__(self, engine: Engine, place: str, guard: AbstractContextManager[Any] | None = None) -> None:
        self._engine = engine
        self._place = place
        self._guard = guard or nullcontext()

    @classmethod
    def in_memory(cls) -> Journal:
        """Return an empty journal that lives as long as the object."""
        journal = cls(schema.sqlite_memory(), "in memory", RLock())
        journal._create()
        return journal

    @classmethod
    def open(cls, path: Path, *, writable: bool, create: bool = False) -> Journal:
        """Open a journal file; ``create`` makes its tables where there are none.

        Raises StoreUnavailable.
        """
        journal = cls(schema.sqlite_file(path, writable=writable), str(path))
        try:
            if create:
                journal._create()
            journal._check_format()
        except StoreUnavailable:
            journal.close()
            raise
        return journal

    @classmethod
    def of_database(cls, url: URL, *, create: bool) -> Journal:
        """Open the journal in a database of PostgreSQL; ``create`` makes its tables where there are none.

        Raises StoreUnavailable.
        """
        journal = cls(schema.database(url), url.render_as_string(hide_password=True))
        try:
            if create:
                journal._create()
            journal._check_format()
        except StoreUnavailable:
            journal.close()
            raise
        return journal

    @property
    def sql(self) -> Engine:
        """The SQL engine, for a lock on the database."""
        return self._engine

    @property
    def place(self) -> str:
        """Where it is, without a password."""
        return self._place

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    # Reading. ``at`` is the number of the last commit to look at; without it, the newest.

    def head(self, at: int | None = None) -> Commit:
        """Return the newest commit, without its record versions; NOTHING in an empty journal."""
        query = select(commits).order_by(commits.c.number.desc()).limit(1)
        if at is not None:
            query = query.where(commits.c.number <= at)
        with self._reading() as sql:
            row = sql.execute(query).one_or_none()
        return Commit(*row) if row else NOTHING

    def known_by(self, moment: str, at: int | None = None) -> Commit:
        """Return the newest commit at or before a moment (UTC, as ``time`` of a commit); NOTHING before the first."""
        by_then = func.replace(commits.c.time, "Z", "") <= moment.removesuffix("Z")
        query = select(commits).where(by_then).order_by(commits.c.number.desc()).limit(1)
        if at is not None:
            query = query.where(commits.c.number <= at)
        with self._reading() as sql:
            row = sql.execute(query).one_or_none()
        return Commit(*row) if row else NOTHING

    def commits(self, since: int = 0, until: int | None = None) -> list[Commit]:
        """Return the commits after one number up to another, oldest first, with the record versions that each wrote."""
        last = self.head().number if until is None else until
        written = rows.told().where(versions.c.commit_number.between(since + 1, last))
        with self._reading() as sql:
            found = sql.execute(written.order_by(versions.c.commit_number, records.c.source, records.c.id))
            by_commit = {
                number: tuple(map(rows.version_of, told))
                for number, told in groupby(found, key=lambda row: row.commit_number)
            }
            query = select(commits).where(commits.c.number.between(since + 1, last)).order_by(commits.c.number)
            return [replace(Commit(*row), versions=by_commit.get(row.number, ())) for row in sql.execute(query)]

    def hash_of(self, number: int) -> str:
        """Return the hash of a commit, empty where there is none; number 0 is the empty journal."""
        if number == NOTHING.number:
            return NOTHING.hash
        with self._reading() as sql:
            return sql.scalar(select(commits.c.hash).where(commits.c.number == number)) or ""

    def heads(self, at: int | None = None) -> list[RecordVersion]:
        """Return the live version of every record, sorted by source and id."""
        query = rows.latest(at).where(versions.c.action == "put").order_by(records.c.source, records.c.id)
        with self._reading() as sql:
            return list(map(rows.version_of, sql.execute(query)))

    def names(self, at: int | None = None) -> list[tuple[str, str]]:
        """Return source and id of every record that ever was, sorted."""
        query = select(records.c.source, records.c.id).order_by(records.c.source, records.c.id)
        if at is not None:
            query = query.where(records.c.key.in_(select(versions.c.record).where(versions.c.commit_number <= at)))
        with self._reading() as sql:
            return [(row.source, row.id) for row in sql.execute(query)]

    def latest(self, names: Iterable[tuple[str, str]], at: int | None = None) -> dict[tuple[str, str], RecordVersion]:
        """Return the newest version of each named record that ever was, live or retracted."""
        found: dict[tuple[str, str], RecordVersion] = {}
        with self._reading() as sql:
            for chunk in chunks(names):
                for row in sql.execute(rows.latest(at).where(rows.named(chunk))):
                    found[row.source, row.id] = rows.version_of(row)
        return found

    def digests(self, names: Iterable[tuple[str, str]], at: int | None = None) -> dict[tuple[str, str], str]:
        """Return the digest of each named record that is live."""
        return {name: found.digest for name, found in self.latest(names, at).items() if found.action == "put"}

    def called(self, ids: Iterable[str], at: int | None = None) -> list[tuple[str, str]]:
        """Return source and id of the live records that have one of some ids, sorted."""
        live = rows.latest(at).where(versions.c.action == "put")
        with self._reading() as sql:
            found = (sql.execute(live.where(records.c.id.in_(chunk))) for chunk in chunks(ids))
            return sorted((row.source, row.id) for chunk in found for row in chunk)

    def moved(self, since: int, until: int | None = None) -> list[RecordVersion]:
        """Return the newest version of each record changed after a commit."""
        with self._reading() as sql:
            found = sql.execute(rows.latest(until).where(rows.touched(since, until)))
            return list(map(rows.version_of, found))

    def versions(self, source: str, id: str, at: int | None = None) -> list[RecordVersion]:
        """Return every version of a record, oldest first.

        Raises UnknownTerm where the record never was.
        """
        query = rows.told().where(records.c.source == source, records.c.id == id).order_by(versions.c.version)
        if at is not None:
            query = query.where(versions.c.commit_number <= at)
        with self._reading() as sql:
            found = list(map(rows.version_of, sql.execute(query)))
        if not found:
            raise UnknownTerm(f"there is no record {id!r} of source {source!r}; `kg list` shows what there is")
        return found

    def content(self, digest: str) -> bytes:
        """Return the canonical bytes of a digest.

        Raises UnknownTerm, StoreUnavailable.
        """
        with self._reading() as sql:
            data = sql.scalar(select(contents.c.data).where(contents.c.digest == digest))
        if data is None:
            raise UnknownTerm(f"there is no record content with digest {digest}")
        return self._inflated(data, digest)

    def live(self, at: int | None = None) -> Iterator[tuple[RecordVersion, bytes]]:
        """Yield every live record with its content, sorted by source and id."""
        yield from self._with_content(rows.latest(at).where(versions.c.action == "put"))

    def changed(self, since: int, until: int | None = None) -> Iterator[tuple[RecordVersion, bytes]]:
        """Yield the newest version of each record changed after a commit, with its content (empty when retracted)."""
        yield from self._with_content(rows.latest(until).where(rows.touched(since, until)))

    def unchanged_before(self, since: int, until: int | None = None) -> Iterator[tuple[RecordVersion, bytes]]:
        """Yield, for each record changed after a commit and live then, the version that was live then."""
        live_then = rows.latest(since).where(rows.touched(since, until), versions.c.action == "put")
        yield from self._with_content(live_then)

    def speakers(self, keys: Iterable[int]) -> dict[int, set[int]]:
        """Return the records that ever said something of some subjects (by ``subject_key``), and of which of them."""
        found: dict[int, set[int]] = defaultdict(set)
        with self._reading() as sql:
            for chunk in chunks(keys):
                for row in sql.execute(select(subjects).where(subjects.c.subject.in_(chunk))):
                    found[row.record].add(row.subject)
        return found

    def live_among(self, keys: Sequence[int], at: int | None = None) -> Iterator[tuple[RecordVersion, bytes]]:
        """Yield those of at most CHUNK records that are live, with their content."""
        yield from self._with_content(rows.latest(at).where(versions.c.action == "put", versions.c.record.in_(keys)))

    # Checking.

    def page_faults(self) -> list[str]:
        """Return what SQLite finds wrong with the pages of its file; other databases check theirs themselves."""
        if self._engine.dialect.name != "sqlite":
            return []
        with self._reading() as sql:
            found = sql.exec_driver_sql("PRAGMA quick_check").scalars().all()
        return [] if found == ["ok"] else [f"the journal's file: {fault}" for fault in found]

    def damaged_contents(self) -> Iterator[str]:
        """Yield the digests whose bytes are not what was written."""
        with self._reading() as sql:
            for digest, data in sql.execute(select(contents.c.digest, contents.c.data)).yield_per(CHUNK):
                try:
                    self._inflated(data, digest)
                except StoreUnavailable:
                    yield digest

    def unindexed(self) -> Iterator[str]:
        """Yield the IRIs of live records some subject of which the index lacks."""
        with self._reading() as sql:
            known = {(subject, record) for subject, record in sql.execute(select(subjects))}
            keys = {(row.source, row.id): row.key for row in sql.execute(select(records))}
        for version, content in self.live():
            key = keys[version.source, version.id]
            if any((subject_key(canonical.subject(line)), key) not in known for line in canonical.lines(content)):
                yield version.iri

    # Writing.

    def append(self, entries: Sequence[Entry], author: str, reason: str) -> Commit:
        """Write one commit and return it once it is on the disk.

        Raises StoreUnavailable, with nothing written.
        """
        before = self.head()
        latest = self.latest((e.source, e.id) for e in entries)
        number = before.number + 1
        time = _later_than(before.time)
        written = tuple(
            RecordVersion(
                e.source, e.id, latest[e.source, e.id].version + 1 if (e.source, e.id) in latest else 1,
                number, time, author, "retract" if e.content is None else "put",
                e.digest, e.reason or reason, e.origin, e.licence,
            )
            for e in sorted(entries, key=lambda e: (e.source, e.id))
        )  # fmt: skip
        link = chain_hash(number, time, author, reason, before.hash, written)
        commit = Commit(number, time, author, reason, before.hash, link, written)
        contents_by_digest = {e.digest: e.content for e in entries if e.content is not None}
        try:
            with translated(self._place), self._guard, self._engine.begin() as sql:
                rows.write(sql, commit, contents_by_digest)
        except StoreUnavailable:
            if not self._has_after_all(commit):
                raise
        return commit

    def _has_after_all(self, commit: Commit) -> bool:
        """Tell whether a commit was written though the line to the database broke before it said so.

        Raises StoreUnavailable where that cannot be known now.
        """
        if self._engine.dialect.name != "postgresql":
            return False
        try:
            return self.hash_of(commit.number) == commit.hash
        except StoreUnavailable as error:
            raise StoreUnavailable(
                f"whether commit {commit.number} was written is not known, since the journal cannot be reached any "
                f"more; repeat it: what is there already changes nothing ({error})"
            ) from error

    def _create(self) -> None:
        with translated(self._place), self._guard, self._engine.begin() as sql:
            if sql.dialect.name == "postgresql":
                sql.execute(schema.ONE_AT_A_TIME)
            schema.metadata.create_all(sql)
            if sql.scalar(select(schema.formats.c.format)) is None:  # last, so that a half-made journal is completed
                sql.execute(insert(schema.formats).values(format=FORMAT))

    def _check_format(self) -> None:
        with self._reading() as sql:
            found = sql.scalar(select(schema.formats.c.format))
        if found != FORMAT:
            raise StoreUnavailable(
                f"the journal {self._place} has format {found}, this release reads {FORMAT}; "
                "use the release that wrote it, or a newer one"
            )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(self._place), self._guard, self._engine.connect() as sql:
            yield sql

    def _with_content(self, query: Select[Any]) -> Iterator[tuple[RecordVersion, bytes]]:
        query = query.add_columns(contents.c.data).outerjoin(contents, contents.c.digest == versions.c.digest)
        with self._reading() as sql:
            for row in sql.execute(query.order_by(records.c.source, records.c.id)).yield_per(CHUNK):
                version = rows.version_of(row[:-1])
                yield version, b"" if row.data is None else self._inflated(row.data, version.digest)

    def _inflated(self, data: bytes, digest: str) -> bytes:
        try:
            content = zlib.decompress(data)
        except zlib.error:
            content = b""
        if canonical.digest(content) != digest:
            raise StoreUnavailable(
                f"the journal {self._place} is damaged: the content with digest {digest} is not what was written; "
                "put the last good copy in its place with `kg restore`"
            )
        return content


def _later_than(before: str) -> str:
    """Return the time of now in UTC to the millisecond, or the next after a time where the clock is not beyond it.

    No two commits have one time, so that each can be named by it, and a clock set back leaves them in order.
    """
    now = datetime.now(UTC)
    if before:
        now = max(now, datetime.fromisoformat(before) + timedelta(milliseconds=1))
    return now.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
