"""Queries of rules, parsed once by rdflib."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Final

from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query

_PARSING: Final = Lock()
"""Its parser fails where two threads first use it at the same time."""


@lru_cache(maxsize=256)
def prepared(text: str) -> Query:
    """Return a query as rdflib runs it."""
    with _PARSING:
        return prepareQuery(text)
