"""CSV files as lines of cells: UTF-8 alone, quotes checked, read line by line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kg.errors import InputRefused

LONGEST = 1024 * 1024
"""Bytes of one line of text; a cell may have several lines."""
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"


def read(path: Path, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each line that is not empty; ``name`` is how the file is called in messages.

    Raises InputRefused for another encoding, quotes that do not close, a line that is too long, an unreadable file.
    """
    try:
        with path.open("rb") as stream:
            yield from lines(stream, name)
    except OSError as error:
        raise InputRefused(f"{name}: cannot be read ({error.strerror or error}); check the file") from error


def lines(stream: BinaryIO, name: str, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each line that is not empty.

    Raises InputRefused.
    """
    reader = csv.reader(_text(stream, name), strict=True, delimiter=delimiter)
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise InputRefused(f"{name}:{reader.line_num}: not readable as CSV ({error}); check the quotes") from error


def _text(stream: BinaryIO, name: str) -> Iterator[str]:
    before = number = 0
    while raw := stream.readline(LONGEST + 1):
        number += 1
        if len(raw) > LONGEST:
            raise InputRefused(f"{name}:{number}: a line of more than {LONGEST // 1024} KiB; is it a CSV file?")
        if number == 1 and raw.startswith(_WIDE):
            raise InputRefused(f"{name}: not UTF-8 at byte 0, it begins like UTF-16; save the table as UTF-8")
        try:
            yield raw.removeprefix(_BOM).decode() if number == 1 else raw.decode()
        except UnicodeDecodeError as error:
            place = before + error.start + (len(_BOM) if number == 1 and raw.startswith(_BOM) else 0)
            raise InputRefused(
                f"{name}: not UTF-8 at byte {place}, in line {number}; save the table as UTF-8"
            ) from error
        before += len(raw)
