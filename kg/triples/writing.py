"""The two questions that every kind of record answers: its triples, and the unit in which it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from pyoxigraph import Triple

from kg.model.records import Row


@singledispatch
def triples(record: Row) -> Iterator[Triple]:
    """Write one record as triples of our vocabulary.

    Raises InputRefused where a name cannot stand in an IRI.
    """
    raise TypeError(f"no triples are defined for {type(record).__name__}")


@singledispatch
def key(record: Row) -> tuple[str, str]:
    """Return source and id of the unit in which this record is kept, changed and retracted."""
    raise TypeError(f"no key is defined for {type(record).__name__}")
