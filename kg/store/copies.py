"""Read-only copies of a store for those who read beside it: the checkpoints of a disk store, else copies of its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from threading import Lock
from typing import IO, Final, cast

import pyoxigraph as ox

from kg.errors import StoreUnavailable
from kg.store.folder import Folder, clear
from kg.store.records import Commit
from kg.store.store import Store
from kg.store.volatile import VolatileFolder

_KEPT: Final = 4


class Copies:
    """Where the copies of a store are, for the commits that it sees."""

    def __init__(self, url: str) -> None:
        self._folder = Folder.at(url) if url.startswith("oxigraph:") else None
        self._own: VolatileFolder | None = None
        self._made: dict[str, Path] = {}
        self._making = Lock()

    def known(self, commit: Commit) -> Path | None:
        """Return the folder of the copy of a commit that was asked for before, without waiting for anything."""
        return self._made.get(commit.hash)

    def place(self, store: Store) -> Path:
        """Return the folder of a copy of the store at the commit that it sees.

        Raises StoreUnavailable.
        """
        commit = store.head()
        with self._making:
            found = self._made.get(commit.hash)
            if found is None or not found.is_dir():
                found = self._published(commit.number) if self._folder else self._copied(store, commit.number)
                self._made[commit.hash] = found
                self._forget()
            return found

    def close(self) -> None:
        """Delete the copies that were made here."""
        if self._own is not None:
            self._own.close()
            self._own = None

    def _published(self, commit: int) -> Path:
        assert self._folder is not None
        for checkpoint in self._folder.published():
            if checkpoint.commit == commit:
                return checkpoint.place
        raise StoreUnavailable(f"commit {commit} of the store at {self._folder.path} has no checkpoint; ask again")

    def _copied(self, store: Store, commit: int) -> Path:
        self._own = self._own or VolatileFolder()
        target = self._own.path / str(commit)
        try:
            copy = ox.Store(str(target))
            with tempfile.TemporaryFile() as file:
                store.at(commit).engine.serialise(cast(IO[bytes], file), ox.RdfFormat.N_QUADS)
                file.seek(0)
                copy.bulk_load(file, ox.RdfFormat.N_QUADS)
            copy.flush()
            del copy
        except OSError as error:
            shutil.rmtree(target, ignore_errors=True)
            raise StoreUnavailable(
                f"no copy of the store can be made in {self._own.path}: {error}; make room"
            ) from error
        return target

    def _forget(self) -> None:
        while len(self._made) > _KEPT:
            oldest = next(iter(self._made))
            place = self._made.pop(oldest)
            if self._own is not None and place.parent == self._own.path:
                clear(place)
