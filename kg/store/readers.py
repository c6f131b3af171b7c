"""Processes that read for a service: few, fair, without network, and ended where a query takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final, cast

import orjson

from kg.errors import StoreUnavailable
from kg.store.frames import END, FAULT, HELLO, Ask, Frames
from kg.store.nursery import READER, WRITER, Nursery
from kg.store.results import NO_MEMORY, Result
from kg.store.spool import Room
from kg.store.stopped import OutOfMemory, OutOfTime
from kg.store.turns import Shares, Turns

_LOG = logging.getLogger("kg.store")
_MOST_QUERIES: Final = 5000
_LONG: Final = 60.0
_NOTICED: Final = 0.01
_REMEMBERED: Final = 1000
_LOOK: Final = 0.02
"""Seconds between two looks at how much a query has worked."""
_BUSY: Final = 0.01
"""Seconds of work from the first look on that tell that a query is no small one."""
_BACK: Final = 10
"""How nice a process is that keeps a processor busy: it has a ninth of the time of one that does not."""


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class ReaderLimits:
    """What readers may take: processes, memory of each, and what a query may by default.

    A query that lasts longer than ``short`` seconds is long, and ``long`` of them run at a time. ``spooled`` are the
    bytes that all results together may keep on the disk while slow clients take them; ``spare`` processes wait to take
    the place of one that was ended; the last ``reserved`` are for clients of whom no other query is being answered.
    """

    processes: int = field(default_factory=lambda: 2 * _processors() + 6)
    long: int = field(default_factory=lambda: _processors() + 1)
    memory: int = 1 << 30
    seconds: float = 10.0
    rows: int = 1_000_000
    bytes: int = 256 << 20
    waiting: int = 256
    waiting_each: int = 64
    patience: float = 8.0
    short: float = 0.1
    spooled: int = 2 << 30
    spare: int = 2
    reserved: int = 2

    @classmethod
    def among(cls, services: int) -> ReaderLimits:
        """Return the limits of one of several services on one machine."""
        whole = cls()
        return replace(
            whole,
            processes=max(4, whole.processes // services),
            long=max(1, whole.long // services),
            spooled=whole.spooled // services,
        )

    @property
    def shares(self) -> Shares:
        """How the processes are shared: a client leaves half of them to others, and one place for long queries."""
        long_each, each = max(1, self.long - 1), max(self.long, (self.processes + 1) // 2)
        return Shares(self.processes, self.long, long_each, self.waiting, self.waiting_each, self.patience, each)


class _Process(asyncio.Protocol):
    """One process and its connection."""

    def __init__(self, number: int, pool: Readers) -> None:
        self.number = number
        self.result: Result | None = None
        self.asked = 0
        self.calm = False
        self._pid = 0
        self._pool = pool
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._told: asyncio.Future[None] | None = None

    def ask(self, question: Ask, result: Result) -> None:
        """Send a question, whose answer fills the result."""
        self.result = result
        self._send(question)

    async def tell(self, question: Ask) -> None:
        """Send a question whose answer does not matter, and wait for its end or that of the process."""
        self._told = asyncio.get_running_loop().create_future()
        self._send(question)
        await self._told

    def worked(self) -> float:
        """Return the seconds that a processor has worked for it; 0 where that cannot be told."""
        try:
            with open(f"/proc/{self._pid}/schedstat", "rb") as told:  # noqa: PTH123  (three times as fast)
                return int(told.read().split()[0]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def calm_down(self) -> None:
        """Let it stand back behind those who have little to do, from now on to its end."""
        self.calm = True
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, self._pid, _BACK)

    def resume(self) -> None:
        """Go on reading where it was paused for want of room."""
        if self._transport is not None and not self._transport.is_closing() and not self._transport.is_reading():
            self._transport.resume_reading()

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be there."""
        self._transport = cast(asyncio.Transport, transport)  # other event loops have classes of their own
        self._pool.is_born(self)

    def data_received(self, data: bytes) -> None:
        """Pass on what the process says."""
        try:
            for kind, content in self._frames.fed(data):
                if kind == HELLO and not self._pid:  # it has run no text of a stranger so far
                    self._pid = int(orjson.loads(content))
                elif self._told is not None:
                    if kind in (END, FAULT):
                        self._heard()
                elif self.result is not None:
                    self.result.take(kind, content)
        except (ValueError, KeyError, TypeError) as error:
            _LOG.error("a reading process says what makes no sense: %s", error)
            self._pool.end(self)
            return
        if self.result is not None and self.result.full and self._transport is not None:
            self._transport.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits, and have another process started."""
        result, self.result = self.result, None
        self._heard()
        self._pool.gone(self)
        if result is not None and not result.ended and not result.failed:
            _LOG.warning("a reading process ended while it worked")
            result.fail(OutOfMemory(NO_MEMORY))

    def _heard(self) -> None:
        if self._told is not None and not self._told.done():
            self._told.set_result(None)
        self._told = None

    def _send(self, question: Ask) -> None:
        assert self._transport is not None
        self.asked += 1
        self._transport.write(question.framed())


class Readers:
    """A pool of processes that answer questions about checkpoints; its methods belong to one event loop."""

    def __init__(self, limits: ReaderLimits | None = None, *, kind: int = READER, confined: bool = True) -> None:
        self.limits = limits or ReaderLimits()
        self._kind = kind
        self._nursery = Nursery(self.limits.memory, confined=confined)
        shares = self.limits.shares
        self._turns = Turns(shares)
        self._reserved = max(0, min(self.limits.reserved, self.limits.processes + self.limits.spare - shares.each))
        self.room = Room(self.limits.spooled)
        self._long: dict[int, None] = {}
        self._all: set[_Process] = set()
        self._idle: deque[_Process] = deque()
        self._birth: asyncio.Task[bool] | None = None
        self._wanted: list[tuple[str, asyncio.Future[_Process]]] = []
        self._place = ""
        self._closed = False

    async def start(self, place: str = "") -> None:
        """Start the processes, and have them open a store, so that the first to ask does not wait for it."""
        self._place = place
        await asyncio.to_thread(self._nursery.start)
        self._restock()
        while self._birth is not None:
            await asyncio.wait([self._birth])
            await asyncio.sleep(0)

    async def close(self) -> None:
        """End all processes."""
        self._closed = True
        for process in list(self._all):
            self.end(process)
        if self._birth is not None:
            self._birth.cancel()
        await asyncio.to_thread(self._nursery.close)

    @property
    def busy(self) -> int:
        """How many questions are being answered."""
        return self._turns.taken

    @asynccontextmanager
    async def asked(self, question: Ask, client: str) -> AsyncIterator[Result]:
        """Ask, and yield the result once its first piece is there; leaving early ends the query.

        The time of the question runs from now. One that turns out to be long while long ones have all their places is
        ended and begun anew when it has one; nothing of it was given out by then.

        Raises Busy, OutOfTime and other kinds of QueryStopped, QueryRefused, NoGraph, StoreUnavailable.
        """
        deadline = asyncio.get_running_loop().time() + question.seconds
        self._place = question.place
        key = hash((question.text, question.default_graphs, question.named_graphs))
        # what writes is not begun anew
        known = self._kind == WRITER or key in self._long
        running = await self._begun(question, key, client, deadline, long=known)
        try:
            if not running.long and not await running.is_short(self.limits.short):
                self._remember(key)
                running.end()
                running.result.close()
                running = await self._begun(question, key, client, deadline, long=True)
            await running.result.first()
            yield running.result
            if running.long and running.lasted < self.limits.short:
                self._long.pop(key, None)
        finally:
            running.end()
            running.result.close()

    async def _begun(self, question: Ask, key: int, client: str, deadline: float, *, long: bool) -> _Running:
        """Wait for a place and a process, and begin."""
        loop = asyncio.get_running_loop()
        await self._turns.take(client, deadline - loop.time(), long=long)
        if not long and key in self._long:  # another of its kind turned out to be long meanwhile
            self._turns.give_back(client, long=False)
            long = True
            await self._turns.take(client, deadline - loop.time(), long=True)
        try:
            process = await self._process(client, deadline)
        except BaseException:
            self._turns.give_back(client, long=long)
            raise
        return _Running(self, process, question, client, deadline, long=long)

    def _remember(self, key: int) -> None:
        self._long[key] = None
        while len(self._long) > _REMEMBERED:
            del self._long[next(iter(self._long))]

    def end(self, process: _Process) -> None:
        """End a process at once."""
        self._nursery.kill(process.number)
        process.close()

    def lengthen(self, client: str) -> bool:
        """Make a place of a client one for a long query, where there is one."""
        return self._turns.lengthen(client)

    def release(self, process: _Process, client: str, *, done: bool, long: bool) -> None:
        """Give a place back; the process is for the next who ask, unless it is not done or has worked enough."""
        process.result = None
        if not done or process.calm or process.asked >= _MOST_QUERIES:
            self.end(process)
        elif process in self._all:
            process.resume()
            self.came(process)
        self._turns.give_back(client, long=long)

    async def _process(self, client: str, deadline: float) -> _Process:
        if self._may_have(client):
            return self._idle.popleft()
        self._restock()
        wanted: asyncio.Future[_Process] = asyncio.get_running_loop().create_future()
        self._wanted.append((client, wanted))
        try:
            async with asyncio.timeout_at(deadline):
                return await wanted
        except BaseException as error:
            if wanted.done() and not wanted.cancelled():
                self.came(wanted.result())
            self._wanted = [each for each in self._wanted if each[1] is not wanted]
            if isinstance(error, TimeoutError):
                raise StoreUnavailable("no reading process could be started; see the log") from None
            raise

    def _may_have(self, client: str) -> bool:
        """Tell whether a client may have one of the processes that are idle: the last are for those who have none."""
        return len(self._idle) > (0 if self._turns.taken_by(client) <= 1 else self._reserved)

    def is_born(self, process: _Process) -> None:
        """Have a process, which cannot be asked yet."""
        self._all.add(process)

    def came(self, process: _Process) -> None:
        """Have a process that can be asked."""
        self._idle.append(process)
        for number, (client, wanted) in enumerate(self._wanted):
            if not wanted.done() and self._may_have(client):
                del self._wanted[number]
                wanted.set_result(self._idle.popleft())
                break

    def gone(self, process: _Process) -> None:
        """Have one process less, and another started."""
        self._all.discard(process)
        with contextlib.suppress(ValueError):
            self._idle.remove(process)
        self._restock()

    def _restock(self) -> None:
        """Start a process, and then another, until there are some more than may work at a time."""
        if self._closed or self._birth is not None or len(self._all) >= self.limits.processes + self.limits.spare:
            return
        # one after the other: what it takes to start many at once would keep everybody waiting
        self._birth = asyncio.get_running_loop().create_task(self._give_birth())
        self._birth.add_done_callback(self._born)

    def _born(self, birth: asyncio.Task[bool]) -> None:
        self._birth = None
        if not birth.cancelled() and birth.result():
            self._restock()

    async def _give_birth(self) -> bool:
        """Start a process and have it open the store; say whether that came true."""
        ours: socket.socket | None = None
        try:
            number, ours = self._nursery.born(self._kind)
            ours.setblocking(False)
            process = _Process(number, self)
            await asyncio.get_running_loop().create_connection(lambda: process, sock=ours)
        except OSError as error:
            _LOG.error("a reading process cannot be started: %s", error)
            if ours is not None:
                ours.close()
            return False
        if self._place and self._kind == READER:
            await process.tell(Ask("open", self._place, seconds=_LONG))
        if process in self._all:
            self.came(process)
        return True


class _Running:
    """A question that is being answered: it has a place, a process, a result, and an end."""

    def __init__(
        self, pool: Readers, process: _Process, question: Ask, client: str, deadline: float, *, long: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        self.long = long
        self.result = Result(question, pool.room, self.end, process.resume)
        self._pool = pool
        self._process = process
        self._client = client
        self._over = False
        self._began = loop.time()
        self._timer = loop.call_at(deadline, self._expire, question.seconds)
        self._worked = 0.0
        self._look = loop.call_later(_LOOK, self._watch)
        left = deadline - self._began
        late = question.seconds - left > _NOTICED
        process.ask(replace(question, seconds=max(_NOTICED, left)) if late else question, self.result)

    @property
    def lasted(self) -> float:
        """Seconds since it began."""
        return asyncio.get_running_loop().time() - self._began

    async def is_short(self, seconds: float) -> bool:
        """Wait until it ends, or has lasted so long and becomes a long one; say whether either came true."""
        if await self.result.begins(seconds) and (self.result.over or self._becomes_long()):
            return True
        return await self.result.ends(seconds - self.lasted) or self._becomes_long()

    def end(self) -> None:
        """Give back what was taken, once: when the process is done, or nobody waits for it any more."""
        if self._over:
            return
        self._over = True
        self._timer.cancel()
        self._look.cancel()
        self._pool.release(self._process, self._client, done=self.result.ended, long=self.long)

    def _becomes_long(self) -> bool:
        if self._over:  # it came to its end while it was found to take long; its place is given back already
            return True
        self.long = self._pool.lengthen(self._client)
        return self.long

    def _watch(self) -> None:
        """Have a query that keeps a processor busy stand back behind those that do not; waiting for one is no fault."""
        before, self._worked = self._worked, self._process.worked()
        if before and self._worked - before > _BUSY:
            self._process.calm_down()
        else:
            self._worked = before or self._worked
            self._look = asyncio.get_running_loop().call_later(_LOOK, self._watch)

    def _expire(self, seconds: float) -> None:
        self.result.fail(OutOfTime(f"the query takes longer than {seconds:g} s; ask for less"))
        self.end()
