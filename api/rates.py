"""How often a client may ask, and how often it may be wrong about its key."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.clients import client
from api.problems import Problem, response

_REQUESTS: Final = 100.0
_BURST_SECONDS: Final = 20.0
_WRONG_KEYS: Final = 40.0
_WRONG_KEYS_A_SECOND: Final = 0.5
_MOST_CLIENTS: Final = 10_000
_LOOPBACK: Final = ("127.", "::/64", "unknown", "testclient")


class Buckets:
    """A bucket of tokens for each client, filled at a rate; those that were not seen for long are forgotten."""

    def __init__(self, rate: float, size: float) -> None:
        self._rate, self._size = rate, size
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, name: str) -> float:
        """Return in how many seconds the client has a token; 0 where it has one."""
        return max(0.0, (1 - self._now(name)) / self._rate)

    def take(self, name: str) -> None:
        """Take a token, or the last part of one."""
        self._left[name] = max(0.0, self._now(name) - 1), time.monotonic()
        self._left.move_to_end(name)
        while len(self._left) > _MOST_CLIENTS:
            self._left.popitem(last=False)

    def _now(self, name: str) -> float:
        left, then = self._left.get(name, (self._size, 0.0))
        return min(self._size, left + (time.monotonic() - then) * self._rate)


class Rates:
    """Answers 429 to a client that asks too often, or that goes on guessing keys.

    Who holds a key has a bucket of their own, whoever else is at the same address.
    """

    def __init__(self, app: ASGIApp, requests: float | None = None) -> None:
        self._app = app
        self._everybody = requests is not None
        rate = requests or _REQUESTS
        self._asked = Buckets(rate, rate * _BURST_SECONDS)
        self._wrong = Buckets(_WRONG_KEYS_A_SECOND, _WRONG_KEYS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or say when it may come again."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = client(scope)
        keyed = any(header in {b"authorization", b"x-api-key"} for header, _ in scope["headers"])
        wait = self._wrong.wait(name) if keyed else 0.0
        if self._everybody or not name.startswith(_LOOPBACK):
            wait = max(wait, self._asked.wait(name))
            self._asked.take(name)
        if wait:
            seconds = math.ceil(wait)
            problem = Problem(
                "too-often", f"Too many requests; ask again in {seconds} s.", headers={"Retry-After": str(seconds)}
            )
            await response(Request(scope), problem)(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 401 and keyed:
                self._wrong.take(name)
            await send(message)

        await self._app(scope, receive, sent)
