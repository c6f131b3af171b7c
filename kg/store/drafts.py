"""What a change would do to a store: it is made on a copy that is thrown away, by a process that may be killed."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pyoxigraph import Quad, RdfFormat, parse

from kg.errors import StoreUnavailable
from kg.store.folder import clear
from kg.store.frames import Ask
from kg.store.nursery import WRITER
from kg.store.readers import ReaderLimits, Readers
from kg.store.volatile import VolatileFolder

_MOST_BYTES: Final = 64 << 20


@dataclass(frozen=True)
class Difference:
    """The statements that a change removes and adds, each with its graph; ``created`` says that it made a graph."""

    removed: frozenset[Quad]
    added: frozenset[Quad]
    created: bool = False


@dataclass(frozen=True)
class Draft:
    """Changes to try, one after the other, on the store in a folder: updates, graphs to put, to post or to delete.

    ``graphs`` are N-Triples by the name of a graph that the store is to have besides; ``seconds`` is the time for all.
    """

    place: str
    changes: Sequence[Ask]
    graphs: Mapping[str, str]
    seconds: float


class Drafts:
    """Copies of a store to try changes on, one at a time; its methods belong to one event loop."""

    def __init__(self, limits: ReaderLimits) -> None:
        self._limits = replace(limits, processes=1, long=1, spare=0)
        self._writer: Readers | None = None
        self._volatile: VolatileFolder | None = None
        self._numbers = itertools.count(1)
        self._starting = asyncio.Lock()

    async def close(self) -> None:
        """End the process, and delete what is left of copies."""
        if self._writer is not None:
            await self._writer.close()
            self._writer = None
        if self._volatile is not None:
            self._volatile.close()
            self._volatile = None

    async def difference(self, draft: Draft, client: str) -> Difference:
        """Return what changes would do to a store.

        Raises QueryRefused, QueryStopped, NoGraph, StoreUnavailable.
        """
        writer, volatile = await self._started()
        target = volatile.path / f"draft-{next(self._numbers)}"
        async with AsyncExitStack() as held:
            held.callback(clear, target)
            await asyncio.to_thread(_copy, Path(draft.place), target)
            more = {"changes": draft.changes, "graphs": draft.graphs}
            ask = Ask("difference", str(target), seconds=draft.seconds, most_bytes=_MOST_BYTES, more=more)
            result = await held.enter_async_context(writer.asked(ask, client))
            content = await result.rest()
        removed, added = await asyncio.to_thread(_read, content)
        return Difference(removed, added, bool(result.facts.get("created")))

    async def _started(self) -> tuple[Readers, VolatileFolder]:
        async with self._starting:
            if self._writer is None or self._volatile is None:
                self._volatile = VolatileFolder()
                self._writer = Readers(self._limits, kind=WRITER)
                await self._writer.start()
            return self._writer, self._volatile


def _copy(place: Path, target: Path) -> None:
    """Copy the folder of a store that nobody writes to, and that is kept from deletion meanwhile.

    Raises StoreUnavailable.
    """
    try:
        held = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
            shutil.copytree(place, target)
        finally:
            os.close(held)
    except (OSError, shutil.Error) as error:
        raise StoreUnavailable(f"no copy of {place} can be made in {target.parent}: {error}; ask again") from error


def _read(content: bytes) -> tuple[frozenset[Quad], frozenset[Quad]]:
    lines = content.splitlines(keepends=True)
    removed, added = (b"".join(line[1:] for line in lines if line.startswith(sign)) for sign in (b"-", b"+"))
    return frozenset(parse(removed, format=RdfFormat.N_QUADS)), frozenset(parse(added, format=RdfFormat.N_QUADS))
