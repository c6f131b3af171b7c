"""What a reading process sends back, as those who asked take it: the first piece, the rest, or why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import orjson

from kg.errors import EvidenceError, QueryRefused, StoreUnavailable
from kg.store import frames
from kg.store.frames import ANSWER, DATA, END, FAULT
from kg.store.remote_faults import EngineNonsense, EngineSlow
from kg.store.spool import Room, Spool
from kg.store.stopped import NoGraph, NotSupported, OutOfMemory, ResultTooLarge

_TOO_LARGE: Final = {
    frames.TOO_MANY_ROWS: "more than {rows} rows; ask for fewer, such as by LIMIT and OFFSET",
    frames.TOO_MANY_BYTES: "more than {bytes} bytes; ask for less, such as by LIMIT and OFFSET",
}
NO_MEMORY: Final = "the query needs more memory than there is for one; ask for less"


class Result:
    """The result of one question, in pieces; ``coding`` is how they are packed.

    ``facts`` are known at the end: rows and bytes before packing. Who makes one is told when the process has ended
    its part, and when there is room for more again.
    """

    def __init__(self, asked: frames.Ask, room: Room, on_end: Callable[[], None], on_room: Callable[[], None]) -> None:
        self._on_end = on_end
        self._on_room = on_room
        self.coding = ""
        self.facts: dict[str, Any] = {}
        self.ended = False
        self._asked = asked
        self._spool = Spool(room)
        self._answered = False
        self._fault: EvidenceError | None = None
        self._waiting: asyncio.Future[None] | None = None

    # What the process says.

    def take(self, kind: int, content: bytes) -> None:
        """Take what a frame holds.

        Raises ValueError for a frame that makes no sense.
        """
        if kind == DATA and self._answered:
            self._keep(content)
        elif kind == ANSWER:
            self.coding = str(orjson.loads(content)["coding"])
            self._answered = True
        elif kind == END:
            self.facts = orjson.loads(content)
            self._end()
        elif kind == FAULT:
            said = orjson.loads(content)
            self.fail(_error(str(said["kind"]), str(said["message"]), self._asked))
            self._end()
        else:
            raise ValueError(f"a frame of kind {kind}")
        self._wake()

    def fail(self, fault: EvidenceError) -> None:
        """Note why the result is not whole; the first reason counts."""
        self._fault = self._fault or fault
        self._wake()

    @property
    def over(self) -> bool:
        """Whether all of it is here, or never will be."""
        return self.ended or self.failed

    @property
    def failed(self) -> bool:
        """Whether it is known that the result will not be whole."""
        return self._fault is not None

    @property
    def full(self) -> bool:
        """Whether the process should wait until some of it was taken."""
        return self._spool.full

    # What those who asked take.

    async def first(self) -> None:
        """Wait until the first piece is there, or the end.

        Raises QueryStopped, QueryRefused, NoGraph, StoreUnavailable.
        """
        while not (self._spool or self.ended or self._fault):
            await self._news()
        if self._fault:
            raise self._fault

    async def begins(self, seconds: float) -> bool:
        """Wait some seconds at most, and say whether there is a first piece, the end, or a fault by then."""
        try:
            async with asyncio.timeout(seconds):
                while not (self._spool or self.ended or self._fault):
                    await self._news()
        except TimeoutError:
            return False
        return True

    async def ends(self, seconds: float) -> bool:
        """Wait some seconds at most, and say whether the end or a fault is there by then."""
        try:
            async with asyncio.timeout(seconds):
                while not (self.ended or self._fault):
                    await self._news()
        except TimeoutError:
            return False
        return True

    @property
    def whole(self) -> bytes | None:
        """Everything, where it is all here; nothing of it can be taken again."""
        if not self.ended or self._fault:
            return None
        pieces = []
        while piece := self._spool.take():
            pieces.append(piece)
        return b"".join(pieces)

    async def rest(self) -> bytes:
        """Wait for the end, and return all that has not been taken.

        Raises as ``pieces`` does.
        """
        return b"".join([piece async for piece in self.pieces()])

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the pieces as they come.

        Raises QueryStopped, QueryRefused, StoreUnavailable: what came before is not the result then.
        """
        while True:
            if self._fault:
                raise self._fault
            if piece := self._spool.take():
                if not self._spool.full:
                    self._on_room()
                yield piece
            elif self.ended:
                return
            else:
                await self._news()

    def close(self) -> None:
        """Forget what was not taken."""
        self._spool.close()

    def _end(self) -> None:
        self.ended = True
        self._on_end()

    def _keep(self, content: bytes) -> None:
        try:
            self._spool.put(content)
        except OSError as error:
            self.fail(ResultTooLarge(f"there is no room to keep the result ({error.strerror}); ask for less"))

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def _news(self) -> None:
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None


def _error(kind: str, message: str, asked: frames.Ask) -> EvidenceError:
    match kind:
        case frames.REFUSED:
            return QueryRefused(f"the text is not accepted: {message}")
        case frames.UNSUPPORTED:
            return NotSupported(f"the query cannot be evaluated: {message}")
        case frames.NOT_THERE:
            return NoGraph(message)
        case frames.NO_MEMORY:
            return OutOfMemory(NO_MEMORY)
        case frames.ENGINE_SLOW:
            return EngineSlow(message)
        case frames.ENGINE_NONSENSE:
            return EngineNonsense(message)
        case frames.NO_STORE:
            return StoreUnavailable(f"the store cannot be read: {message}")
        case _ if kind in _TOO_LARGE:
            return ResultTooLarge(
                f"the result has {_TOO_LARGE[kind].format(rows=asked.most_rows, bytes=asked.most_bytes)}"
            )
        case _:
            return QueryRefused(message)
