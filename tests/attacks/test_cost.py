"""Queries that cost more than anybody may have: ended in time, said so, and nobody else waits."""

from __future__ import annotations

import http.client
import threading
import time

import httpx
import pytest

from tests.attacks import asking, corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched
from tests.attacks.wire import Reply, send

pytestmark = pytest.mark.server
_SMALL = "SELECT * { ?s a ?type } LIMIT 1"


class Another:
    """Another client, which asks something small all the while."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.seconds: list[float] = []

    def __enter__(self) -> Another:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def _ask(self) -> None:
        transport = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(base_url=self._address, timeout=30, transport=transport) as client:
            while not self._stop.wait(0.05):
                started = time.monotonic()
                found = client.get("/sparql", params={"query": _SMALL})
                assert found.status_code == 200, found.text
                self.seconds.append(time.monotonic() - started)

    @property
    def typical(self) -> float:
        """Seconds that 95 of 100 took at most."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]


def broken_off(server: Server, item: Item) -> Reply | None:
    """Ask, and return the answer, or nothing where it began and was broken off."""
    text = item.input.encode()
    try:
        headers = {"Content-Type": "application/sparql-query"}
        return send(server.address, "POST", "/sparql", headers, [text], len(text))
    except http.client.IncompleteRead:
        return None


@pytest.mark.slow
@pytest.mark.parametrize(
    "item", [case for case in corpus.items("cost") if isinstance(getattr(case.values[0], "input", None), str)]
)
def test_a_costly_query_ends_in_time(server: Server, canary: Canary, item: Item) -> None:
    with Another(server.address) as another, watched(server, canary, item) as told:
        started = time.monotonic()
        reply = broken_off(server, item)
        lasted = time.monotonic() - started
        told(reply or send(server.address, "GET", "/health/ready", {}, length=0))
    assert lasted <= item.within
    assert another.typical <= 0.25, f"another client waited {another.typical:.3f} s"
    if reply is not None and reply.status >= 400:
        assert asking.body(reply)["type"] in {
            f"/problems/{kind}" for kind in ("out-of-time", "out-of-memory", "busy", "result-too-large")
        }


@pytest.mark.parametrize(
    "item", [case for case in corpus.items("cost") if not isinstance(getattr(case.values[0], "input", ""), str)]
)
def test_a_long_text_is_refused(server: Server, canary: Canary, item: Item) -> None:
    with watched(server, canary, item) as told:
        for reply in asking.ask(server, item, canary):
            told(reply)
            if reply.status == 413 and corpus.size(item.input, canary.address) > 5_000_000:
                assert reply.sent < 4_000_000, "the body was read to its end"
