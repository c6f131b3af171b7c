"""The folder of a disk store: its layout, the writer's lock, and the checkpoints that readers open.

``journal.sqlite``, ``engine/`` (the writer's), ``checkpoints/<commit>-<run>/`` (read-only copies of the engine by hard
links), ``answers/`` and ``table/`` (kept beside the store), ``lock``.
"""

from __future__ import annotations

import fcntl
import glob
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from kg.errors import NoRoom, StoreUnavailable
from kg.store.embedded import EmbeddedEngine

_KEPT: Final = 2
KEYS: Final = "keys"
_BEFORE_JOURNAL: Final = frozenset({"lock", "answers", KEYS})
_CHECKPOINT: Final = re.compile(r"([0-9]+)-([0-9]+)")
RESERVE_BYTES: Final = 64 * 1024 * 1024
PAUSE: Final = 0.02


class Checkpoint(NamedTuple):
    """A read-only copy of the engine at a commit; ``run`` counts the copies of one commit, as after a rebuild."""

    commit: int
    run: int
    place: Path


class Locked(StoreUnavailable):
    """Another process writes to the store."""


class Folder:
    """Paths of a store, and the locks on them."""

    def __init__(self, path: Path, journal: str = "journal.sqlite") -> None:
        self.path = path
        self.journal = path / journal
        self.engine = path / "engine"
        self.checkpoints = path / "checkpoints"
        self.answers = path / "answers"
        self.table = path / "table"
        self.fingerprint = self.table / "fingerprint"
        self._lock = path / "lock"

    @classmethod
    def at(cls, url: str) -> Folder:
        """Return the folder of the store at ``oxigraph:PATH``.

        Raises StoreUnavailable for an address of another kind.
        """
        scheme, _, path = url.partition(":")
        if scheme != "oxigraph" or not path:
            raise StoreUnavailable(f"{url!r} is not the address of a store in a folder; write oxigraph:PATH")
        return cls(Path(path).expanduser().absolute())

    def is_empty(self) -> bool:
        """Tell whether the folder holds nothing that a store is made of."""
        return {entry.name for entry in self.path.iterdir()} <= _BEFORE_JOURNAL

    def is_begun(self) -> bool:
        """Tell whether the store never came so far as to have an engine."""
        return not self.engine.exists() and not self.checkpoints.exists()

    def is_foreign(self) -> bool:
        """Tell whether the folder holds things, none of them of a store."""
        return not self.is_empty() and not any(p.exists() for p in (self.journal, self.engine, self.checkpoints))

    def check_present(self) -> None:
        """Say what is wrong with a folder that should hold a store.

        Raises StoreUnavailable.
        """
        if not self.path.exists():
            aside = max(self.path.parent.glob(f"{glob.escape(self.path.name)}.before-restore-*"), default=None)
            more = f", or rename {aside}, which a restore put aside" if aside else ""
            raise StoreUnavailable(f"no store at {self.path}; run `kg build`{more}")
        if not self.path.is_dir():
            raise StoreUnavailable(f"{self.path} is a file, and a store is a folder; name another path")
        if not self.journal.exists():
            if self.is_empty():
                raise StoreUnavailable(f"no store at {self.path}: the folder is empty; run `kg build`")
            if self.engine.exists() or self.checkpoints.exists():
                raise StoreUnavailable(
                    f"the store at {self.path} has lost its journal.sqlite; put back a good copy with `kg restore`"
                )
            raise StoreUnavailable(f"{self.path} is not a store: it has no journal.sqlite; name another folder")

    def prepare(self) -> bool:
        """Make the folder where it is missing, and say whether its journal is still to be made.

        Raises StoreUnavailable.
        """
        with translated(self.path):
            if not self.path.exists():
                self.path.mkdir(parents=True)
                sync(self.path.parent)
            if self.path.is_dir() and self.is_empty():
                return True
        self.check_present()
        return self.is_begun()

    def make(self) -> None:
        """Make the folder where it is missing.

        Raises StoreUnavailable.
        """
        with translated(self.path):
            self.path.mkdir(parents=True, exist_ok=True)

    def sync(self) -> None:
        """Make the names in the folder safe against a loss of power.

        Raises StoreUnavailable.
        """
        with translated(self.path):
            sync(self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the writer's lock.

        Raises Locked, naming the process that holds it; StoreUnavailable.
        """
        release = self.lock()
        try:
            yield
        finally:
            os.close(release)

    def lock(self, patience: float = 0) -> int:
        """Take the writer's lock, trying for some seconds; closing the descriptor returned lets go of it.

        Raises Locked, naming the process that holds it; StoreUnavailable.
        """
        with translated(self.path):
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                taken = _flocked(descriptor, patience)
                if taken and not self._is_lock(descriptor):
                    taken = False
                if taken:
                    holder = {"pid": os.getpid(), "since": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, json.dumps(holder).encode(), 0)
            except BaseException:
                os.close(descriptor)
                raise
        if not taken:
            os.close(descriptor)
            raise Locked(self._held())
        return descriptor

    def _is_lock(self, descriptor: int) -> bool:
        """Tell whether a descriptor is of the lock that is there now: a restore may have put another store there."""
        try:
            return os.path.samestat(os.fstat(descriptor), self._lock.stat())
        except FileNotFoundError:
            return False

    def _held(self) -> str:
        try:
            holder = json.loads(self._lock.read_text())
            pid, since = holder["pid"], holder["since"]
            who = f"process {pid} since {since}; wait until it ends, or stop it with `kill {pid}`"
        except (OSError, ValueError, KeyError, TypeError):
            who = f"another process; `fuser {self._lock}` names it; wait until it ends"
        return f"the store at {self.path} is being written by {who}. Commands that only read work meanwhile"

    def check_room(self, bytes: int) -> None:
        """Refuse a write for which the disk may not have room: an engine that ran out of it must be reopened.

        Raises NoRoom.
        """
        free, needed = shutil.disk_usage(self.path).free, RESERVE_BYTES + bytes
        if free < needed:
            raise NoRoom(
                f"the disk of {self.path} has {free // 2**20} MiB free, and this write needs {needed // 2**20}; "
                "nothing was written; free disk space and repeat"
            )

    def published(self) -> list[Checkpoint]:
        """Return the checkpoints, newest first."""
        if not self.checkpoints.is_dir():
            return []
        names = filter(None, (_CHECKPOINT.fullmatch(entry.name) for entry in self.checkpoints.iterdir()))
        found = (Checkpoint(int(name[1]), int(name[2]), self.checkpoints / name[0]) for name in names)
        return sorted(found, reverse=True)

    def publish(self, engine: EmbeddedEngine, commit: int) -> None:
        """Make a checkpoint of the engine, which holds a commit, and delete those that nobody needs.

        Raises StoreUnavailable.
        """
        with translated(self.path):
            self.checkpoints.mkdir(exist_ok=True)
            for leftover in self.checkpoints.glob(".*"):
                shutil.rmtree(leftover)
            unfinished = self.checkpoints / ".new"
            engine.checkpoint(unfinished)
            known = self.published()
            run = max((c.run for c in known if c.commit == commit), default=0) + 1
            unfinished.rename(self.checkpoints / f"{commit}-{run}")
            current = [c for c in self.published() if c.commit <= commit]
            for unneeded in {*known, *current} - set(current[:_KEPT]):
                _delete_unused(unneeded.place)

    def keep(self, place: Path) -> int | None:
        """Hold a checkpoint against deletion until the descriptor is closed; None where it went away meanwhile."""
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), place.stat()):
                return descriptor
        except OSError:
            pass
        os.close(descriptor)
        return None

    def replace_engine(self, fresh: Path) -> None:
        """Put a whole new engine in the place of the present one.

        Raises StoreUnavailable.
        """
        with translated(self.path):
            old = self.path / "engine.old"
            clear(old)
            if self.engine.exists():
                self.engine.rename(old)
            fresh.rename(self.engine)
            sync(self.path)
            clear(old)


def _flocked(descriptor: int, patience: float = 0) -> bool:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(PAUSE)
        else:
            return True


def _delete_unused(place: Path) -> None:
    """Delete a checkpoint unless a reader holds it: an engine opens some of its files late, by name."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return
    try:
        if _flocked(descriptor):
            gone = place.with_name(f".old-{place.name}")
            place.rename(gone)
            shutil.rmtree(gone)
    finally:
        os.close(descriptor)


def clear(place: Path) -> None:
    """Delete a file or a folder, where it is there and can be deleted."""
    if place.is_file():
        place.unlink()
    else:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn file errors into StoreUnavailable."""
    try:
        yield
    except StoreUnavailable:
        raise
    except OSError as error:
        raise StoreUnavailable(
            f"the store at {path} cannot be used: {error.strerror or error}; give access or make room, and repeat"
        ) from error


def sync(folder: Path) -> None:
    """Make the names in a folder safe against a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
