"""The evidence table as the rest of the software asks it, in step with a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

import numpy as np
from pyoxigraph import NamedNode

from kg.catalog import Catalog, Plain, Query, Rows, Selects
from kg.table.column import Column, Names
from kg.table.packed import merged_order
from kg.table.segment import KEY, Segment
from kg.table.texts import Array
from kg.table.whole import Properties, Streams, Whole

FOLDER: Final = "trials/"
_FACTS: Final = f"{FOLDER}trial-facts"
_AT_ONCE: Final = 500
_TIMES: Final = 4
_NOTHING: Final = np.empty(0, dtype=np.int32)


class EvidenceTable:
    """The rows of ``queries/trials``, given as the queries themselves would give them for the same values.

    It consists of segments: one of the whole store, and later ones that speak for the trials which commits have touched
    since. It never changes; ``after`` makes the table that follows it.
    """

    def __init__(self, queries: Mapping[str, Query], segments: Sequence[Segment]) -> None:
        self._queries, self.segments = queries, tuple(segments)
        self._gone = list(_gone(self.segments))

    @classmethod
    def of(cls, catalog: Catalog, engine: Streams) -> EvidenceTable:
        """Make the table of a whole store."""
        queries, names = queries_of(catalog), Names()
        properties = Properties(engine, names)
        rows = {name: Whole(query).columns(properties) for name, query in queries.items()}
        return cls(queries, [Segment.of(rows, names, queries, None)])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The queries that the table holds."""
        return tuple(self._queries)

    @cached_property
    def trials(self) -> int:
        """How many trials it has facts of."""
        return sum(len(positions) for _, positions in self._found(_FACTS, {}))

    def rows(self, name: str, **values: Sequence[str]) -> Rows:
        """Return the rows of a query for values of its parameters, given as IRIs or texts; others are left open."""
        query = self._queries[name]
        columns = tuple(query.columns)
        parts = [s.rows(name, positions) for s, positions in self._found(name, values)]
        by = [columns.index(column) for column in query.order]
        return Rows(columns, merged_order(parts, by))

    def distinct(self, name: str, *columns: str) -> set[tuple[Plain, ...]]:
        """Return the distinct values of some columns of texts over all rows of a query."""
        return {
            row for segment, positions in self._found(name, {}) for row in segment.distinct(name, columns, positions)
        }

    def _found(self, name: str, values: Mapping[str, Sequence[str]]) -> Iterator[tuple[Segment, Array]]:
        for segment, gone in zip(self.segments, self._gone, strict=True):
            yield segment, segment.positions(name, values, gone)

    def holds(self, trials: Iterable[str]) -> set[str]:
        """Return those of some IRIs for which the table has a row."""
        asked = list(trials)
        found = self._found(_FACTS, {KEY: asked})
        return {str(trial) for segment, at in found for trial in segment.queries[_FACTS].values(KEY, at)}

    def after(self, engine: Selects, trials: set[str]) -> EvidenceTable:
        """Return the table of an engine that says something else of some trials than this table does."""
        if not trials:
            return self
        segments = [*self.segments, _segment(self._queries, _queried(engine, self._queries, trials), trials)]
        while len(segments) > 1 and segments[-2].trials is not None and segments[-2].size < _TIMES * segments[-1].size:
            newer, older = segments.pop(), segments.pop()
            segments.append(self._merged(older, newer))
        return EvidenceTable(self._queries, segments)

    def _merged(self, older: Segment, newer: Segment) -> Segment:
        both = EvidenceTable(self._queries, [older, newer])
        trials = {*(older.speaks_for() or ()), *(newer.speaks_for() or ())}
        return _segment(self._queries, {name: both.rows(name) for name in self._queries}, trials)


def queries_of(catalog: Catalog) -> dict[str, Query]:
    """Return the queries that the table holds, by name, each with the trial as a parameter."""
    return {name: _of_trials(catalog[name]) for name in catalog if name.startswith(FOLDER)}


def _of_trials(query: Query) -> Query:
    if KEY in query.params:
        return query
    text = query.text.replace("WHERE {\n", f"WHERE {{\n  VALUES (?{KEY}) {{ (<trial/none>) }}\n", 1)
    return replace(query, params={**query.params, KEY: "iri"}, text=text)


def _gone(segments: Sequence[Segment]) -> Iterator[Array]:
    """Yield, for each segment, the codes of the trials for which a later one speaks."""
    spoken_for = [segment.speaks_for() or [] for segment in segments]
    for number, segment in enumerate(segments):
        later = sorted({trial for trials in spoken_for[number + 1 :] for trial in trials})
        yield segment.texts.codes(later) if later else _NOTHING


def _queried(engine: Selects, queries: Mapping[str, Query], trials: set[str]) -> dict[str, Rows]:
    """Return the rows of each query for some trials."""
    ordered = [NamedNode(trial) for trial in sorted(trials)]
    chunks = [ordered[i : i + _AT_ONCE] for i in range(0, len(ordered), _AT_ONCE)]
    found = {}
    for name, query in queries.items():
        values = ({**dict.fromkeys(query.params, ()), KEY: chunk} for chunk in chunks)
        found[name] = Rows(tuple(query.columns), [row for bound in values for row in query.run(engine, bound).rows])
    return found


def _segment(queries: Mapping[str, Query], rows: Mapping[str, Rows], trials: set[str]) -> Segment:
    """Return the segment of the rows of each query, which speaks for some trials."""
    names, found = Names(), {}
    for name, own in rows.items():
        columns = {c: Column.of([row[i] for row in own.rows], names) for i, c in enumerate(own.columns)}
        found[name] = (columns, len(own.rows))
    return Segment.of(found, names, queries, trials)
