"""Many records at a time: judged together and written in one commit where they have nothing to do with each other.

What becomes of each is what would become of it alone: where a rule is broken, the record concerned is taken in alone;
where it cannot be told which that is, the records are halved until it can.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kg.errors import InputRefused
from kg.importing.importer import Importer, Ready
from kg.importing.report import RecordReport
from kg.intake import Judged, Key
from kg.sources.incoming import Incoming, Unit

_MOST: Final = 500
_MOST_STATEMENTS: Final = 100_000
_LONGEST: Final = 2.0
"""Seconds that the first record of a batch waits while a slow source brings more."""
_Reported = tuple[Incoming, RecordReport]


class Batches:
    """Takes in records as they come, in batches of those that have nothing to do with each other."""

    def __init__(self, importer: Importer) -> None:
        self._importer = importer

    def take(self, items: Iterable[Incoming]) -> Iterator[_Reported]:
        """Yield each record with what became of it, in their order.

        Raises StoreUnavailable.
        """
        batch = _Batch(self._importer)
        coming = iter(items)
        while True:
            try:
                item = next(coming, None)
            except Exception:
                yield from batch.done()  # what came before a source fails goes in
                raise
            if item is None:
                break
            if batch.is_full or (isinstance(item, Unit) and (item.source, item.name) in batch.names):
                yield from batch.done()
                batch = _Batch(self._importer)
            ready = self._importer.ready(item) if isinstance(item, Unit) else self._importer.take(item)
            if ready is not None and batch.add(item, ready):
                continue
            resolver = self._importer.resolver
            yield from batch.done()
            batch = _Batch(self._importer)
            if ready is not None and self._importer.resolver is not resolver:
                ready = self._importer.ready(item)  # type: ignore[arg-type]
            if ready is None or not batch.add(item, ready):
                yield item, self._importer.take(item)
        yield from batch.done()


class _Batch:
    """Records in their order, some of them reported on already."""

    def __init__(self, importer: Importer) -> None:
        self._importer = importer
        self._independent = importer.independent()
        self._since = time.monotonic()
        self._held: list[tuple[Incoming, Ready | RecordReport]] = []
        self._statements = 0
        self.names: set[Key] = set()

    @property
    def is_full(self) -> bool:
        """Whether it is time to write what there is."""
        return (
            len(self._held) >= _MOST
            or self._statements >= _MOST_STATEMENTS
            or (bool(self._held) and time.monotonic() - self._since > _LONGEST)
        )

    def add(self, item: Incoming, ready: Ready | RecordReport) -> bool:
        """Add a record, or say no where it has to do with one that is there."""
        if isinstance(ready, Ready):
            stated = ready.made.triples[ready.name]
            if not self._independent.add(stated):
                return False
            self._statements += len(stated)
        if isinstance(item, Unit):
            self.names.add((item.source, item.name))
        self._held.append((item, ready))
        return True

    def done(self) -> Iterator[_Reported]:
        """Judge and write the records; yield each with what became of it, in their order."""
        units = [item for item, _ in self._held if isinstance(item, Unit)]
        gone = self._importer.all_kept_out(units)
        judged = [ready for _, ready in self._held if isinstance(ready, Ready) and ready.name not in gone]
        reports = self._taken(judged)
        for item, ready in self._held:
            if isinstance(item, Unit) and (item.source, item.name) in gone:
                yield item, gone[item.source, item.name]
            else:
                yield item, next(reports) if isinstance(ready, Ready) else ready

    def _taken(self, taken: Sequence[Ready]) -> Iterator[RecordReport]:
        if len(taken) < 2:
            yield from (self._importer.take(ready.unit) for ready in taken)
            return
        judged = _judged(self._importer, taken)
        if judged is None:
            middle = len(taken) // 2
            yield from self._taken(taken[:middle])
            yield from self._taken(taken[middle:])
            return
        verdict, alone = judged
        start = 0
        for number, ready in enumerate(taken):
            if ready.name not in alone:
                continue
            yield from self._put(taken[start:number], verdict)
            start = number + 1
            resolver = self._importer.resolver
            yield self._importer.take(ready.unit)
            if self._importer.resolver is not resolver:  # words may mean other things now
                yield from (report for _, report in Batches(self._importer).take(r.unit for r in taken[start:]))
                return
        yield from self._put(taken[start:], verdict)

    def _put(self, taken: Sequence[Ready], verdict: Judged) -> list[RecordReport]:
        return self._importer.put_some(taken, verdict) if taken else []


def _judged(importer: Importer, taken: Sequence[Ready]) -> tuple[Judged, set[Key]] | None:
    """Return the verdict on records and those of them to take in alone; nothing where these cannot be told."""
    try:
        judged = importer.judge(taken)
    except InputRefused:
        return None
    alone = importer.losing(judged)
    assert judged.report is not None, "they were judged together"
    for finding in judged.report.results:
        owners = judged.made.owners(finding)
        if len(owners) != 1:
            return None
        if finding.severity == "violation":
            alone |= owners
    return judged, alone
