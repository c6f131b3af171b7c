"""The store: commits go to the journal, then to the engine; reading asks the engine."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from threading import RLock
from typing import Final, Literal, Self

from pyoxigraph import Triple

from kg import iris
from kg.errors import InputRefused, StoreUnavailable, UnknownTerm
from kg.store import audit, upkeep
from kg.store.changes import Entry, canonical_entries, check_texts
from kg.store.embedded import EmbeddedEngine
from kg.store.engine import Engine, Solutions
from kg.store.folder import Folder
from kg.store.journal import Journal
from kg.store.records import Change, Commit, RecordVersion, fingerprint

Mode = Literal["read", "write"]
_PATIENCE: Final = 1.0  # a reader that publishes for a dead writer holds the lock for a moment only
_BULK_BYTES: Final = 16_000_000
_ROOM_PER_BYTE: Final = 4  # journal, engine and its log, checkpoint


class Store:
    """A journal and an engine that follows it; use it as a context manager."""

    def __init__(
        self, journal: Journal, engine: EmbeddedEngine, *, at: int | None, folder: Folder | None, held: int | None
    ) -> None:
        self._journal = journal
        self._engine: EmbeddedEngine | None = engine
        self._at = at
        self._folder = folder
        self._held = held
        self._published = journal.head().number if folder and at is None else None
        self._writing = RLock()
        self._fingerprint: tuple[int, str] | None = None
        self._closed = False

    @classmethod
    def open(cls, url: str, mode: Mode = "read") -> Self:
        """Open ``oxigraph:PATH`` (a folder) or ``memory:``; ``write`` makes a folder that is missing.

        A reader sees the newest commit that was published when it opened, and nothing later.

        Raises StoreUnavailable: no such store, another writer, damage that the journal cannot heal.
        """
        scheme, _, rest = url.partition(":")
        if scheme == "memory" and not rest:
            return cls(Journal.in_memory(), EmbeddedEngine.in_memory(), at=None, folder=None, held=None)
        if scheme != "oxigraph" or not rest:
            raise StoreUnavailable(f"{url!r} is not the address of a store; write oxigraph:PATH or memory:")
        folder = Folder(Path(rest).expanduser().absolute())
        return cls._open_writer(folder) if mode == "write" else cls._open_reader(folder)

    @classmethod
    def _open_writer(cls, folder: Folder) -> Self:
        folder.prepare()
        held = folder.lock(_PATIENCE)
        journal = None
        try:
            fresh = folder.prepare()
            journal = Journal.open(folder.journal, writable=True, create=fresh)
            if fresh:
                folder.sync()
            engine = upkeep.present(folder, journal)
            upkeep.publish(folder, journal, engine)
        except BaseException:
            if journal:
                journal.close()
            os.close(held)
            raise
        return cls(journal, engine, at=None, folder=folder, held=held)

    @classmethod
    def _open_reader(cls, folder: Folder) -> Self:
        folder.check_present()
        journal = Journal.open(folder.journal, writable=False)
        try:
            found = upkeep.open_newest(folder, journal)
        except BaseException:
            journal.close()
            raise
        return cls(journal, found.engine, at=found.commit, folder=folder, held=found.kept)

    def close(self) -> None:
        """Publish what was committed, and let go of files and locks."""
        with self._writing:
            if self._closed:
                return
            try:
                if self._engine and self._writable:
                    self.checkpoint()
            finally:
                self._closed = True
                self._drop_engine()
                self._journal.close()
                if self._held is not None:
                    os.close(self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Asking the present state.

    @property
    def engine(self) -> Engine:
        """The engine at the commit that this store sees."""
        return self._present()

    def select(self, query: str) -> Solutions:
        """Return the solutions of a SELECT query.

        Raises QueryRefused, StoreUnavailable.
        """
        return self._present().select(query)

    def ask(self, query: str) -> bool:
        """Return the answer to an ASK query.

        Raises QueryRefused, StoreUnavailable.
        """
        return self._present().ask(query)

    def construct(self, query: str) -> list[Triple]:
        """Return the triples of a CONSTRUCT or DESCRIBE query.

        Raises QueryRefused, StoreUnavailable.
        """
        return self._present().construct(query)

    # Asking the memory.

    def head(self) -> Commit:
        """Return the newest commit that this store sees; number 0 when there is none."""
        return self._journal.head(self._at)

    def commits(self, since: int = 0) -> list[Commit]:
        """Return the commits after a number, oldest first, with the record versions that each wrote."""
        return self._journal.commits(since, self._at)

    def heads(self) -> list[RecordVersion]:
        """Return the live version of every record, sorted by source and id."""
        return self._journal.heads(self._at)

    def versions(self, source: str, id: str) -> list[RecordVersion]:
        """Return every version of a record, oldest first.

        Raises UnknownTerm.
        """
        return self._journal.versions(source, id, self._at)

    def content(self, source: str, id: str, version: int | None = None) -> bytes:
        """Return the canonical N-Triples of a version of a record, of the newest without a number.

        Raises UnknownTerm: no such record or version, or the version is a retraction.
        """
        known = self.versions(source, id)
        for found in known[-1:] if version is None else known:
            if version in {None, found.version}:
                if found.action == "put":
                    return self._journal.content(found.digest)
                raise UnknownTerm(
                    f"{found.iri} was retracted in version {found.version} ({found.reason}); name an earlier one"
                )
        raise UnknownTerm(f"{known[0].iri} has no version {version}; the newest is {known[-1].version}")

    def fingerprint(self) -> str:
        """Return the SHA-256 over the sorted (record IRI, digest) lines of all live records."""
        number = self.head().number
        if self._fingerprint is None or self._fingerprint[0] != number:
            self._fingerprint = number, fingerprint(self._journal.heads(number))
        return self._fingerprint[1]

    def verify(self) -> list[str]:
        """Return what is wrong with journal and engine; an empty list says that all is well."""
        faults: list[str] = []
        try:
            faults += audit.journal_faults(self._journal)
            faults += audit.engine_faults(self._journal, self._present(), self._at)
        except StoreUnavailable as unreadable:
            faults.append(str(unreadable))
        return faults

    # Writing.

    def commit(self, changes: Iterable[Change], author: str, reason: str, *, checkpoint: bool = True) -> Commit:
        """Put and retract records, all or nothing, and return the commit once it is safe on the disk.

        Changes that change nothing are dropped; when none is left, the present head is returned, without versions.
        ``checkpoint=False`` leaves publishing for readers to a later commit, to ``checkpoint()`` or ``close()``.

        Raises InputRefused and UnknownTerm with nothing written; StoreUnavailable, whose message says what was.
        """
        entries = canonical_entries(changes)
        check_texts(author=author, reason=reason)
        if not author.strip() or not reason.strip():
            raise InputRefused("a commit needs an author and a reason; say who changes the store, and why")
        with self._writing:
            self._check_writable()
            effective = self._effective(entries)
            if not effective:
                return self._journal.head()
            size = sum(len(e.content or b"") for e in effective)
            if self._folder:
                self._folder.check_room(_ROOM_PER_BYTE * size)
            engine = self._present()
            in_bulk = self._folder and size > _BULK_BYTES and engine.applied().commit == 0
            commit = self._journal.append(effective, author, reason)
            try:
                if in_bulk:
                    self._drop_engine()  # one that is empty is made anew, by bulk load
                else:
                    upkeep.catch_up(self._journal, engine)
                if checkpoint:
                    self.checkpoint()
            except StoreUnavailable as error:
                self._drop_engine()
                raise StoreUnavailable(
                    f"commit {commit.number} is safe in the journal and need not be repeated, but the engine could not "
                    f"follow it: {error}"
                ) from error
            return commit

    def changed(self, changes: Iterable[Change]) -> list[tuple[str, str]]:
        """Return source and id of the records that changes would change; nothing is written.

        Raises InputRefused, and UnknownTerm for the retraction of a record that never was.
        """
        return [(entry.source, entry.id) for entry in self._effective(canonical_entries(changes))]

    def checkpoint(self) -> None:
        """Publish the newest commit for readers.

        Raises StoreUnavailable.
        """
        with self._writing:
            self._check_writable()
            engine = self._present()
            head = self._journal.head().number
            if self._folder and self._published != head:
                self._folder.publish(engine, head)
                self._published = head

    def rebuild(self) -> None:
        """Make the engine anew from the journal alone.

        Raises StoreUnavailable.
        """
        with self._writing:
            self._check_writable()
            self._drop_engine()
            if self._folder:
                self._engine = upkeep.rebuild(self._folder, self._journal)
                self._published = None
                self.checkpoint()
            else:
                self._engine = EmbeddedEngine.in_memory()
                upkeep.catch_up(self._journal, self._engine)

    @property
    def _writable(self) -> bool:
        return self._at is None

    def _drop_engine(self) -> None:
        if self._engine:
            self._engine.close()
        self._engine = None

    def _check_writable(self) -> None:
        if not self._writable:
            raise StoreUnavailable("the store is open for reading; open it with mode='write'")

    def _present(self) -> EmbeddedEngine:
        """Return the engine; a writer's engine that failed is opened anew."""
        if self._closed:
            raise StoreUnavailable("the store is closed; open it again")
        if self._engine is None:
            with self._writing:
                if self._engine is None and self._folder:
                    self._engine = upkeep.present(self._folder, self._journal)
        if self._engine is None:
            raise StoreUnavailable("the store has no engine; open it again")
        return self._engine

    def _effective(self, entries: list[Entry]) -> list[Entry]:
        """Return the entries that change a record.

        Raises UnknownTerm for the retraction of a record that never was.
        """
        latest = self._journal.latest((e.source, e.id) for e in entries)
        for e in entries:
            if e.content is None and (e.source, e.id) not in latest:
                raise UnknownTerm(f"{iris.record(e.source, e.id)} cannot be retracted: there is no such record")
        return [e for e in entries if (e.source, e.id) not in latest or latest[e.source, e.id].digest != e.digest]


open_store = Store.open
