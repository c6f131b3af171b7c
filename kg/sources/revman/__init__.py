"""RevMan: its review files, CSV exports, data packages and templates, and Covidence's export, as records.

``.rm5``; the CSV export of RevMan 5; the data package of the Cochrane Library (a zip, a folder, or its data rows
alone); the four CSV templates of RevMan; and the compact table of a library of reviews.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from kg.errors import InputRefused
from kg.sources.incoming import Incoming
from kg.sources.revman import library, package, parts, rm5, rm5_csv, sheet
from kg.sources.revman.parts import Part
from kg.sources.revman.reviewed import ReviewOf
from kg.sources.revman.writing import written

OF_FOLDERS = (".rm5", ".csv")
"""Suffixes of the files that are read with their folder; others are read one by one."""
_PACKED, _ZIP, _XML = b"\x1f\x8b", b"PK", b"<"


def read(path: Path) -> Iterator[Incoming]:
    """Yield the records of a file, a folder or a zip, one review at a time.

    Raises InputRefused where the whole cannot be read.
    """
    if path.is_dir():
        yield from written(_in_parts(parts.in_folder(path), path.name))
        return
    try:
        with path.open("rb") as stream:
            first = stream.read(2)
        if first == _ZIP:
            yield from written(_in_parts(parts.in_zip(path, path.name), path.name))
        else:
            yield from written(_file(lambda: path.open("rb"), path.name))
    except OSError as error:
        raise InputRefused(f"{path.name}: cannot be read ({error.strerror or error}); check the file") from error


def read_bytes(data: bytes, name: str) -> Iterator[Incoming]:
    """Yield the records of a file by its content; ``name`` is how messages and origins call it.

    Raises InputRefused where the whole cannot be read.
    """
    if data.startswith(_ZIP):
        yield from written(_in_parts(parts.in_zip(data, name), name))
    else:
        yield from written(_file(lambda: nullcontext(io.BytesIO(data)), name))


def reads(path: Path) -> bool:
    """Tell whether a file, folder or zip looks like one of RevMan's, by suffix, first bytes or header."""
    try:
        if path.is_dir():
            return any(_known(part) for part in parts.in_folder(path))
        with path.open("rb") as stream:
            first = stream.read(4096)
        if first.startswith(_ZIP):
            return any(_known(part) for part in parts.in_zip(path, path.name))
        if first.startswith(_PACKED):
            with path.open("rb") as stream:
                return parts.table_of(sheet.header(library.unpacked(stream, path.name), path.name)) == "library"
        if path.suffix.lower() == ".rm5" or b"<COCHRANE_REVIEW" in first:
            return True
        return path.suffix.lower() == ".csv" and parts.table_of(sheet.header(io.BytesIO(first), path.name)) is not None
    except (OSError, InputRefused):
        return False


def _known(part: Part) -> bool:
    return part.name.lower().endswith(".rm5") or (part.name.lower().endswith(".csv") and part.table is not None)


def _file(opened: Callable[[], AbstractContextManager[BinaryIO]], name: str) -> Iterator[ReviewOf]:
    """Yield the reviews of one file that is no archive, by what it begins with."""
    with opened() as stream:
        first = stream.read(4096)
    if first.startswith(_PACKED):
        with opened() as stream:
            yield from library.read(library.unpacked(stream, name), name)
    elif name.lower().endswith(".rm5") or first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_XML):
        with opened() as stream:
            yield rm5.read(stream, name)
    else:
        yield from _table(Part(name, opened), name)


def _table(part: Part, name: str) -> Iterator[ReviewOf]:
    table = part.table
    if table == "library":
        with part.open() as stream:
            yield from library.read(stream, name)
    elif table == "rm5-csv":
        with part.open() as stream:
            yield rm5_csv.read(stream, name)
    elif table is None:
        with part.open() as stream:
            for _ in sheet.rows(stream, name, (), "a table"):
                break  # whatever hinders reading it is the better complaint
        raise InputRefused(f"{name}: its header is that of no table of RevMan; check the names of the columns")
    else:
        yield package.read([part], package.identifier(name))


def _in_parts(found: Iterator[Part], name: str) -> Iterator[ReviewOf]:
    """Yield the reviews among the files of a folder or zip: each file that is one, and the packages of tables."""
    packages: dict[str, list[Part]] = {}
    alone = 0
    for part in found:
        if part.name.lower().endswith(".rm5"):
            alone += 1
            with part.open() as stream:
                yield rm5.read(stream, part.name)
        elif part.name.lower().endswith(".csv") and (table := part.table):
            if table in ("rm5-csv", "library"):
                alone += 1
                yield from _table(part, part.name)
            else:
                packages.setdefault(package.identifier(part.name), []).append(part)
    if not alone and not packages:
        raise InputRefused(f"{name}: no review in it; name a file of RevMan, a data package, or tables that it writes")
    for identifier, tables in packages.items():
        yield package.read(tables, identifier)
