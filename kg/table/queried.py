"""The rows of the table by running its queries."""

from __future__ import annotations

from collections.abc import Sequence

from kg.catalog import Catalog, Rows, Selects


class QueriedRows:
    """The rows that the evidence table gives, by running the queries one by one with the values bound."""

    def __init__(self, catalog: Catalog, engine: Selects) -> None:
        self._catalog, self._engine = catalog, engine

    def rows(self, name: str, **values: Sequence[str]) -> Rows:
        """Return the rows of a query for values of its parameters, given as IRIs or texts; others are left open."""
        query = self._catalog[name]
        if any(not wanted for wanted in values.values()):
            return Rows(tuple(query.columns), [])
        terms = {k: [query.term(k, v) for v in dict.fromkeys(wanted)] for k, wanted in values.items()}
        return query.run(self._engine, {**dict.fromkeys(query.params, ()), **terms})
