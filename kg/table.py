"""The evidence table: the image of ``queries/trials`` for the whole store, indexed by the parameters of each query."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from kg.catalog import Catalog, Rows, Selects
from kg.image import QueryImage

FOLDER = "trials/"


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
