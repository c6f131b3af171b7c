"""Readers on a store that nobody writes to, and what they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from kg.store.frames import Ask
from kg.store.readers import ReaderLimits, Readers

JSON = "application/sparql-results+json"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
FLOOD = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
T = TypeVar("T")


def ask(place: Path | str, text: str, form: str = JSON, **more: object) -> Ask:
    return Ask("query", str(place), text, format=form, **more)  # type: ignore[arg-type]


async def answer(readers: Readers, asked: Ask, client: str = "tests") -> bytes:
    async with readers.asked(asked, client) as result:
        return await result.rest()


@asynccontextmanager
async def reading(limits: ReaderLimits | None = None, *, confined: bool = True) -> AsyncIterator[Readers]:
    readers = Readers(limits or ReaderLimits(processes=3, long=2), confined=confined)
    try:
        yield readers
    finally:
        await readers.close()


def with_readers(
    work: Callable[[Readers], Awaitable[T]], limits: ReaderLimits | None = None, *, confined: bool = True
) -> T:
    async def run() -> T:
        async with reading(limits, confined=confined) as readers:
            return await work(readers)

    return asyncio.run(run())
