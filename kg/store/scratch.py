"""A store for experiments: it begins empty, belongs to one process, and is gone when that ends."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from kg.store.folder import clear
from kg.store.frames import Ask
from kg.store.nursery import WRITER
from kg.store.readers import ReaderLimits, Readers
from kg.store.volatile import VolatileFolder

_CLIENT: Final = "scratch"


class Scratch:
    """An engine in a folder in memory, written by a process that may be killed, and read from copies of it."""

    def __init__(self, seconds: float = 60.0) -> None:
        self._volatile = VolatileFolder()
        self._folder = self._volatile.path
        self._engine = str(self._folder / "engine")
        (self._folder / "engine").mkdir()
        limits = ReaderLimits(processes=1, long=1, spare=0, seconds=seconds, patience=seconds, waiting_each=256)
        self._writer = Readers(limits, kind=WRITER)
        self._seconds = seconds
        self._name = secrets.token_hex(8)
        self._number = 0
        self._place = ""
        self._copied = -1
        self._copying = asyncio.Lock()
        self._reading: Counter[str] = Counter()

    async def start(self) -> None:
        """Have the writer ready."""
        await self._writer.start()

    async def close(self) -> None:
        """Forget everything."""
        await self._writer.close()
        self._volatile.close()

    @property
    def state(self) -> str:
        """A name of what the store holds now; no other state has it."""
        return f"{self._name}-{self._number}"

    async def update(self, text: str, base: str | None, seconds: float | None = None) -> None:
        """Carry out an update, whole or not at all.

        Raises QueryRefused, QueryStopped, StoreUnavailable.
        """
        await self._written(Ask("update", self._engine, text, base, seconds=seconds or self._seconds))

    async def put(self, graph: str | None, data: bytes, form: str, base: str) -> bool:
        """Put RDF in the place of a graph, the default graph without a name; say whether the graph is new.

        Raises QueryRefused, QueryStopped, StoreUnavailable.
        """
        return await self._load("put", graph, data, form, base)

    async def post(self, graph: str | None, data: bytes, form: str, base: str) -> bool:
        """Add RDF to a graph, the default graph without a name; say whether the graph is new.

        Raises QueryRefused, QueryStopped, StoreUnavailable.
        """
        return await self._load("post", graph, data, form, base)

    async def delete(self, graph: str | None) -> None:
        """Delete a graph, or all that is in the default graph.

        Raises NoGraph, QueryStopped, StoreUnavailable.
        """
        await self._written(replace(Ask.of_graph("delete", self._engine, graph), seconds=self._seconds))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[tuple[str, str]]:
        """Yield a folder with a copy of what the store holds now, kept as long as it is read, and the state's name.

        Raises QueryStopped, StoreUnavailable.
        """
        async with self._copying:
            if self._copied != self._number:
                await self._copy()
            place, state = self._place, f"{self._name}-{self._copied}"
            self._reading[place] += 1
        try:
            yield place, state
        finally:
            self._reading[place] -= 1
            self._drop(place)

    async def _copy(self) -> None:
        number, before = self._number, self._place
        target = str(self._folder / f"copy-{number}")
        await self._done(Ask("checkpoint", self._engine, seconds=self._seconds, more={"target": target}))
        self._place, self._copied = target, number
        self._drop(before)

    def _drop(self, place: str) -> None:
        if not self._reading[place] and place != self._place:
            del self._reading[place]
            if place:
                clear(self._folder / place.rpartition("/")[2])

    async def _load(self, operation: str, graph: str | None, data: bytes, form: str, base: str) -> bool:
        asked = Ask.of_graph(operation, self._engine, graph, data, form, base)
        facts = await self._written(replace(asked, seconds=self._seconds))
        return bool(facts["created"])

    async def _written(self, question: Ask) -> dict[str, Any]:
        """Have the writer do what changes the store; whatever comes of it, older copies are older now."""
        self._number += 1
        try:
            return await self._done(question)
        finally:
            self._number += 1

    async def _done(self, question: Ask) -> dict[str, Any]:
        async with self._writer.asked(question, _CLIENT) as result:
            await result.rest()
            return result.facts
