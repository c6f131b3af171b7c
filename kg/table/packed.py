"""The rows of one query as columns of numbers, with an index for each of its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from kg.catalog import Plain
from kg.table.column import NOTHING, TEXT, Column, told
from kg.table.texts import Array, Texts


class PackedRows:
    """The rows of a query, sorted; ``columns`` has the kind of each column, ``arrays`` its values.

    ``at/NAME`` lists the rows by the code of a parameter, ``of/NAME`` those codes.
    """

    def __init__(self, columns: Mapping[str, str], arrays: Mapping[str, Array], length: int, texts: Texts) -> None:
        self.columns, self.arrays, self.length = columns, arrays, length
        self._texts = texts

    @classmethod
    def of(
        cls, columns: Mapping[str, Column], length: int, params: Iterable[str], by: Sequence[str], texts: Texts
    ) -> PackedRows:
        """Pack columns of one length, to be sorted ``by`` some of them."""
        arrays = {name: column.values for name, column in columns.items() if column.kind != NOTHING}
        keys = [arrays[name] for name in reversed(by) if name in arrays]
        if keys and length:
            order = np.lexsort(keys)
            arrays = {name: array[order] for name, array in arrays.items()}
        for name in params:
            if name in arrays:
                at = np.argsort(arrays[name], kind="stable").astype(np.int32)
                arrays |= {f"at/{name}": at, f"of/{name}": arrays[name][at]}
        return cls({name: column.kind for name, column in columns.items()}, arrays, length, texts)

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
        """Return the codes of a column of texts at some positions; -1 where there is none."""
        assert self.columns[name] in (TEXT, NOTHING), f"{name} is no column of texts"
        if name not in self.arrays:
            return np.full(len(positions), -1, dtype=np.int32)
        return np.asarray(self.arrays[name][positions])

    def values(self, name: str, positions: Array) -> list[Plain]:
        """Return the values of a column at some positions."""
        kind = self.columns[name]
        if kind == NOTHING:
            return [None] * len(positions)
        return told(kind, self.arrays[name][positions], self._texts)


def merged_order(parts: Sequence[list[tuple[Any, ...]]], by: Sequence[int]) -> list[tuple[Any, ...]]:
    """Return rows of several parts, each sorted by some columns, sorted by them."""
    filled = [part for part in parts if part]
    if len(filled) < 2:
        return filled[0] if filled else []
    return sorted((row for part in filled for row in part), key=lambda row: tuple(row[i] for i in by))
