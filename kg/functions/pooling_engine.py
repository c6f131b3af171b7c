"""An engine in front of another one that answers queries which pool: rows from there, pools from here."""

from __future__ import annotations

from typing import Protocol

from kg.catalog import Selects
from kg.functions.apart import apart
from kg.functions.finished import last_query
from kg.functions.pools import Pools
from kg.store.embedded import EmbeddedEngine
from kg.store.engine import Solutions


class Evidence(Protocol):
    """A store with all that pooling needs."""

    @property
    def store(self) -> Selects:
        """What answers plain queries."""

    def pools(self) -> Pools:
        """Return what pools rows."""


class PoolingEngine:
    """Answers SELECT queries that call functions of ``fn#``, whatever engine holds the evidence."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def select(self, query: str) -> Solutions:
        """Return the solutions of a query; its last part is worked out in this process.

        Raises QueryRefused, QueryStopped, StoreUnavailable.
        """
        taken = apart(query)
        rows = self._evidence.store.select(taken.rows)
        return EmbeddedEngine.in_memory().select(last_query(taken, rows, self._evidence.pools()))
