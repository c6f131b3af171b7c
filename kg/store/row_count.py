"""Counting the rows of results as they are written, exactly, by what separates them in each form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final


class _Lines:
    """N-Triples and N-Quads: a line is a triple, line breaks in values are escaped."""

    def __init__(self, rows: int = 0) -> None:
        self.rows = rows

    def __call__(self, data: bytes) -> int:
        self.rows += data.count(b"\n")
        return self.rows


class _HeadedLines(_Lines):
    """TSV: a line is a row, the first one the heading."""

    def __init__(self) -> None:
        super().__init__(-1)


class _QuotedLines:
    """CSV: the first line is the heading, and a line break within quotes is part of a value."""

    def __init__(self) -> None:
        self.rows = -1
        self._quoted = False

    def __call__(self, data: bytes) -> int:
        parts = data.split(b'"')
        self.rows += sum(part.count(b"\n") for part in parts[self._quoted :: 2])
        self._quoted ^= len(parts) % 2 == 0
        return self.rows


class _Elements:
    """XML: a row is a ``result`` element; a ``<`` in a value is escaped."""

    _MARK = b"<result>"

    def __init__(self) -> None:
        self.rows = 0
        self._before = b""

    def __call__(self, data: bytes) -> int:
        data = self._before + data
        self.rows += data.count(self._MARK)
        self._before = data[-len(self._MARK) + 1 :]
        return self.rows


class _Objects:
    """JSON: a row is an object that an array or a comma precedes; what stands in strings does not count."""

    def __init__(self) -> None:
        self.rows = 0
        self._quoted = False
        self._before = b""
        self._escape = b""

    def __call__(self, data: bytes) -> int:
        data = self._escape + data
        trailing = len(data) - len(data.rstrip(b"\\"))
        self._escape = b"\\" if trailing % 2 else b""
        data = data[: len(data) - trailing % 2].replace(b"\\\\", b"").replace(b'\\"', b"")
        parts = data.split(b'"')
        outside = self._before + b'"'.join(parts[self._quoted :: 2])
        self.rows += outside.count(b",{") + outside.count(b"[{")
        self._before = outside[-1:]
        self._quoted ^= len(parts) % 2 == 0
        return self.rows


def _uncounted(data: bytes) -> int:
    return 0


_COUNTS: Final[dict[str, Callable[[], Callable[[bytes], int]]]] = {
    "application/sparql-results+json": _Objects,
    "application/sparql-results+xml": _Elements,
    "text/csv": _QuotedLines,
    "text/tab-separated-values": _HeadedLines,
    "application/n-triples": _Lines,
    "application/n-quads": _Lines,
}


def row_count(media_type: str) -> Callable[[bytes], int]:
    """Return what takes results piece by piece and returns the rows so far.

    Forms of graphs that are not written line by line are not counted: their bytes are.
    """
    return _COUNTS.get(media_type, lambda: _uncounted)()
