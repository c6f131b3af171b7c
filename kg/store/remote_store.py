"""A store whose engine is a SPARQL service elsewhere: its journal is a file or a database, its writers take turns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, Self

from kg.errors import StoreUnavailable
from kg.settings import Remote
from kg.store import remote_upkeep
from kg.store.engine import Engine
from kg.store.folder import Locked
from kg.store.journal import Journal
from kg.store.remote import RemoteEngine
from kg.store.remote_place import RemotePlace
from kg.store.remote_service import RemoteService
from kg.store.store import Store
from kg.store.turn_locks import DatabaseLock, FolderLock, TurnLock

_OPENING: Final = 1.0
_TURN: Final = 10.0
_READING: Final = 3.0
_READY: Final = 5.0
_PAUSE: Final = 0.1


class RemoteStore(Store):
    """A journal, and a service that follows it.

    A commit is safe in the journal before the engine hears of it. A reader sees one commit, and is told where the
    engine goes on to another.
    """

    def __init__(self, url: str, remote: Remote, place: RemotePlace, journal: Journal, lock: TurnLock) -> None:
        super().__init__(journal, None)
        self._url, self._remote, self._place = url, remote, place
        self._lock = lock
        self._mine = False
        self._depth = 0
        self._seen = 0

    @classmethod
    def open_remote(cls, url: str, mode: Literal["read", "write"], remote: Remote, *, anew: bool = False) -> Self:
        """Open the store on the service at ``sparql+http://...``; ``anew`` is for who will rebuild the engine.

        Raises StoreUnavailable: no such service, no journal, another writer, an engine that holds something else.
        """
        place = RemotePlace.of(url, remote)
        journal = _journal(place, writable=mode == "write")
        lock = FolderLock(place.folder) if place.database is None else DatabaseLock(journal.sql, journal.place)
        store = cls(url, remote, place, journal, lock)
        try:
            if mode == "write":
                store._begin(anew=anew)
            else:
                store._look()
        except BaseException:
            store.close()
            raise
        return store

    @property
    def answers(self) -> Path | None:
        """The folder for the answers given before, on this machine."""
        return self._place.folder.answers

    @property
    def table(self) -> Path | None:
        """The folder for the evidence table, on this machine."""
        return self._place.folder.table

    def check_ready(self) -> None:
        """See that the engine answers, and soon.

        Raises StoreUnavailable.
        """
        engine = self._present()
        assert isinstance(engine, RemoteEngine)
        engine.notes(min(self._remote.seconds, _READY))

    def share(self) -> None:
        """Let others write between the turns of this store, rather than hold the lock until it is closed."""
        self._lock.release()
        self._mine = False

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Be the only one who writes, and say whether somebody else has written since the last turn.

        Raises Locked, StoreUnavailable.
        """
        with self._writing:
            first, moved = self._depth == 0, False
            if first and not self._mine:
                self._lock.take(_TURN)
            self._depth += 1
            try:
                if first and not self._mine and (head := self._journal.head().number) != self._seen:
                    self._catch_up(self._present())
                    self._seen, moved = head, True
                yield moved
                if first:
                    self._seen = self._journal.head().number
            finally:
                self._depth -= 1
                if first and not self._mine:
                    self._lock.release()

    def checkpoint(self) -> None:
        """Do nothing: the engine itself is what readers see."""

    def rebuild(self) -> None:
        """Make the engine anew from the journal alone.

        Raises StoreUnavailable.
        """
        with self.turn():
            self._check_writable()
            engine = self._engine if isinstance(self._engine, RemoteEngine) else self._opened()
            self._engine = engine
            if not self._journal.head().number and engine.notes().reached.commit:
                raise StoreUnavailable(
                    f"the journal {self._journal.place} is empty, and the engine holds what comes from another; "
                    "set EVIGRAPH_JOURNAL to that one"
                )
            remote_upkeep.fill(self._journal, engine)

    def close(self) -> None:
        """Let go of connections and of the lock."""
        super().close()
        self._lock.release()

    def _begin(self, *, anew: bool) -> None:
        self._lock.take(_OPENING if self._place.database is None else _TURN)
        self._mine = True
        if not anew:
            self._present()
        self._seen = self._journal.head().number

    def _look(self) -> None:
        """See the newest commit, or an older one where the engine cannot be brought to it now.

        Where a writer died before the engine had followed, the reader does it in its place.
        """
        if not self._journal.head().number:
            raise StoreUnavailable(f"there is nothing yet in the journal {self._journal.place}; run `kg build`")
        engine = self._opened()
        self._engine = engine
        deadline = time.monotonic() + _READING
        while True:
            notes = engine.notes()
            remote_upkeep.check_own(self._journal, notes)
            if notes.reaching is None and notes.reached.commit == self._journal.head().number:
                break
            try:
                self._lock.take(0)
                try:
                    remote_upkeep.catch_up(self._journal, engine)
                finally:
                    self._lock.release()
            except StoreUnavailable as error:
                if isinstance(error, Locked) and time.monotonic() < deadline:
                    time.sleep(_PAUSE)
                elif notes.reaching is None and notes.reached.commit:
                    break
                else:
                    raise
        self._at = engine.applied().commit

    def _opened(self) -> RemoteEngine:
        return RemoteEngine(RemoteService(self._url, self._remote))

    def _present(self) -> Engine:
        if self._closed:
            raise StoreUnavailable("the store is closed; open it again")
        if self._engine is None:
            with self._writing:
                engine = self._opened()
                try:
                    remote_upkeep.catch_up(self._journal, engine)
                except BaseException:
                    engine.close()
                    raise
                self._engine = engine
        return self._engine

    def _catch_up(self, engine: Engine) -> None:
        assert isinstance(engine, RemoteEngine)
        remote_upkeep.catch_up(self._journal, engine)


def _journal(place: RemotePlace, *, writable: bool) -> Journal:
    if place.database is not None:
        return Journal.of_database(place.database, create=writable)
    if writable:
        place.folder.make()
    elif not place.folder.journal.exists():
        raise StoreUnavailable(
            f"there is no journal of this store at {place.folder.journal}; run `kg build`, or set EVIGRAPH_JOURNAL to "
            "where it is"
        )
    return Journal.open(place.folder.journal, writable=writable, create=writable)
