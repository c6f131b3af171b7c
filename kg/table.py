"""The evidence table: the image of ``queries/trials`` for the whole store, indexed by the parameters of each query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from kg.catalog import Catalog, Plain, Query, Rows, Selects

FOLDER = "trials/"


class QueryImage:
    """All rows of one query, with the positions of the rows for each value of each parameter."""

    def __init__(self, query: Query, engine: Selects) -> None:
        self._rows = query.run(engine, dict.fromkeys(query.params, ()))
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


class EvidenceTable:
    """Every query of ``queries/trials`` as an image, made when first asked for.

    It answers as the queries themselves do: the same rows for the same values.
    """

    def __init__(self, catalog: Catalog, engine: Selects) -> None:
        self._catalog, self._engine = catalog, engine
        self._images: dict[str, QueryImage] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The queries that the table holds."""
        return tuple(name for name in self._catalog if name.startswith(FOLDER))

    def rows(self, name: str, **values: Sequence[str]) -> Rows:
        """Return the rows of a query for values of its parameters, given as IRIs or texts."""
        if name not in self._images:
            self._images[name] = QueryImage(self._catalog[name], self._engine)
        return self._images[name].select(values)


class QueriedRows:
    """The same rows by running the queries, one by one, with the values bound."""

    def __init__(self, catalog: Catalog, engine: Selects) -> None:
        self._catalog, self._engine = catalog, engine

    def rows(self, name: str, **values: Sequence[str]) -> Rows:
        """Return the rows of a query for values of its parameters, given as IRIs or texts."""
        query = self._catalog[name]
        if any(not wanted for wanted in values.values()):
            return Rows(tuple(query.columns), [])
        terms = {k: [query.term(k, v) for v in dict.fromkeys(wanted)] for k, wanted in values.items()}
        return query.run(self._engine, terms)
