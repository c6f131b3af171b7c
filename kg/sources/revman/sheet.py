"""CSV tables of other programs: a header that must have certain columns, then rows with the line they stand on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO

from kg.errors import InputRefused
from kg.model.records import Origin
from kg.sources.revman.numbers import shown
from kg.sources.revman.reviewed import Fault

_LONGEST_LINE = 1024 * 1024
_MOST_BYTES = 1024 * 1024 * 1024
Cells = Mapping[str, str]


def rows(stream: BinaryIO, name: str, required: Iterable[str], what: str) -> Iterator[tuple[Origin, Cells] | Fault]:
    """Yield the rows of a table, a cell by the name of its column; a row with too many or too few cells is a fault.

    Raises InputRefused for a table that is not UTF-8 or not CSV, without a column that it must have, with a column
    twice, with a line that is too long, or with more than a gigabyte; ``what`` is how messages call such a table.
    """
    reader = csv.reader(_lines(stream, name), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check(header, name, list(required), what)
        for cells in reader:
            origin = Origin(name, reader.line_num)
            if not any(cells):
                continue
            if len(cells) != len(header):
                yield Fault(str(origin), f"{len(cells)} cells under {len(header)} columns; check commas and quotes")
            else:
                yield origin, dict(zip(header, (cell.strip() for cell in cells), strict=True))
    except csv.Error as error:
        raise InputRefused(f"{name}:{reader.line_num}: not readable as CSV ({error}); check the quotes") from error


def header(stream: BinaryIO, name: str) -> list[str]:
    """Return the header of a table, or nothing where it is none that can be read."""
    try:
        return [cell.strip() for cell in next(csv.reader(_lines(stream, name), strict=True), [])]
    except (csv.Error, InputRefused):
        return []


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="strict", newline="")
    number = size = 0
    try:
        while line := text.readline(_LONGEST_LINE):
            number += 1
            size += len(line)
            if len(line) >= _LONGEST_LINE:
                raise InputRefused(f"{name}:{number}: a line of more than {_LONGEST_LINE} characters; check the quotes")
            if size > _MOST_BYTES:
                raise InputRefused(f"{name}:{number}: more than {_MOST_BYTES // 1024**3} GiB of text; split the table")
            if "\0" in line:
                raise InputRefused(f"{name}:{number}: has a NUL character; it is no text, or not in UTF-8")
            yield line
    except UnicodeDecodeError as error:
        raise InputRefused(f"{name}:{number + 1}: not UTF-8 ({error.reason}); save the table as UTF-8") from error
    finally:
        with suppress(ValueError):  # whoever opened the stream may have closed it
            text.detach()


def _check(found: list[str], name: str, required: list[str], what: str) -> None:
    if doubled := sorted({c for c in found if c and found.count(c) > 1}):
        raise InputRefused(f"{name}:1: column {', '.join(map(shown, doubled))} twice; keep one")
    if missing := [c for c in required if c not in found]:
        raise InputRefused(
            f"{name}:1: column {', '.join(missing)} missing; {what} has the columns {', '.join(required)}"
        )
