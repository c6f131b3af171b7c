"""Keeping the evidence table in step with its store, at a cost that follows the change."""

from __future__ import annotations

from contextlib import suppress

from kg.catalog import Catalog
from kg.store import Store
from kg.table import saved
from kg.table.saved import Kept
from kg.table.table import EvidenceTable, queries_of
from kg.table.touched import touched

_MOST = 0.5
"""The share of the trials from which on a table is made anew, not brought forward."""


def present(catalog: Catalog, store: Store, known: Kept | None) -> Kept:
    """Return the table of what a store says now, made from one that is ``known`` or kept beside it where there is one.

    Raises StoreUnavailable.
    """
    head = store.head()
    if known is None or known.commit > head.number or store.hash_of(known.commit) != known.hash:
        queries = queries_of(catalog)
        known = saved.read(store.table, queries, head.number, store.hash_of) if store.table else None
    if known is None:
        return Kept(EvidenceTable.of(catalog, store), head.number, head.hash)
    if known.commit == head.number:
        return known
    trials = touched(store.moved(known.commit), known.table, catalog, store)
    if len(trials) > _MOST * known.table.trials:
        return Kept(EvidenceTable.of(catalog, store), head.number, head.hash)
    return Kept(known.table.after(store, trials), head.number, head.hash)


def keep(catalog: Catalog, store: Store, known: Kept | None) -> None:
    """Write the table of a store beside it, unless it is there; where that fails, it is made again when next needed."""
    head = store.head()
    if not store.table or not head.number or (store.table / f"{head.number}.json").exists():
        return
    kept = present(catalog, store, known)
    with suppress(OSError):
        saved.write(store.table, queries_of(catalog), kept)
