"""All rows of a query with its parameters open, read column by column."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, Protocol

import numpy as np
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.catalog import Plain, Query
from kg.store import plain
from kg.table.column import Column, Names
from kg.table.texts import Array

_PREFIX: Final = re.compile(r"^PREFIX (\w+): <(.+)>$", re.MULTILINE)
_OPTIONAL: Final = re.compile(r"^ *OPTIONAL \{ \?(\w+) (\w+:\w+) \?(\w+) \}\n", re.MULTILINE)
_REQUIRED: Final = re.compile(r"^ *\?(\w+) (\w+:\w+ \?\w+)((?:\s*;\s*\w+:\w+ \?\w+)+)\s*\.?\s*$", re.MULTILINE)
_MORE: Final = re.compile(r"\s*;\s*(\w+:\w+) \?(\w+)")


class Streams(Protocol):
    """Whatever can answer a SELECT query row by row."""

    def stream(self, query: str) -> Iterator[tuple[NamedNode | BlankNode | Literal | Triple | None, ...]]:
        """Yield the rows of a SELECT query."""


class _Apart(NamedTuple):
    """A value that is read for all subjects in one go: subject, property and column, and the text that asks for it."""

    subject: str
    path: str
    column: str
    text: str
    required: bool


@dataclass(frozen=True)
class Whole:
    """A query with its parameters open.

    Joining dozens of values row by row, and sorting, is what an engine is slow at. Each value of a subject that plays
    no other part in the query is read for all subjects, and joined here. The rows come in no order.
    """

    query: Query

    @cached_property
    def _text(self) -> str:
        return self.query.unordered.bound(dict.fromkeys(self.query.params, ()))

    @cached_property
    def _apart(self) -> list[_Apart]:
        body = self._text[self._text.index("WHERE") :]
        found = [_Apart(m[1], m[2], m[3], m[0], required=False) for m in _OPTIONAL.finditer(self._text)]
        for block in _REQUIRED.finditer(self._text):
            more = _MORE.finditer(block[3])
            found += [_Apart(block[1], m[1], m[2], m[0], required=True) for m in more]
        return [
            one
            for one in found
            if {one.subject, one.column} <= self.query.columns.keys()
            and len(re.findall(rf"\?{one.column}\b", body)) == 1
        ]

    def _iri(self, curie: str) -> str:
        prefix, _, local = curie.partition(":")
        namespaces: dict[str, str] = dict(_PREFIX.findall(self._text))
        return namespaces[prefix] + local

    def columns(self, known: Properties) -> tuple[dict[str, Column], int]:
        """Return each column, and how many rows there are."""
        text = self._text
        for one in self._apart:
            text = re.sub(rf" \?{one.column}\b", "", text.replace(one.text, "", 1), count=1)
        apart = {one.column for one in self._apart}
        own = [name for name in self.query.columns if name not in apart]
        values: list[list[Plain]] = [[] for _ in own]
        for row in known.engine.stream(text):
            for column, term in zip(values, row, strict=True):
                column.append(plain(term))
        length = len(values[0])
        found = {name: Column.of(column, known.names) for name, column in zip(own, values, strict=True)}
        del values
        for one in self._apart:
            subjects, objects = known.values(self._iri(one.path))
            at = _positions(found[one.subject].values, subjects, len(known.names.known), required=one.required)
            if at.rows is not None:
                found = {name: column.taken(at.rows) for name, column in found.items()}
                length = len(at.rows)
            found[one.column] = objects.taken(at.values)
        return {name: found[name] for name in self.query.columns}, length


class Properties:
    """The subjects that have a property, by number, and the value of each; each property is read once."""

    def __init__(self, engine: Streams, names: Names) -> None:
        self.engine, self.names = engine, names
        self._read: dict[str, tuple[Array, Column]] = {}

    def values(self, iri: str) -> tuple[Array, Column]:
        """Return the subjects of a property, and their values."""
        if iri not in self._read:
            subjects = array("i")
            objects: list[Plain] = []
            for s, o in self.engine.stream(f"SELECT ?s ?o WHERE {{ ?s <{iri}> ?o }}"):
                subjects.append(self.names.code(str(plain(s))))
                objects.append(plain(o))
            self._read[iri] = np.array(subjects, dtype=np.int32), Column.of(objects, self.names)
        return self._read[iri]


class _Joined(NamedTuple):
    """Which row each row was, where some stand several times now, and the position of its value, -1 for none."""

    rows: Array | None
    values: Array


def _positions(rows: Array, subjects: Array, names: int, *, required: bool) -> _Joined:
    """Join rows by their subject to values by theirs; a row whose subject has several stands once for each.

    A row without the value goes where it is ``required``.
    """
    first = np.full(names, -1, dtype=np.int64)
    first[subjects[::-1]] = np.arange(len(subjects))[::-1]
    counts = np.bincount(subjects, minlength=names)
    own = counts[rows]
    if not (own > 1).any():
        kept = np.flatnonzero(own) if required and not own.all() else None
        return _Joined(kept, first[rows if kept is None else rows[kept]])
    by_subject = np.argsort(subjects, kind="stable")
    starts = np.cumsum(counts) - counts
    repeats = own if required else np.maximum(own, 1)
    kept = np.repeat(np.arange(len(rows)), repeats)
    within = np.arange(len(kept)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    there = counts[rows[kept]] > 0
    at = by_subject[np.where(there, starts[rows[kept]] + within, 0)] if len(subjects) else within
    return _Joined(kept, np.where(there, at, -1))
