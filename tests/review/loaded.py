"""Review files in a store of their own, taken in through the gate or past it, and the pools of a review by analysis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.evidence_base import EvidenceBase
from kg.importing import import_paths
from kg.importing.report import ImportReport
from kg.model import records as r
from kg.model.answer import Answer, Pool
from kg.model.records import Row
from kg.resolution import Resolver, TermIndex
from kg.settings import Settings
from kg.sources.incoming import Incoming, Unit
from kg.store import Change
from kg.triples import triples


@contextmanager
def imported(*paths: Path) -> Iterator[tuple[EvidenceBase, ImportReport]]:
    """Give a store into which files were imported, each record through the gate, and the report on it."""
    with EvidenceBase.open(Settings.read("memory:")) as base:
        report = import_paths(base, paths)
        yield base.beside(), report


@contextmanager
def taken(items: Iterable[Incoming]) -> Iterator[EvidenceBase]:
    """Give a store with what was read in one commit, past the gate, which takes its time over thousands of records.

    Rows that the gate would refuse, because they are impossible, are left out here too.
    """
    with EvidenceBase.open(Settings.read("memory:")) as base:
        resolver = Resolver(TermIndex(base.catalog, base.store, base.prefixes))
        changes = [_change(resolver, item) for item in items if isinstance(item, Unit)]
        base.store.commit(changes, "tests", "review files")
        base.store.checkpoint()
        yield base.beside()


def _change(resolver: Resolver, unit: Unit) -> Change:
    rows = resolver.resolve([row for row in unit.rows if _possible(row)], unit.source, unit.name).rows
    return Change(unit.source, unit.name, {t for row in rows for t in triples(row)}, origin=unit.place)


def _possible(row: Row) -> bool:
    if isinstance(row, r.DichotomousResult):
        return row.events is not None and row.total is not None and 0 <= row.events <= row.total > 0
    if isinstance(row, r.ContinuousResult):
        return row.mean is not None and row.sd is not None and row.sd > 0 and bool(row.n)
    if isinstance(row, r.ContrastResult):
        return row.observed_minus_expected is not None or (row.se is not None and row.se > 0 and row.estimate != 0)
    return True


def numbered(answers: Iterable[Answer]) -> dict[str, Answer]:
    """Return answers by the number of their analysis, such as 1.10."""
    return {(answer.analysis or "").rpartition("-")[2]: answer for answer in answers}


def shown(pool: Pool) -> tuple[float, float, float]:
    """Return estimate and interval as a review prints them: a ratio, not its logarithm."""
    assert pool.display is not None
    return (pool.display.estimate, *pool.display.ci)


def gap(pool: Pool, values: tuple[float, float, float]) -> float:
    """Return the largest difference of estimate and interval from values."""
    return max(abs(ours - theirs) for ours, theirs in zip(shown(pool), values, strict=True))
