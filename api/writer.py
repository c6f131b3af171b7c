"""The one that writes: it holds the store's writer, lets one request in after the other, and shows what came of it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Final, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from pyoxigraph import NamedNode, Triple

from api.present import Present
from api.problems import Problem
from api.reader import Reader
from api.sent import Sent
from kg import writing
from kg.evidence_base import EvidenceBase
from kg.iris import BASE, EV, RDF
from kg.keys import Keys
from kg.reading import Read
from kg.writing import Retraction, Written

_AT_ONCE: Final = 2
"""While one record is judged, the next body is read."""
_MOST_WAITING: Final = 16
T = TypeVar("T")


class Writer:
    """Writes for those who have a key; every method but ``run`` is called in a thread."""

    def __init__(self, base: EvidenceBase, keys: Keys, present: Present, reader: Reader) -> None:
        self.keys = keys
        self._base, self._present, self._reader = base, present, reader
        self._writing = Lock()
        self._limiter: CapacityLimiter | None = None
        self._waiting = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Do work in a thread of its own kind, so that readers always find one.

        Raises a problem (503) where too many wait already.
        """
        if self._waiting >= _MOST_WAITING:
            raise Problem("busy", "Too many wait to write; send it again.", headers={"Retry-After": "5"})
        self._limiter = self._limiter or CapacityLimiter(_AT_ONCE)
        self._waiting += 1
        try:
            return await run_sync(work, limiter=self._limiter)
        finally:
            self._waiting -= 1

    def read(self, sent: Sent) -> Read:
        """Return the records of a body.

        Raises InputRefused, TooLarge, UnknownForm, StoreUnavailable.
        """
        return self._reader.read(sent)

    def write(self, read: Read, author: str, reason: str, *, dry_run: bool, bring_back: bool) -> Written:
        """Put the records of a body into the store, all or none, and show the new state.

        Raises StoreUnavailable.
        """
        with self._writing, self._base.turn():
            done = writing.write(self._base, read.units, author, reason, dry_run=dry_run, bring_back=bring_back)
        if done.committed:
            self._present.look()
        return done

    def retract(self, source: str, record: str, author: str, reason: str) -> Retraction:
        """Take a record out of the evidence, and show the new state.

        Raises UnknownTerm, InputRefused, StoreUnavailable.
        """
        with self._writing, self._base.turn():
            done = writing.retract(self._base, source, record, author, reason)
        self._present.look()
        return done

    def start(self) -> None:
        """Have ready what is slow to load: the reader, and the shapes."""
        self._reader.start()
        self._base.shapes.validate(
            [Triple(NamedNode(f"{BASE}drug/none"), NamedNode(f"{RDF}type"), NamedNode(f"{EV}Drug"))]
        )

    def close(self) -> None:
        """End the reading of bodies; whoever opened the store closes it."""
        self._reader.close()
