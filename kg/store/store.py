"""The store: commits go to the journal, then to the engine; reading asks the engine."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Final, Literal, Self

from kg import iris
from kg.errors import InputRefused, StoreUnavailable, UnknownTerm
from kg.settings import Remote
from kg.store import journal_file, projection, upkeep
from kg.store.changes import Entry, canonical_entries, check_texts
from kg.store.embedded import EmbeddedEngine
from kg.store.engine import Engine, Mark
from kg.store.folder import Folder
from kg.store.reading import Readable
from kg.store.records import Change, Commit

if TYPE_CHECKING:
    from kg.store.journal import Journal

Mode = Literal["read", "write"]
_PATIENCE: Final = 1.0  # a reader that publishes for a dead writer holds the lock for a moment only
_BULK_BYTES: Final = 16_000_000
_LOADED_BYTES: Final = 1_000_000
_ROOM_PER_BYTE: Final = 4  # journal, engine and its log, checkpoint


class Store(Readable):
    """A journal and an engine that follows it; use it as a context manager."""

    def __init__(
        self,
        journal: Journal,
        engine: Engine | None,
        *,
        at: int | None = None,
        folder: Folder | None = None,
        held: int | None = None,
        borrowed: bool = False,
    ) -> None:
        super().__init__(journal, at)
        self._engine = engine
        self._folder = folder
        self._held = held
        self._borrowed = borrowed
        self._published = journal.head().number if folder and at is None else None
        self._writing = RLock()
        self._closed = False

    @classmethod
    def open(cls, url: str, mode: Mode = "read", remote: Remote | None = None, *, anew: bool = False) -> Store:
        """Open ``oxigraph:PATH`` (a folder), ``memory:`` or ``sparql+http://...``; ``write`` makes what is missing.

        A reader sees the newest commit that was published when it opened, and nothing later. ``remote`` says how a
        service elsewhere is reached, else the environment does; ``anew`` opens it for who will rebuild it.

        Raises StoreUnavailable: no such store, another writer, damage that the journal cannot heal.
        """
        scheme, _, rest = url.partition(":")
        if scheme == "memory" and not rest:
            from kg.store.journal import Journal  # noqa: PLC0415  (slow to load, and reading a folder needs little of it)

            return cls(Journal.in_memory(), EmbeddedEngine.in_memory())
        if scheme.startswith("sparql+"):
            from kg.store.remote_store import RemoteStore  # noqa: PLC0415  (it is a store itself)

            return RemoteStore.open_remote(url, mode, remote or Remote.read(), anew=anew)
        if scheme != "oxigraph" or not rest:
            raise StoreUnavailable(
                f"{url!r} is not the address of a store; write oxigraph:PATH, memory: or sparql+http://HOST/PATH"
            )
        folder = Folder.at(url)
        return cls._open_writer(folder) if mode == "write" else cls._open_reader(folder)

    @classmethod
    def _open_writer(cls, folder: Folder) -> Self:
        from kg.store.journal import Journal  # noqa: PLC0415

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
        return cls(journal, engine, folder=folder, held=held)

    @classmethod
    def _open_reader(cls, folder: Folder) -> Self:
        folder.check_present()
        try:
            journal = journal_file.open_file(folder.journal)
        except StoreUnavailable as error:
            if folder.is_begun():
                raise StoreUnavailable(
                    f"the store at {folder.path} was begun and never finished; run `kg build`, or what began it, again"
                ) from error
            raise
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
                if self._engine and self.writable:
                    self.checkpoint()
                    if self._folder:
                        self.fingerprint()  # which those who read then need not make
            finally:
                self._closed = True
                self._drop_engine()
                if not self._borrowed:
                    self._journal.close()
                if self._held is not None:
                    os.close(self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def answers(self) -> Path | None:
        """The folder for the answers given before, beside the store; none for a store in memory."""
        return self._folder.answers if self._folder else None

    @property
    def table(self) -> Path | None:
        """The folder for the evidence table, beside the store; none for a store in memory."""
        return self._folder.table if self._folder else None

    def _beside(self) -> Path | None:
        return self._folder.fingerprint if self._folder else None

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing, and sees the newest commit."""
        return self._at is None

    def check_ready(self) -> None:
        """See that the engine can be read now.

        Raises StoreUnavailable.
        """
        self.ask("ASK { ?s ?p ?o }")

    # The past.

    def at(self, commit: int) -> Store:
        """Return this store as it was after a commit, for reading; it ends when this one is closed.

        Its engine is made in memory from what the journal says was live then: about 3 seconds and 1 GB for a million
        triples. Raises StoreUnavailable where there is no such commit, or the journal is damaged.
        """
        link = self._journal.hash_of(commit)
        if commit <= 0 or not link or (self._at is not None and commit > self._at):
            raise StoreUnavailable(f"there is no commit {commit}; the newest is {self.head().number}")
        engine = EmbeddedEngine.in_memory()
        engine.fill(projection.whole(self._journal, commit), Mark(commit, link))
        return Store(self._journal, engine, at=commit, borrowed=True)

    def forward(self, commit: int) -> None:
        """Bring a store of the past to a later commit, by what changed in between.

        Raises StoreUnavailable.
        """
        if not self._borrowed or self._at is None or commit < self._at:
            raise StoreUnavailable(f"only a store of the past goes forward, and commit {commit} is not ahead of it")
        change = projection.delta(self._journal, self._at, commit)
        self._present().apply(change.removed, change.added, Mark(commit, self._journal.hash_of(commit)))
        self._at = commit

    # Writing.

    def share(self) -> None:
        """Let others write between the turns of this store, where its journal allows several writers."""

    def turn(self) -> AbstractContextManager[bool]:
        """Be the only one who writes, and say whether somebody else has written since the last turn.

        Raises StoreUnavailable.
        """
        return nullcontext(False)

    def commit(self, changes: Iterable[Change | Entry], author: str, reason: str, *, checkpoint: bool = True) -> Commit:
        """Put and retract records, all or nothing, and return the commit once it is safe on the disk.

        Changes that change nothing are dropped; when none is left, the present head is returned, without versions.
        ``checkpoint=False`` leaves publishing for readers to a later commit, to ``checkpoint()`` or ``close()``.

        Raises InputRefused and UnknownTerm with nothing written; StoreUnavailable, whose message says what was.
        """
        entries = canonical_entries(changes)
        check_texts(author=author, reason=reason)
        if not author.strip() or not reason.strip():
            raise InputRefused("a commit needs an author and a reason; say who changes the store, and why")
        with self._writing, self.turn() as moved:
            self._check_writable()
            if moved:
                raise StoreUnavailable(
                    "another service has written to this store meanwhile; nothing was written, repeat"
                )
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
                elif not (size > _LOADED_BYTES and self._load(engine, commit, effective)):
                    self._catch_up(engine)
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
        return [(entry.source, entry.id) for entry in self.effective(changes)]

    def effective(self, changes: Iterable[Change]) -> list[Entry]:
        """Return those changes that change a record, in canonical form; nothing is written.

        Raises InputRefused, and UnknownTerm for the retraction of a record that never was.
        """
        return self._effective(canonical_entries(changes))

    def checkpoint(self) -> None:
        """Publish the newest commit for readers.

        Raises StoreUnavailable.
        """
        with self._writing:
            self._check_writable()
            engine = self._present()
            head = self._journal.head().number
            if self._folder and self._published != head:
                assert isinstance(engine, EmbeddedEngine)
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

    def _drop_engine(self) -> None:
        if self._engine:
            self._engine.close()
        self._engine = None

    def _check_writable(self) -> None:
        if not self.writable:
            raise StoreUnavailable("the store is open for reading; open it with mode='write'")

    def _load(self, engine: Engine, commit: Commit, entries: list[Entry]) -> bool:
        """Load a commit of new records into an engine that holds all before it, or say no."""
        if not isinstance(engine, EmbeddedEngine) or any(v.version > 1 or v.action != "put" for v in commit.versions):
            return False
        if engine.applied() != Mark(commit.number - 1, commit.previous_hash):
            return False
        contents = {(e.source, e.id): e.content or b"" for e in entries}
        parts = projection.parts_of((version, contents[version.source, version.id]) for version in commit.versions)
        engine.load(parts, Mark(commit.number, commit.hash))
        return True

    def _catch_up(self, engine: Engine) -> None:
        upkeep.catch_up(self._journal, engine)

    def _present(self) -> Engine:
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
