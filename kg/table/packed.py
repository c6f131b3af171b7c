"""The rows of one query as columns of numbers, with an index for each of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from kg.catalog import Plain
from kg.table.texts import Array, Texts

_LARGEST: Final = 2**63 - 1
_TEXT, _INTEGER, _DECIMAL, _MIXED, _NOTHING = "text", "integer", "decimal", "mixed", "nothing"
_TAGGED: Final[dict[str, Callable[[str], Plain]]] = {"s": str, "i": int, "f": float, "b": lambda text: text == "True"}


def texts_of(columns: Iterable[Sequence[Plain]]) -> set[str]:
    """Return the texts that a dictionary needs, so that these columns can be packed with it."""
    found = set[str]()
    for column in columns:
        kind = _kind(column)
        if kind == _TEXT:
            found.update(value for value in set(column) if value is not None)  # type: ignore[misc]
        elif kind == _MIXED:
            found.update(_tagged(value) for value in column if value is not None)
    return found


def _kind(column: Sequence[Plain]) -> str:
    kinds = set(map(type, column)) - {type(None)}
    if not kinds:
        return _NOTHING
    if kinds == {str}:
        return _TEXT
    if kinds == {float}:
        return _DECIMAL
    if kinds == {int} and all(value is None or -_LARGEST < value <= _LARGEST for value in column):  # type: ignore[operator]
        return _INTEGER
    return _MIXED


def _tagged(value: Plain) -> str:
    return f"{type(value).__name__[0]}{value!r}" if not isinstance(value, str) else f"s{value}"


class PackedRows:
    """The rows of a query, sorted; texts stand as codes of a dictionary, and -1 is no text.

    A missing integer is the smallest of 64 bits, a missing decimal is not a number. ``at/NAME`` lists the rows by the
    code of a parameter, ``of/NAME`` those codes.
    """

    def __init__(self, columns: Mapping[str, str], arrays: Mapping[str, Array], length: int, texts: Texts) -> None:
        self.columns, self.arrays, self.length = columns, arrays, length
        self._texts = texts

    @classmethod
    def of(
        cls,
        columns: Mapping[str, Sequence[Plain]],
        params: Iterable[str],
        by: Sequence[str],
        texts: Texts,
        code: Mapping[str, int],
    ) -> PackedRows:
        """Pack columns of one length, to be sorted ``by`` some of them, with a dictionary that has their texts."""
        kinds = {name: _kind(column) for name, column in columns.items()}
        length = len(next(iter(columns.values()), ()))
        arrays = {
            name: _packed(column, kinds[name], code) for name, column in columns.items() if kinds[name] != _NOTHING
        }
        keys = [arrays[name] for name in reversed(by) if name in arrays]
        if keys and length:
            order = np.lexsort(keys)
            arrays = {name: array[order] for name, array in arrays.items()}
        for name in params:
            if name in arrays:
                at = np.argsort(arrays[name], kind="stable").astype(np.int32)
                arrays |= {f"at/{name}": at, f"of/{name}": arrays[name][at]}
        return cls(kinds, arrays, length, texts)

    def having(self, name: str, codes: Array) -> Array:
        """Return the positions of the rows whose parameter has one of some codes."""
        if f"at/{name}" not in self.arrays:
            return np.empty(0, dtype=np.int64)
        at, of = self.arrays[f"at/{name}"], self.arrays[f"of/{name}"]
        starts, ends = np.searchsorted(of, codes, "left"), np.searchsorted(of, codes, "right")
        counts = ends - starts
        total = int(counts.sum())
        if not total:
            return np.empty(0, dtype=np.int64)
        within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.asarray(at[np.repeat(starts, counts) + within], dtype=np.int64)

    def count(self, name: str, codes: Array) -> int:
        """Return how many rows have one of some codes for a parameter."""
        of = self.arrays.get(f"of/{name}")
        if of is None:
            return 0
        return int((np.searchsorted(of, codes, "right") - np.searchsorted(of, codes, "left")).sum())

    def codes(self, name: str, positions: Array) -> Array:
        """Return the codes of a column of texts at some positions."""
        return np.asarray(self.arrays[name][positions])

    def values(self, name: str, positions: Array) -> list[Plain]:
        """Return the values of a column at some positions."""
        kind = self.columns[name]
        if kind == _NOTHING:
            return [None] * len(positions)
        found = self.arrays[name][positions]
        if kind == _TEXT:
            return list(self._texts.told(found))
        if kind == _MIXED:
            return [None if text is None else _TAGGED[text[0]](text[1:]) for text in self._texts.told(found)]
        missing = np.isnan(found) if kind == _DECIMAL else found == -_LARGEST - 1
        values: list[Plain] = found.tolist()
        if missing.any():
            for position in np.flatnonzero(missing).tolist():
                values[position] = None
        return values


def _packed(column: Sequence[Plain], kind: str, code: Mapping[str, int]) -> Array:
    size = len(column)
    if kind == _TEXT:
        return np.fromiter((-1 if v is None else code[v] for v in column), np.int32, size)  # type: ignore[index]
    if kind == _MIXED:
        return np.fromiter((-1 if v is None else code[_tagged(v)] for v in column), np.int32, size)
    if kind == _DECIMAL:
        return np.fromiter((np.nan if v is None else v for v in column), np.float64, size)
    return np.fromiter((-_LARGEST - 1 if v is None else v for v in column), np.int64, size)


def merged_order(parts: Sequence[list[tuple[Any, ...]]], by: Sequence[int]) -> list[tuple[Any, ...]]:
    """Return rows of several parts, each sorted by some columns, sorted by them."""
    filled = [part for part in parts if part]
    if len(filled) < 2:
        return filled[0] if filled else []
    return sorted((row for part in filled for row in part), key=lambda row: tuple(row[i] for i in by))
