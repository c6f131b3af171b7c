"""A copy of a store that can be kept elsewhere: the journal at one commit, and the answers kept beside it.

The engine is not in it: it is made anew from the journal when the copy is restored.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from kg.errors import InputRefused, StoreUnavailable
from kg.store import audit, schema
from kg.store.folder import Folder, sync, translated
from kg.store.journal import Journal
from kg.store.records import fingerprint

FORMAT: Final = 1
JOURNAL: Final = "journal.sqlite"
ANSWERS: Final = "answers"
MANIFEST: Final = "backup.json"
_ANOTHER: Final = "use another backup"


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: the newest commit, the fingerprint of what is live, and the checksum of its journal."""

    commit: int
    time: str
    hash: str
    fingerprint: str
    journal_sha256: str
    journal_bytes: int
    answers: int
    format: int = FORMAT


def back_up(folder: Folder, target: Path) -> Manifest:
    """Copy a store into a new folder while others may read and write it; the copy is checked, and whole or absent.

    Raises InputRefused where something is there already; StoreUnavailable where the store is missing or damaged, or the
    copy cannot be written.
    """
    folder.check_present()
    target = target.expanduser().absolute()
    if target.is_relative_to(folder.path):
        raise InputRefused(f"{target} is inside the store; name a folder elsewhere, best on another disk")
    if os.path.lexists(target) and (not target.is_dir() or any(target.iterdir())):
        raise InputRefused(f"{target} is there already, and a backup overwrites nothing; name a new folder")
    with translated(target), unfinished_beside(target) as place:
        _check_room(place, folder.journal.stat().st_size)
        _copy_journal(folder.journal, place / JOURNAL)
        answers = copy_answers(folder.answers, place / ANSWERS)
        made = _described(place, answers, "put the last good copy in its place with `kg restore`")
        write_synced(place / MANIFEST, json.dumps(asdict(made), indent=2).encode())
        sync(place)
        place.rename(target)
        sync(target.parent)
    return made


def check(place: Path) -> Manifest:
    """Return what a backup holds, after checking every byte of it.

    Raises InputRefused where it is no backup, StoreUnavailable where it is damaged.
    """
    try:
        text = (place / MANIFEST).read_bytes()
    except OSError as error:
        raise InputRefused(
            f"{place} is not a backup: its {MANIFEST} cannot be read ({error.strerror}); name a folder that "
            "`kg backup` made"
        ) from error
    try:
        told = json.loads(text)
        if isinstance(told, dict) and isinstance(told.get("format"), int) and told["format"] > FORMAT:
            raise StoreUnavailable(
                f"the backup {place} has format {told['format']}, this release reads {FORMAT}; use a newer release"
            )
        known = Manifest(**told)
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreUnavailable(f"the backup {place} is damaged: its {MANIFEST} was changed; {_ANOTHER}") from error
    if known != _described(place, known.answers, _ANOTHER):
        raise StoreUnavailable(f"the backup {place} is damaged: its {JOURNAL} is not the one copied; {_ANOTHER}")
    return known


def _described(place: Path, answers: int, remedy: str) -> Manifest:
    """Return the manifest of a folder with a journal, which is checked in whole.

    Raises StoreUnavailable.
    """
    with translated(place):
        file = place / JOURNAL
        size = file.stat().st_size
        with file.open("rb") as opened:
            checksum = hashlib.file_digest(opened, "sha256").hexdigest()
    with closing(Journal.open(file, writable=False)) as journal:
        faults = [fault for fault, _ in zip(audit.journal_faults(journal), range(3), strict=False)]
        if faults:
            raise StoreUnavailable(f"the journal is damaged: {'; '.join(faults)}; {remedy}")
        head, live = journal.head(), fingerprint(journal.heads())
    return Manifest(head.number, head.time, head.hash, live, checksum, size, answers)


def _copy_journal(source: Path, target: Path) -> None:
    """Copy a journal as it is at one moment, by SQLite's own backup: neither readers nor a writer wait for it."""
    engine = schema.sqlite_file(source, writable=False)
    try:
        with schema.translated(str(source)), closing(engine.raw_connection()) as opened:
            journal = opened.driver_connection
            assert isinstance(journal, sqlite3.Connection)
            try:
                with closing(sqlite3.connect(target)) as copy:
                    journal.backup(copy)
                    copy.execute("PRAGMA journal_mode = DELETE")  # one file, which can be read from any disk
            except sqlite3.Error as error:
                raise StoreUnavailable(
                    f"the journal {source} cannot be copied to {target.parent}: {error}; nothing was made; see that "
                    "there is room and the disks are sound"
                ) from error
    finally:
        engine.dispose()
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def copy_answers(source: Path, target: Path) -> int:
    """Copy the answers kept beside a store, and return how many there are."""
    target.mkdir()
    names = sorted(path.name for path in source.glob("*.json")) if source.is_dir() else []
    for name in names:
        write_synced(target / name, (source / name).read_bytes())
    sync(target)
    return len(names)


def write_synced(path: Path, content: bytes) -> None:
    """Write a file and flush it to the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _check_room(place: Path, size: int) -> None:
    free = shutil.disk_usage(place).free
    if free < size:
        raise StoreUnavailable(
            f"the disk of {place.parent} has {free // 2**20} MiB free, and the journal alone has {size // 2**20}; "
            "free disk space, or name a folder on another disk"
        )


@contextmanager
def unfinished_beside(target: Path) -> Iterator[Path]:
    """Give a folder beside a target in which to prepare it; what is still there at the end is deleted.

    Folders that killed processes left behind are deleted first; one that is in use is locked, and stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    marks = f".{target.name}.", ".unfinished"
    for leftover in target.parent.glob(f"{marks[0]}*{marks[1]}"):
        with _locked(leftover) as free:
            if free:
                shutil.rmtree(leftover, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=marks[0], suffix=marks[1], dir=target.parent))
    try:
        with _locked(place):
            place.chmod(0o755)
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _locked(place: Path) -> Iterator[bool]:
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
