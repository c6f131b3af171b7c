"""Who may write to a store on a remote engine: one at a time, on one machine or on several."""

from __future__ import annotations

import os
import time
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, text

from kg.store.folder import PAUSE, Folder, Locked
from kg.store.schema import translated

_TAKE: Final = text("SELECT pg_try_advisory_lock(1702259047, hashtext(current_schema()))")


class TurnLock(Protocol):
    """What a writer holds while it writes."""

    def take(self, patience: float) -> None:
        """Take it, trying for some seconds.

        Raises Locked, StoreUnavailable.
        """

    def release(self) -> None:
        """Let go of it; nothing happens where it is not held."""


class FolderLock:
    """The lock of a folder, for a journal that is a file."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._held: int | None = None

    def take(self, patience: float) -> None:
        """Take it, trying for some seconds."""
        self._held = self._folder.lock(patience)

    def release(self) -> None:
        """Let go of it."""
        if self._held is not None:
            os.close(self._held)
            self._held = None


class DatabaseLock:
    """An advisory lock of PostgreSQL, which goes when the connection of who holds it does."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place
        self._held: Connection | None = None

    def take(self, patience: float) -> None:
        """Take it, trying for some seconds."""
        with translated(self._place):
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            try:
                taken = _taken(connection, patience)
            except BaseException:
                connection.close()
                raise
        if not taken:
            connection.close()
            raise Locked(f"another service writes to the store of {self._place}; wait until it ends")
        self._held = connection

    def release(self) -> None:
        """Let go of it: the connection is not used again."""
        if self._held is not None:
            self._held.invalidate()
            self._held.close()
            self._held = None


def _taken(connection: Connection, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not connection.scalar(_TAKE):
        if time.monotonic() >= deadline:
            return False
        time.sleep(PAUSE)
    return True
