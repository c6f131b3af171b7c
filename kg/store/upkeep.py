"""Keeping the engine of a disk store in step with its journal: catch up, rebuild, publish for readers."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.errors import StoreUnavailable
from kg.store import projection
from kg.store.embedded import EmbeddedEngine
from kg.store.engine import Engine, EngineDamaged, Mark
from kg.store.folder import PAUSE, Folder, Locked, clear

if TYPE_CHECKING:
    from kg.store.journal import Journal

_PATIENCE: Final = 2.0


class Opened(NamedTuple):
    """A checkpoint open for reading, the commit it holds, and the descriptor that keeps it from deletion."""

    engine: EmbeddedEngine
    commit: int
    kept: int

    def close(self) -> None:
        """Let go of the engine and of the checkpoint."""
        self.engine.close()
        os.close(self.kept)


def catch_up(journal: Journal, engine: Engine) -> None:
    """Apply to an engine, in one transaction, the commits that it lacks.

    Raises StoreUnavailable.
    """
    mark, head = engine.applied(), journal.head()
    if mark.commit != head.number:
        change = projection.delta(journal, mark.commit)
        engine.apply(change.removed, change.added, Mark(head.number, head.hash))


def present(folder: Folder, journal: Journal) -> EmbeddedEngine:
    """Open the writer's engine at the newest commit; one that is missing, damaged or of another journal is rebuilt.

    Raises StoreUnavailable.
    """
    for leftover in ("engine.new", "engine.old"):
        clear(folder.path / leftover)
    try:
        engine = EmbeddedEngine.open(folder.engine)
        try:
            mark = engine.applied()
            behind_nothing = mark.commit == 0 and journal.head().number
            if mark.hash == journal.hash_of(mark.commit) and not behind_nothing:
                catch_up(journal, engine)
                return engine
        except BaseException:
            engine.close()
            raise
        engine.close()
    except EngineDamaged:
        pass
    return rebuild(folder, journal)


def rebuild(folder: Folder, journal: Journal) -> EmbeddedEngine:
    """Make the engine anew from the journal alone, beside the present one, and change them when it is whole.

    Raises StoreUnavailable.
    """
    fresh = folder.path / "engine.new"
    clear(fresh)
    head = journal.head()
    engine = EmbeddedEngine.open(fresh)
    try:
        if head.number:
            engine.fill(projection.whole(journal), Mark(head.number, head.hash))
    except BaseException:
        engine.close()
        clear(fresh)
        raise
    engine.close()
    folder.replace_engine(fresh)
    return EmbeddedEngine.open(folder.engine)


def publish(folder: Folder, journal: Journal, engine: EmbeddedEngine) -> None:
    """See to it that the newest commit has a checkpoint that can be read.

    Raises StoreUnavailable.
    """
    head = journal.head().number
    found = _open(folder, journal)
    if found:
        found.close()
    if not found or found.commit != head:
        folder.publish(engine, head)


def open_newest(folder: Folder, journal: Journal) -> Opened:
    """Open a checkpoint for reading: that of the newest commit, or an older one while a writer is busy.

    Where a writer died before it published, the reader does it in its place.

    Raises StoreUnavailable.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        head = journal.head().number
        if any(checkpoint.commit == head for checkpoint in folder.published()):
            found = _open(folder, journal)
            if found and found.commit >= head:
                return found
            if found:
                found.close()
        try:
            _publish_for_the_dead(folder, journal)
            reason = StoreUnavailable(f"the store at {folder.path} has no readable checkpoint; run `kg rebuild`")
        except Locked as busy:
            if time.monotonic() < deadline:
                time.sleep(PAUSE)
                continue
            reason = busy
        except StoreUnavailable as error:  # such as a full disk, or no right to write
            reason = error
        if found := _open(folder, journal):
            return found
        raise reason


def _publish_for_the_dead(folder: Folder, journal: Journal) -> None:
    with folder.locked():
        engine = present(folder, journal)
        try:
            publish(folder, journal, engine)
        finally:
            engine.close()


def _open(folder: Folder, journal: Journal) -> Opened | None:
    """Open the newest checkpoint that can be read and is of this journal."""
    for checkpoint in folder.published():
        kept = folder.keep(checkpoint.place)
        if kept is None:
            continue
        engine = None
        try:
            engine = EmbeddedEngine.read_only(checkpoint.place)
            mark = engine.applied()
            if mark.commit == checkpoint.commit and mark.hash == journal.hash_of(mark.commit):
                return Opened(engine, mark.commit, kept)
        except StoreUnavailable:
            pass
        if engine:
            engine.close()
        os.close(kept)
    return None
