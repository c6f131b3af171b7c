"""Files of the registry: one record, a page of records, a folder or a zip of them, in either format."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kg.errors import InputRefused
from kg.sources import archive
from kg.sources.ctgov.documents import HEAD, document, going_on, looks_right
from kg.sources.incoming import Incoming

_NAMED = re.compile(r"NCT[0-9]{8}\.(?:json|xml)", re.IGNORECASE)
_SUFFIXES = (".json", ".xml")
_ZIP = b"PK\x03\x04"


def reads(path: Path) -> bool:
    """Tell whether a file looks like records of the registry, or a folder or a zip holds one that does."""
    if path.is_dir():
        return any(reads(inner) for inner in sorted(path.rglob("*")) if inner.is_file())
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
        if not head.startswith(_ZIP):
            return looks_right(head)
        return any(_wanted(entry) for entry in archive.entries(path, path.name))
    except (OSError, InputRefused):
        return False


def read(path: Path) -> Iterator[Incoming]:
    """Yield the records of a file, a folder or a zip, one by one.

    Raises InputRefused where a file cannot be read at all. In a folder or a zip the others go on, and what is plainly
    something else is passed over.
    """
    if path.is_dir():
        for inner in sorted(path.rglob("*")):
            name = inner.relative_to(path).as_posix()
            if inner.is_file() and (reads(inner) or _NAMED.fullmatch(inner.name)):
                yield from going_on(_file(inner, name), name)
        return
    yield from _file(path, path.name)


def read_bytes(data: bytes, name: str) -> Iterator[Incoming]:
    """Yield the records of a file by its content; the name is for messages alone.

    Raises InputRefused where it cannot be read at all.
    """
    yield from _stream(io.BytesIO(data), name)


def _file(path: Path, name: str) -> Iterator[Incoming]:
    try:
        with path.open("rb") as stream:
            yield from _stream(stream, name)
    except OSError as error:
        raise InputRefused(f"{name}: cannot be read ({error.strerror or error}); check the file") from error


def _stream(stream: BinaryIO, name: str) -> Iterator[Incoming]:
    head = stream.read(HEAD)
    stream.seek(0)
    if not head.startswith(_ZIP):
        yield from document(stream, head, name)
        return
    found = False
    for entry in archive.entries(stream, name):
        if _wanted(entry):
            found = True
            yield from going_on(_entry(entry), entry.place)
    if not found:
        raise InputRefused(f"{name}: no record of ClinicalTrials.gov in this archive; give one that has some")


def _wanted(entry: archive.Entry) -> bool:
    if not entry.name.lower().endswith(_SUFFIXES):
        return False
    if _NAMED.fullmatch(entry.name.rpartition("/")[2]):
        return True
    try:
        with entry.open() as stream:
            return looks_right(stream.read(HEAD))
    except InputRefused:
        return True


def _entry(entry: archive.Entry) -> Iterator[Incoming]:
    with entry.open() as stream:
        head = stream.read(HEAD)
    with entry.open() as stream:
        yield from document(stream, head, entry.place)
