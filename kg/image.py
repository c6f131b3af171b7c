"""All rows of one query, looked up by its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Final

from kg.catalog import Plain, Query, Rows, Selects
from kg.store import plain

_PROLOGUE: Final = re.compile(r"^(?:PREFIX|BASE)\b.*\n", re.MULTILINE)
_OPTIONAL: Final = re.compile(r"^ *OPTIONAL \{ \?(\w+) (\w+:\w+) \?(\w+) \}\n", re.MULTILINE)
_ORDER: Final = re.compile(r"^ORDER BY((?: \?\w+)+)\s*\Z", re.MULTILINE)


class QueryImage:
    """All rows of one query, with the positions of the rows for each value of each parameter."""

    def __init__(self, query: Query, engine: Selects) -> None:
        self._rows = _Whole(query).rows(engine)
        self._at = {name: self._positions(self._rows.columns.index(name)) for name in query.params}

    def _positions(self, column: int) -> dict[Plain, list[int]]:
        found: dict[Plain, list[int]] = {}
        for position, row in enumerate(self._rows.rows):
            found.setdefault(row[column], []).append(position)
        return found

    def select(self, values: dict[str, Sequence[str]]) -> Rows:
        """Return the rows whose parameters have one of the values given for each."""
        if not values:
            return self._rows
        positions = [self._union(name, wanted) for name, wanted in values.items()]
        smallest = min(positions, key=len)
        kept = smallest.intersection(*positions)
        return Rows(self._rows.columns, [self._rows.rows[i] for i in sorted(kept)])

    def _union(self, name: str, wanted: Iterable[str]) -> set[int]:
        at = self._at[name]
        return {position for value in wanted for position in at.get(value, ())}


@dataclass(frozen=True)
class _Whole:
    """A query with its parameters open.

    Joining dozens of optional values row by row, and sorting, is what an engine is slow at. Each optional value that
    plays no other part is read for all subjects in one go, and joined here.
    """

    query: Query

    @cached_property
    def _text(self) -> str:
        return self.query.bound(dict.fromkeys(self.query.params, ()))

    @cached_property
    def _apart(self) -> list[re.Match[str]]:
        """The optional values that nothing else in the query looks at."""
        body = self._text[self._text.index("WHERE") :]
        found = _OPTIONAL.finditer(self._text)
        return [m for m in found if m[1] in self.query.columns and len(re.findall(rf"\?{m[3]}\b", body)) == 1]

    def rows(self, engine: Selects) -> Rows:
        """Return the rows that the query gives, in its order."""
        order = _ORDER.search(self._text)
        columns = tuple(self.query.columns)
        by = [columns.index(name) for name in re.findall(r"\w+", order[1])] if order else []
        optional = {m[3] for m in self._apart}
        if not order or any(columns[i] in optional for i in by):
            return self.query.run(engine, dict.fromkeys(self.query.params, ()))
        text = _ORDER.sub("", self._text)
        for match in self._apart:
            text = text.replace(match[0], "", 1)
        found = engine.select(text)
        assert found.columns == columns, f"the header of {self.query.name} names other columns than it selects"
        rows = [tuple(map(plain, row)) for row in found.rows]
        for match in self._apart:
            rows = self._joined(rows, columns.index(match[1]), columns.index(match[3]), self._pairs(match[2], engine))
        return Rows(columns, sorted(rows, key=itemgetter(*by)))

    def _pairs(self, path: str, engine: Selects) -> dict[Plain, list[Plain]]:
        prologue = "".join(_PROLOGUE.findall(self._text))
        found: dict[Plain, list[Plain]] = {}
        for subject, value in engine.select(f"{prologue}SELECT ?s ?o WHERE {{ ?s {path} ?o }}").rows:
            found.setdefault(plain(subject), []).append(plain(value))
        return found

    @staticmethod
    def _joined(
        rows: list[tuple[Plain, ...]], subject: int, column: int, values: dict[Plain, list[Plain]]
    ) -> list[tuple[Plain, ...]]:
        if not values:
            return rows
        return [
            row if value is None else (*row[:column], value, *row[column + 1 :])
            for row in rows
            for value in values.get(row[subject], (None,))
        ]
