"""What the table holds of some trials, in one file or in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from kg.catalog import Plain, Query
from kg.table import arrays
from kg.table.column import Column, Names
from kg.table.packed import PackedRows
from kg.table.texts import Array, Texts

KEY = "trial"
"""The parameter and column that every query of the table has; a segment speaks for some values of it."""
_REMEMBERED = 64


class Segment:
    """The rows of every query for the trials it speaks for: all that there are, or those in ``trials``.

    It never changes. ``path`` is the file it was read from or written to.
    """

    def __init__(
        self, queries: Mapping[str, PackedRows], texts: Texts, trials: Array | None, path: Path | None = None
    ) -> None:
        self.queries, self.texts, self.trials, self.path = queries, texts, trials, path
        self.codes = lru_cache(_REMEMBERED)(self._codes)

    def _codes(self, wanted: tuple[str, ...]) -> Array:
        return self.texts.codes(wanted)

    @classmethod
    def of(
        cls,
        rows: Mapping[str, tuple[Mapping[str, Column], int]],
        names: Names,
        queries: Mapping[str, Query],
        trials: Iterable[str] | None,
    ) -> Segment:
        """Make a segment of the columns of each query and their length, which speaks for ``trials``, or for all."""
        own = None if trials is None else [names.code(trial) for trial in sorted(set(trials))]
        texts, ranks = names.sorted()
        packed = {
            name: PackedRows.of(
                {column: values.recoded(ranks) for column, values in columns.items()},
                length,
                queries[name].params,
                queries[name].order,
                texts,
            )
            for name, (columns, length) in rows.items()
        }
        return cls(packed, texts, None if own is None else ranks[own])

    @classmethod
    def read(cls, path: Path) -> Segment:
        """Read a segment from its file.

        Raises OSError, and ValueError where the file is not whole.
        """
        found, about = arrays.read(path)
        texts = Texts({name: found[f"texts/{name}"] for name in ("content", "ends", "hashes", "by_hash")})
        queries = {}
        for name, (length, columns) in about["queries"].items():
            begin = f"{name}:"
            own = {key.removeprefix(begin): array for key, array in found.items() if key.startswith(begin)}
            queries[name] = PackedRows(columns, own, length, texts)
        return cls(queries, texts, found.get("trials"), path)

    def write(self, path: Path) -> None:
        """Write the segment to a new file.

        Raises OSError.
        """
        held = {f"texts/{name}": array for name, array in self.texts.arrays.items()}
        held |= {} if self.trials is None else {"trials": self.trials}
        held |= {f"{name}:{key}": array for name, rows in self.queries.items() for key, array in rows.arrays.items()}
        about = {"queries": {name: [rows.length, dict(rows.columns)] for name, rows in self.queries.items()}}
        arrays.write(path, held, about)
        self.path = path

    @property
    def size(self) -> int:
        """How many rows it holds."""
        return sum(rows.length for rows in self.queries.values())

    def speaks_for(self) -> list[str] | None:
        """Return the trials that it speaks for, or nothing where these are all."""
        return None if self.trials is None else [text for text in self.texts.told(self.trials) if text is not None]

    def positions(self, name: str, values: Mapping[str, Sequence[str]], gone: Array) -> Array:
        """Return the sorted positions of the rows that have one of the values given for each parameter.

        Rows of trials whose codes are among those ``gone`` are left out.
        """
        rows = self.queries[name]
        if not rows.length:
            return np.empty(0, dtype=np.int64)
        wanted = {param: self.codes(tuple(texts)) for param, texts in values.items()}
        if wanted:
            first = min(wanted, key=lambda param: rows.count(param, wanted[param]))
            found = np.sort(rows.having(first, wanted.pop(first)))
        else:
            found = np.arange(rows.length)
        for param, codes in wanted.items():
            found = found[np.isin(rows.codes(param, found), codes)] if len(found) else found
        if len(gone) and len(found):
            found = found[~np.isin(rows.codes(KEY, found), gone)]
        return found

    def rows(self, name: str, positions: Array) -> list[tuple[Plain, ...]]:
        """Return rows by their positions."""
        if not len(positions):
            return []
        rows = self.queries[name]
        return list(zip(*(rows.values(column, positions) for column in rows.columns), strict=True))

    def distinct(self, name: str, columns: Sequence[str], positions: Array) -> list[tuple[Plain, ...]]:
        """Return the distinct values of some columns of texts at some positions."""
        rows = self.queries[name]
        codes = np.column_stack([rows.codes(column, positions) for column in columns])
        found = np.unique(codes, axis=0)
        return list(zip(*(self.texts.told(found[:, i]) for i in range(len(columns))), strict=True))
