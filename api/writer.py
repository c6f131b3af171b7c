"""The one that writes: it holds the store's writer, lets one request in after the other, and shows what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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
from kg.store.copies import Copies
from kg.store.drafts import Difference
from kg.writing import Retraction, Written

_AT_ONCE: Final = 2
"""While one record is judged, the next body is read."""
_MOST_WAITING: Final = 16
T = TypeVar("T")


@dataclass(frozen=True)
class Basis:
    """What changes are drafted on: a commit, the folder of a copy of it, and the graphs of records by name."""

    commit: int
    place: str
    graphs: Mapping[str, str]


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

    def basis(self, copies: Copies, graphs: Iterable[str]) -> Basis:
        """Return the newest state of the store, for a draft of changes to it.

        Raises StoreUnavailable.
        """
        with self._writing:
            store = self._base.store
            contents = {graph: text for graph in graphs if (text := writing.graph_of(store, graph))}
            return Basis(store.head().number, str(copies.place(store)), contents)

    def change(
        self, basis: Basis, difference: Difference, author: str, reason: str, *, dry_run: bool, bring_back: bool
    ) -> Written | None:
        """Change the records as a draft did its copy, and show the new state; nothing where the basis is not of now.

        Raises InputRefused, StoreUnavailable.
        """
        with self._writing:
            if self._base.store.head().number != basis.commit:
                return None
            done = writing.change(self._base, difference, author, reason, dry_run=dry_run, bring_back=bring_back)
        if done.committed:
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
