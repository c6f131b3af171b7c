"""A store from a backup: prepared beside its place, checked in whole, and put there by renaming."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from kg.errors import InputRefused, StoreUnavailable
from kg.store.backup import ANSWERS, JOURNAL, Manifest, check, copy_answers, unfinished_beside
from kg.store.folder import KEYS, Folder, sync, translated
from kg.store.journal import Journal
from kg.store.store import Store


class Restored(NamedTuple):
    """What was restored, and where the store went that was there before."""

    manifest: Manifest
    aside: Path | None


def restore(source: Path, folder: Folder, *, force: bool = False) -> Restored:
    """Put a backup in the place of a store; ``force`` puts a store that is there aside, which is kept.

    Answers come back too. Keys are not in a backup: those of the store that is put aside stay in force.

    Raises InputRefused where the source is no backup, or a store is there and ``force`` is not given; StoreUnavailable
    where the backup is damaged, another process writes to the store that is there, or the disk is full.
    """
    source = source.expanduser().absolute()
    manifest = check(source)
    with _held(folder, force=force) as present, translated(folder.path), unfinished_beside(folder.path) as place:
        Folder(place).check_room(3 * manifest.journal_bytes)
        shutil.copyfile(source / JOURNAL, place / JOURNAL)
        copy_answers(source / ANSWERS, place / ANSWERS)
        if present and (folder.path / KEYS).is_file():
            shutil.copy2(folder.path / KEYS, place / KEYS)
        _complete(place, manifest)
        return Restored(manifest, _put(place, folder.path, keep=present and force))


def _complete(place: Path, manifest: Manifest) -> None:
    """Make the engine from the journal, and check that the store is the one that was backed up."""
    with Store.open(f"oxigraph:{place}", "write") as store:
        faults = store.verify()
        if faults or store.head().hash != manifest.hash or store.fingerprint() != manifest.fingerprint:
            raise StoreUnavailable(
                f"what was restored is not what was backed up ({'; '.join(faults[:3]) or 'another fingerprint'}); "
                "nothing was put in place; see that the disk is sound, and repeat"
            )
    (place / "lock").unlink(missing_ok=True)
    with (place / JOURNAL).open("rb+") as journal:
        os.fsync(journal.fileno())
    sync(place)


@contextmanager
def _held(folder: Folder, *, force: bool) -> Iterator[bool]:
    """Hold the writer's lock of a folder that is there, and say whether one is.

    Raises InputRefused where it is not one to replace, StoreUnavailable where another process writes to it.
    """
    if not os.path.lexists(folder.path):
        yield False
        return
    if not folder.path.is_dir():
        raise InputRefused(f"{folder.path} is a file, and a store is a folder; name another place with --store")
    if not any(folder.path.iterdir()):
        yield False  # renaming replaces an empty folder
        return
    _check_replaceable(folder, force=force)
    with folder.locked():
        yield True


def _check_replaceable(folder: Folder, *, force: bool) -> None:
    try:
        folder.check_present()
        with closing(Journal.open(folder.journal, writable=False)) as journal:
            head = journal.head()
        if head.number == 0:
            return
        found = f"a store with {head.number} commits, the newest of {head.time}"
    except StoreUnavailable as fault:
        if folder.is_foreign():
            raise InputRefused(f"{fault}; nothing was restored") from fault
        if folder.is_empty():
            return
        found = f"a store that cannot be used ({fault})"
    if not force:
        raise InputRefused(f"{folder.path} has {found}; --force puts it aside and keeps it, or name another --store")


def _put(place: Path, target: Path, *, keep: bool) -> Path | None:
    """Move a whole store to its place; one that is there goes aside, and is kept where asked."""
    aside = None
    if target.is_dir() and any(target.iterdir()):
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        aside = target.with_name(f"{target.name}.before-restore-{moment}")
        target.rename(aside)
    try:
        place.rename(target)
    except OSError:
        if aside:
            aside.rename(target)
        raise
    sync(target.parent)
    if aside and not keep:
        shutil.rmtree(aside, ignore_errors=True)
        aside = None
    return aside
