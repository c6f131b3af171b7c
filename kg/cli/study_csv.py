"""Study data of a CSV file: columns, and the line of each row, so that an error can name its place."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import EvidenceError, InputRefused, NotPoolable
from kg.pooling.request import RequestRefused, pointer

LARGEST = 64 * 1024 * 1024
MISSING = frozenset({"", "NA"})
DELIMITERS = (",", ";", "\t")
_WHOLE = re.compile(r"[+-]?\d{1,15}")


@dataclass(frozen=True)
class StudyTable:
    """The columns of a file, and the line that each row ends on."""

    path: Path
    columns: dict[str, list[Any]]
    lines: tuple[int, ...]

    def located(self, error: EvidenceError) -> EvidenceError:
        """Return an error with the file, line and column, or the option, that it is about."""
        place = (pointer(error) or "").split("/")[1:]
        if not place:
            return error
        if place[0] != "data":
            return InputRefused(f"--{place[0].replace('_', '-')}: {error}")
        if len(place) == 1:
            return InputRefused(f"{self.path}: {error}")
        column = place[1].replace("~1", "/").replace("~0", "~")
        line = self.lines[int(place[2])] if len(place) > 2 and int(place[2]) < len(self.lines) else 1
        message = f"{self.path}:{line}: column {column}: {error}"
        return NotPoolable(message) if not isinstance(error, RequestRefused) else InputRefused(message)


def read_table(path: Path) -> StudyTable:
    """Read a CSV file: numbers as numbers, empty cells and NA as missing, all else as text; study is always text.

    Cells are parted by commas, semicolons or tabs, whichever the header has. Raises InputRefused where the file cannot
    be read, naming file and line.
    """
    text = _text(path)
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    try:
        head = [name.strip() for name in next(reader, [])]
        if not head or len(set(head)) < len(head) or not all(head):
            raise InputRefused(f"{path}:1: the header must name every column once; it is {delimiter.join(head)!r}")
        rows, lines = [], []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(head):
                raise InputRefused(
                    f"{path}:{reader.line_num}: {len(cells)} cells under {len(head)} columns; give one cell for each"
                )
            rows.append([cell.strip() for cell in cells])
            lines.append(reader.line_num)
    except csv.Error as error:
        raise InputRefused(f"{path}:{reader.line_num}: not readable as CSV ({error}); check the quotes") from error
    if not rows:
        raise InputRefused(f"{path}: there are no studies under the header; give one row for each")
    columns = zip(*rows, strict=True)
    values = {name: _values(cells, as_text=name == "study") for name, cells in zip(head, columns, strict=True)}
    return StudyTable(path, values, tuple(lines))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise InputRefused(f"{path}: larger than {LARGEST // 1024**2} MiB; split it")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputRefused(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except OSError as error:
        raise InputRefused(f"{path} cannot be read ({error.strerror}); check the path") from error


def _values(cells: tuple[str, ...], *, as_text: bool) -> list[Any]:
    """Return a column; one that is mostly text, such as labels that are numbers here and there, is text throughout."""
    found = [None if cell in MISSING else _number(cell) for cell in cells]
    words = sum(isinstance(value, str) for value in found)
    if as_text or words > len(cells) / 2:
        return [None if cell in MISSING else cell for cell in cells]
    return found


def _number(cell: str) -> int | float | str:
    """Return the number that a cell says, or its text."""
    if _WHOLE.fullmatch(cell):
        return int(cell)
    try:
        number = float(cell)
    except ValueError:
        return cell
    return number if abs(number) < float("inf") and "_" not in cell else cell
