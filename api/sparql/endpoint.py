"""What answers SPARQL: the readers, and where they find the state of the store that a request sees."""

from __future__ import annotations

import hashlib
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
from api.sparql.origin import origin
from api.sparql.statistics import Counted
from kg import __version__
from kg.iris import BASE, GRAPH
from kg.store.copies import Copies
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

    def __init__(self, limits: ReaderLimits) -> None:
        self.readers = Readers(limits)
        self.counted = Counted()

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


class StoreEndpoint(Endpoint):
    """The evidence: each request reads a copy of the commit that the rest of the service shows it."""

    def __init__(self, limits: ReaderLimits, url: str) -> None:
        super().__init__(limits)
        self.copies = Copies(url)

    @asynccontextmanager
    async def reading(self, request: Request) -> AsyncIterator[State]:
        """Yield the state that a request sees."""
        service = cast(Service, request.state.service)
        place = self.copies.known(service.commit) or await run_sync(self.copies.place, service.base.store)
        yield State(str(place), service.tag)

    def base(self, request: Request) -> str:
        """Return the base of all IRIs of the evidence."""
        return BASE

    def graph(self, request: Request, path: str) -> str:
        """Return a graph of the evidence, whose IRI leads here."""
        return GRAPH + path


class ScratchEndpoint(Endpoint):
    """A scratch store: each request reads what was written before it."""

    def __init__(self, limits: ReaderLimits, scratch: Scratch) -> None:
        super().__init__(limits)
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
async def opened(app: FastAPI, url: str, limits: ReaderLimits | None = None) -> AsyncIterator[None]:
    """Answer SPARQL about the store at an address for as long as an application runs."""
    endpoint = StoreEndpoint(limits or ReaderLimits(), url)
    present: Present = app.state.present

    async def start() -> None:
        held = present.take()
        try:
            await endpoint.readers.start(str(await run_sync(endpoint.copies.place, held.service.base.store)))
        finally:
            present.give_back(held)

    app.state.sparql = endpoint
    try:
        async with create_task_group() as tasks:
            tasks.start_soon(start)
            yield
            tasks.cancel_scope.cancel()
    finally:
        await endpoint.readers.close()
        await run_sync(endpoint.copies.close)


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
