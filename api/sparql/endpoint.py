"""What answers SPARQL: the readers, and where they find the state of the store that a request sees."""

from __future__ import annotations

import hashlib
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import cast

from anyio import create_task_group
from anyio.to_thread import run_sync
from fastapi import FastAPI, Request

from api.present import Present
from api.service import Service
from api.sparql.kept import Kept
from api.sparql.origin import origin
from api.sparql.statistics import Counted
from kg import __version__
from kg.iris import BASE, GRAPH
from kg.settings import Settings
from kg.store import remote_process
from kg.store.copies import Copies
from kg.store.drafts import Drafts
from kg.store.engine import Mark
from kg.store.nursery import REMOTE
from kg.store.readers import ReaderLimits, Readers
from kg.store.scratch import Scratch


@dataclass(frozen=True)
class State:
    """A state of the store: the folder where readers find it, and what makes entity tags of what it says."""

    place: str
    tag: Callable[..., str]


class Endpoint(ABC):
    """Readers, and the store that they read."""

    scratch: Scratch | None = None
    """The store, where it is one that anybody may write to."""

    def __init__(self, readers: Readers) -> None:
        self.readers = readers
        self.counted = Counted()
        self.kept = Kept()

    @abstractmethod
    def reading(self, request: Request) -> AbstractAsyncContextManager[State]:
        """Return the state that a request sees, kept as long as it is read.

        Raises StoreUnavailable.
        """

    @abstractmethod
    def base(self, request: Request) -> str:
        """Return the IRI that relative ones are resolved against."""

    @abstractmethod
    def graph(self, request: Request, path: str) -> str:
        """Return the IRI of the graph that a path below the graph store stands for."""

    def new_graph(self, request: Request) -> str:
        """Return a name for a graph that has none."""
        return self.graph(request, secrets.token_hex(16))


class StoreEndpoint(Endpoint):
    """The evidence: each request reads a copy of the commit that the rest of the service shows it."""

    def __init__(self, limits: ReaderLimits, url: str) -> None:
        super().__init__(Readers(limits))
        self.copies = Copies(url)
        self.drafts = Drafts(limits)

    @asynccontextmanager
    async def reading(self, request: Request) -> AsyncIterator[State]:
        """Yield the state that a request sees."""
        service = cast(Service, request.state.service)
        yield State(await self.place(service), service.tag)

    async def place(self, service: Service) -> str:
        """Return where readers find the commit that a service shows."""
        return str(self.copies.known(service.commit) or await run_sync(self.copies.place, service.base.store))

    async def close(self) -> None:
        """End the readers and drafts, and delete the copies."""
        await self.readers.close()
        await self.drafts.close()
        await run_sync(self.copies.close)

    def base(self, request: Request) -> str:
        """Return the base of all IRIs of the evidence."""
        return BASE

    def graph(self, request: Request, path: str) -> str:
        """Return a graph of the evidence, whose IRI leads here."""
        return GRAPH + path

    def new_graph(self, request: Request) -> str:
        """Return the graph of a record that has no name yet."""
        return self.graph(request, f"record/rdf/{secrets.token_hex(8)}")


class RemoteEndpoint(StoreEndpoint):
    """The evidence on an engine elsewhere: readers ask that engine, and hold it to the commit that a request sees."""

    def __init__(self, limits: ReaderLimits, settings: Settings) -> None:
        super().__init__(limits, settings.store)
        self.readers = Readers(limits, kind=REMOTE, confined=False)
        self.kept = Kept(most=0)  # each is asked of the engine, so that one which does not answer is noticed
        self._settings = settings

    async def place(self, service: Service) -> str:
        """Return how readers are told which engine and which commit."""
        mark = Mark(service.commit.number, service.commit.hash)
        return remote_process.place(self._settings.store, self._settings.remote, mark)


class ScratchEndpoint(Endpoint):
    """A scratch store: each request reads what was written before it."""

    def __init__(self, limits: ReaderLimits, scratch: Scratch) -> None:
        super().__init__(Readers(limits))
        self.scratch: Scratch = scratch

    @asynccontextmanager
    async def reading(self, request: Request) -> AsyncIterator[State]:
        """Yield the state that a request sees."""
        async with self.scratch.reading() as (place, name):
            yield State(place, lambda *parts: _tag(name, *parts))

    def base(self, request: Request) -> str:
        """Return the address of the service."""
        return f"{origin(request)}/"

    def graph(self, request: Request, path: str) -> str:
        """Return the address of the graph itself."""
        return f"{self.base(request)}rdf-graph-store/{path}"


def _tag(*parts: str) -> str:
    return f'"{hashlib.sha256(chr(10).join((__version__, *parts)).encode()).hexdigest()[:32]}"'


@asynccontextmanager
async def opened(app: FastAPI, settings: Settings, limits: ReaderLimits | None = None) -> AsyncIterator[None]:
    """Answer SPARQL about the store of the settings for as long as an application runs."""
    limits = limits or ReaderLimits()
    remote = settings.store.startswith("sparql+")
    endpoint = RemoteEndpoint(limits, settings) if remote else StoreEndpoint(limits, settings.store)
    present: Present = app.state.present

    async def start() -> None:
        held = present.take()
        try:
            await endpoint.readers.start(await endpoint.place(held.service))
        finally:
            present.give_back(held)

    app.state.sparql = endpoint
    try:
        async with create_task_group() as tasks:
            tasks.start_soon(start)
            yield
            tasks.cancel_scope.cancel()
    finally:
        await endpoint.close()


@asynccontextmanager
async def opened_scratch(app: FastAPI, limits: ReaderLimits | None = None) -> AsyncIterator[None]:
    """Answer SPARQL about an empty store, which anybody may write to, for as long as an application runs."""
    scratch = Scratch()
    endpoint = ScratchEndpoint(limits or ReaderLimits(), scratch)
    app.state.sparql = endpoint
    try:
        await endpoint.readers.start()
        await scratch.start()
        yield
    finally:
        await endpoint.readers.close()
        await scratch.close()


def endpoint_of(request: Request) -> Endpoint:
    """Return what answers the SPARQL of a request."""
    return cast(Endpoint, request.app.state.sparql)
