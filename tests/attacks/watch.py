"""What holds for every hostile input: the service goes on, grows little, serves others, and calls nobody."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from tests.attacks.corpus import Item
from tests.attacks.server import Server, state
from tests.attacks.wire import Reply
from tests.conftest import ROOT

MOST_GROWTH = 400
"""MiB that any request may take for a moment, where the item does not say less."""
_OTHERS_WITHIN = 5.0
_ALLOWED_5XX = {502, 503, 504, 507}


class Canary:
    """A listener on loopback that counts who comes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.visits = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()

    def close(self) -> None:
        self._socket.close()


class _Beside:
    """Another client, and an eye on memory, while a request runs."""

    def __init__(self, server: Server) -> None:
        self._server, self._stop = server, threading.Event()
        self._processes = server.processes()
        self.before = server.memory(self._processes)
        self.peak = self.before
        self.slowest = 0.0
        self.failures: list[str] = []
        self.asked = 0
        self._threads = [threading.Thread(target=work) for work in (self._ask, self._measure)]

    def _ask(self) -> None:
        with httpx.Client(base_url=self._server.address, timeout=30) as client:
            while True:
                started = time.monotonic()
                try:
                    found = client.get("/drugs?q=a&limit=5")
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))
                    return
                self.slowest = max(self.slowest, time.monotonic() - started)
                self.asked += 1
                if found.status_code != 200:
                    self.failures.append(f"{found.status_code}: {found.text[:200]}")
                if self._stop.wait(0.05):
                    return

    def _measure(self) -> None:
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, self._server.memory(self._processes))

    def __enter__(self) -> _Beside:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=60)

    @property
    def growth(self) -> float:
        return (self.peak - self.before) / 2**20


@contextmanager
def watched(server: Server, canary: Canary, item: Item) -> Iterator[Callable[[Reply], None]]:
    """Hold an item to what must hold: call what is yielded with every answer that it gets."""
    replies: list[Reply] = []
    before, visits, logged = state(server.url), canary.visits, len(server.log)
    with _Beside(server) as beside:
        yield replies.append
    assert replies, "the item was not sent"
    for reply in replies:
        assert item.allows(reply.status), f"{reply.status}: {reply.body[:600]!r}"
        assert reply.status < 500 or reply.status in _ALLOWED_5XX
        assert reply.seconds <= item.within, f"{reply.seconds:.1f} s"
        assert b"Traceback" not in reply.body
        assert not re.search(rb'File "|site-packages|\.py\b', reply.body), reply.body[:600]
        assert str(ROOT).encode() not in reply.body, reply.body[:600]
    assert not beside.failures, beside.failures
    assert beside.asked, "nobody asked meanwhile"
    assert beside.slowest <= _OTHERS_WITHIN, f"another client waited {beside.slowest:.1f} s"
    limit = re.search(r"memory growth under (\d+) MB", item.must.get("text", ""))
    allowed = float(limit[1]) if limit else MOST_GROWTH
    assert beside.growth < allowed, f"memory grew by {beside.growth:.0f} MiB"
    assert httpx.get(server.address + "/health/ready", timeout=5).status_code == 200
    assert canary.visits == visits, "somebody was called"
    assert "Traceback" not in server.log[logged:], server.log[logged:][-3000:]
    if item.writes_nothing:
        assert state(server.url) == before, "something was written"
