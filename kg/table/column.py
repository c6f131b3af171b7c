"""The values of one column as an array of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kg.catalog import Plain
from kg.table.texts import Array, Texts

_SMALLEST: Final = -(2**63)
TEXT, INTEGER, DECIMAL, MIXED, NOTHING = "text", "integer", "decimal", "mixed", "nothing"
"""Kinds of columns: of texts, of integers, of decimals, of several types, and without a value."""
_READ: Final[dict[str, Callable[[str], Plain]]] = {"s": str, "i": int, "f": float, "b": lambda text: text == "True"}


class Names:
    """Texts by a number in the order in which they are first met; sorted, they become the dictionary of a segment."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def code(self, text: str) -> int:
        """Return the number of a text."""
        return self.known.setdefault(text, len(self.known))

    def sorted(self) -> tuple[Texts, Array]:
        """Return the dictionary of all texts, and the code there of each number."""
        ordered = sorted(self.known)
        ranks = np.empty(len(ordered), dtype=np.int32)
        ranks[np.fromiter(map(self.known.__getitem__, ordered), np.int64, len(ordered))] = np.arange(len(ordered))
        return Texts.of(ordered), ranks


@dataclass(frozen=True)
class Column:
    """A column: numbers of texts, integers, decimals, or nothing at all.

    Where a value is missing stands the number -1, the smallest integer of 64 bits, or a decimal that is not a number.
    In a column of several types each value is a text that names its type.
    """

    kind: str
    values: Array

    @classmethod
    def of(cls, values: Sequence[Plain], names: Names) -> Column:
        """Make a column of values."""
        kind, size = _kind(values), len(values)
        if kind == TEXT:
            codes = (-1 if v is None else names.code(v) for v in values)  # type: ignore[arg-type]
            return cls(kind, np.fromiter(codes, np.int32, size))
        if kind == MIXED:
            return cls(kind, np.fromiter((-1 if v is None else names.code(_tagged(v)) for v in values), np.int32, size))
        if kind == DECIMAL:
            return cls(kind, np.fromiter((np.nan if v is None else v for v in values), np.float64, size))
        if kind == INTEGER:
            return cls(kind, np.fromiter((_SMALLEST if v is None else v for v in values), np.int64, size))
        return cls(kind, np.empty(0, dtype=np.int8))

    @property
    def coded(self) -> bool:
        """Whether its numbers are those of texts."""
        return self.kind in (TEXT, MIXED)

    def taken(self, positions: Array) -> Column:
        """Return the values at some positions; -1 is the position of none."""
        if self.kind == NOTHING or not len(positions):
            return Column(self.kind, self.values[:0])
        missing = {DECIMAL: np.nan, INTEGER: _SMALLEST}.get(self.kind, -1)
        if not len(self.values):
            return Column(NOTHING, self.values)
        return Column(self.kind, np.where(positions >= 0, self.values[positions], missing).astype(self.values.dtype))

    def recoded(self, ranks: Array) -> Column:
        """Return the column with other numbers for its texts."""
        if not self.coded:
            return self
        return Column(self.kind, np.where(self.values >= 0, ranks[self.values], -1).astype(np.int32))


def told(kind: str, values: Array, texts: Texts) -> list[Plain]:
    """Return the values of an array that is, or is a part of, a column of a kind."""
    if kind == TEXT:
        return list(texts.told(values))
    if kind == MIXED:
        return [None if text is None else _READ[text[0]](text[1:]) for text in texts.told(values)]
    missing = np.isnan(values) if kind == DECIMAL else values == _SMALLEST
    found: list[Plain] = values.tolist()
    for position in np.flatnonzero(missing).tolist():
        found[position] = None
    return found


def _kind(values: Iterable[Plain]) -> str:
    kinds = set(map(type, values)) - {type(None)}
    if not kinds:
        return NOTHING
    if kinds == {str}:
        return TEXT
    if kinds == {float}:
        return DECIMAL
    if kinds == {int} and all(v is None or _SMALLEST < v < -_SMALLEST for v in values):  # type: ignore[operator]
        return INTEGER
    return MIXED


def _tagged(value: Plain) -> str:
    return f"s{value}" if isinstance(value, str) else f"{type(value).__name__[0]}{value!r}"
