"""Who goes next: short queries always do soon, long ones have places of their own, and clients go in turn."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from kg.store.stopped import Busy


@dataclass(frozen=True)
class Shares:
    """Places in all, those that long queries may have, and those that the long ones of one client may have.

    ``waiting`` short queries and as many long ones wait at most, ``waiting_each`` of one client, each for ``patience``
    seconds. A client has ``each`` places at most, so that others find one however much it asks.
    """

    places: int
    long: int
    long_each: int
    waiting: int
    waiting_each: int
    patience: float
    each: int = 1_000_000


class Turns:
    """Places that queries take and give back.

    Whether a query is long is not known before it has run for a while; it needs a place for long ones then. As fewer
    of these are given than there are places, those that have just begun always find one soon.
    """

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._taken: Counter[str] = Counter()
        self._long: Counter[str] = Counter()
        self._waiting = {False: _Queue(), True: _Queue()}

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._taken.total()

    def taken_by(self, client: str) -> int:
        """How many places a client has."""
        return self._taken[client]

    async def take(self, client: str, patience: float, *, long: bool = False) -> None:
        """Wait for a place, and have it until it is given back.

        Raises Busy where too many wait already, or none is free in time.
        """
        if self._may(client, long):
            self._begin(client, long)
            return
        queue = self._waiting[long]
        if len(queue) >= self._shares.waiting or queue.of(client) >= self._shares.waiting_each:
            raise Busy("too many queries wait already; ask again in a moment")
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.put(client, called)
        patience = min(patience, self._shares.patience)
        try:
            async with asyncio.timeout(patience):
                await called
        except TimeoutError:
            self._leave(queue, client, called, long)
            raise Busy(f"no place was free within {patience:g} s; ask again in a moment") from None
        except BaseException:
            self._leave(queue, client, called, long)
            raise

    def lengthen(self, client: str) -> bool:
        """Make the place of a query one for a long query, where there is such a place."""
        if not self._may_be_long(client):
            return False
        self._long[client] += 1
        return True

    def give_back(self, client: str, *, long: bool) -> None:
        """Let go of a place, and call those who wait."""
        _less(self._taken, client)
        if long:
            _less(self._long, client)
        self._call()

    def _may_be_long(self, client: str) -> bool:
        return self._long.total() < self._shares.long and self._long[client] < self._shares.long_each

    def _may(self, client: str, long: bool) -> bool:
        room = self._taken.total() < self._shares.places and self._taken[client] < self._shares.each
        if long:
            return room and self._may_be_long(client)
        # whose long queries wait already is let find out one after the other whether the next are long, too
        return room and (not self._waiting[True].of(client) or self._taken[client] == self._long[client])

    def _begin(self, client: str, long: bool) -> None:
        self._taken[client] += 1
        if long:
            self._long[client] += 1

    def _leave(self, queue: _Queue, client: str, called: asyncio.Future[None], long: bool) -> None:
        """Take one who waits out of the queue; a place that was given at the same moment is given back."""
        if called.done() and not called.cancelled():
            self.give_back(client, long=long)
        else:
            queue.remove(client, called)

    def _call(self) -> None:
        """Give free places to those who wait: to short queries first, one client after the other."""
        for long, queue in self._waiting.items():
            while (client := next((name for name in queue if self._may(name, long)), None)) is not None:
                called = queue.take(client)
                if not called.done():
                    self._begin(client, long)
                    called.set_result(None)


def _less(counts: Counter[str], client: str) -> None:
    """Count one less; who has none is forgotten."""
    counts[client] -= 1
    if not counts[client]:
        del counts[client]


class _Queue:
    """Those who wait, by client."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def of(self, client: str) -> int:
        return len(self._of.get(client, ()))

    def __iter__(self) -> Iterator[str]:
        """Yield the clients, who was called last at the end."""
        return iter(self._of)

    def put(self, client: str, called: asyncio.Future[None]) -> None:
        self._of.setdefault(client, deque()).append(called)
        self._count += 1

    def take(self, client: str) -> asyncio.Future[None]:
        """Take the first of a client, who is the last to be called next time."""
        called = self._of[client].popleft()
        self._count -= 1
        if self._of[client]:
            self._of.move_to_end(client)
        else:
            del self._of[client]
        return called

    def remove(self, client: str, called: asyncio.Future[None]) -> None:
        queue = self._of.get(client)
        if queue is not None and called in queue:
            queue.remove(called)
            self._count -= 1
            if not queue:
                del self._of[client]
