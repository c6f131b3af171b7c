"""Requests that are not as they should be: answered or ended, and never more than that."""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.attacks import corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched
from tests.attacks.wire import Reply, send
from tests.conftest import SHARED

pytestmark = pytest.mark.server
_HELD = {"http-slow-body": 60.0, "http-slow-headers": 30.0}
"""Seconds after which a connection that is fed drop by drop is closed."""


def connected(server: Server) -> socket.socket:
    host = urlsplit(server.address)
    return socket.create_connection((host.hostname or "", host.port or 80), timeout=10)


def raw(server: Server, request: bytes) -> bytes:
    """Send bytes as they are, and return what comes back until the server closes or falls silent."""
    with connected(server) as connection:
        connection.sendall(request)
        connection.settimeout(2)
        found = b""
        with contextlib.suppress(OSError):
            while part := connection.recv(65536):
                found += part
        return found


def plain(server: Server, item: Item, canary: Canary) -> Reply:
    """Send a request of the corpus as it is described."""
    given = dict(item.input)
    headers = dict(given.get("headers", {}))
    if parts := given.get("multipart_parts"):
        headers["content-type"] = "multipart/form-data; boundary=x"
        given["body"] = (
            "".join(f'--x\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\nv\r\n' for n in range(parts))
            + "--x--\r\n"
        )
    made = given.get("body", "")
    size = corpus.size(made, canary.address) if made else 0
    pieces = corpus.pieces(made, canary.address) if made else ()
    return send(server.address, given["method"], given["path"], headers, pieces, size)


PLAIN = [
    case
    for case in corpus.items("http")
    if case.values[0] is None or ("raw" not in case.values[0].input and "then" not in case.values[0].input)
]


@pytest.mark.parametrize("item", PLAIN)
def test_an_odd_request_gets_what_it_must(server: Server, canary: Canary, item: Item) -> None:
    with watched(server, canary, item) as told:
        reply = plain(server, item, canary)
        told(reply)
    allowed = reply.headers.get("access-control-allow-origin")
    assert "access-control-allow-credentials" not in reply.headers
    assert allowed in {None, "*"}
    if item.name == "http-cors-null":
        assert allowed is None
    assert "set-cookie" not in reply.headers
    said = reply.body + json.dumps(dict(reply.headers)).encode()
    assert b"evil.example" not in said
    assert b"pyoxigraph" not in said.lower()
    assert "server" not in reply.headers


def test_two_lengths_are_not_two_requests(server: Server, canary: Canary) -> None:
    for item in corpus.of_folder(SHARED / "attacks", "http"):
        if item.name == "http-te-cl":
            found = raw(server, item.input["raw"].encode())
            assert found.count(b"HTTP/1.1 ") == 1
            assert found.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nA",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nA\r\n0\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nA\r\n0\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nAB\r\n0\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\n b\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"G\x01T / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: a\r\n" % n for n in range(20_000)) + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"X" * 200_000,
    ],
    ids=lambda given: repr(given[:60]),
)
def test_what_is_not_http_is_refused_or_ended(server: Server, canary: Canary, request_: bytes) -> None:
    found = raw(server, request_)
    statuses = re.findall(rb"^HTTP/1\.1 (\d)", found, re.MULTILINE)
    assert statuses in ([b"4"], []), found[:300]
    assert b"Traceback" not in found
    assert httpx.get(f"{server.address}/health/live", timeout=5).status_code == 200


def test_null_bytes_in_parameters_are_data(server: Server, canary: Canary) -> None:
    for path in ("/sparql?query=ASK%7B%7D%00", "/drugs?q=%00", "/rdf-graph-store?graph=urn:a%00", "/sparql?query=%00"):
        reply = send(server.address, "GET", path, {}, length=0)
        assert reply.status in {200, 400, 422}, path


class Drops:
    """Connections that are fed a byte at a time, each until the server closes it."""

    def __init__(self, server: Server, first: bytes, count: int) -> None:
        self.lasted: list[float] = []
        self.answers: list[bytes] = []
        self._connections = [connected(server) for _ in range(count)]
        self._started = time.monotonic()
        for connection in self._connections:
            connection.sendall(first)
            connection.setblocking(False)

    def feed(self, until: float, meanwhile: Callable[[], None]) -> None:
        """Send a byte on each every five seconds."""
        fed = time.monotonic()
        while self._connections and time.monotonic() - self._started < until:
            readable, _, _ = select.select(self._connections, [], [], 0.25)
            for connection in readable:
                part = b""
                with contextlib.suppress(OSError):
                    part = connection.recv(65536)
                self.answers.append(part)
                self.lasted.append(time.monotonic() - self._started)
                self._connections.remove(connection)
                connection.close()
            if time.monotonic() - fed >= 5:
                fed = time.monotonic()
                for connection in self._connections:
                    with contextlib.suppress(OSError):
                        connection.send(b"A")
            meanwhile()

    def close(self) -> int:
        """Close those that are left, and say how many."""
        left = len(self._connections)
        for connection in self._connections:
            connection.close()
        return left


@pytest.mark.slow
@pytest.mark.parametrize("item", [case for case in corpus.items("http") if case.id in _HELD])
def test_a_slow_sender_is_not_waited_for(server: Server, canary: Canary, item: Item) -> None:
    slowest = 0.0

    def others() -> None:
        nonlocal slowest
        started = time.monotonic()
        found = httpx.get(f"{server.address}/sparql", params={"query": "ASK {}"}, timeout=10)
        assert found.status_code == 200
        slowest = max(slowest, time.monotonic() - started)

    drops = Drops(server, item.input["raw"].encode(), item.input["connections"])
    try:
        drops.feed(_HELD[item.name] + 5, others)
    finally:
        left = drops.close()
    assert left == 0
    assert max(drops.lasted) <= _HELD[item.name]
    assert {answer[:12] for answer in drops.answers} == {b"HTTP/1.1 408"}
    assert slowest <= 1.0


@pytest.mark.slow
def test_a_slow_reader_keeps_nobody_waiting(server: Server, canary: Canary) -> None:
    items = [item for item in corpus.of_folder(SHARED / "attacks", "http") if item.name == "http-slow-read"]
    assert len(items) == 1
    before = server.memory()
    connections = []
    for _ in range(items[0].input["connections"]):
        made = connected(server)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.sendall(f"GET {items[0].input['path']} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        connections.append(made)
    read: list[Any] = []
    stop = threading.Event()

    def trickle() -> None:
        while not stop.wait(1):
            for connection in connections:
                with contextlib.suppress(OSError):
                    read.append(connection.recv(1))

    reader = threading.Thread(target=trickle)
    reader.start()
    try:
        started = time.monotonic()
        while time.monotonic() - started < 15:
            asked = time.monotonic()
            found = httpx.get(f"{server.address}/sparql", params={"query": "SELECT * { ?s a ?c } LIMIT 1"}, timeout=20)
            if time.monotonic() - started > 5:
                assert found.status_code == 200
                assert time.monotonic() - asked < 1.0, "the readers are still held"
            time.sleep(0.2)
        assert read
        assert (server.memory() - before) / 2**20 < 400
    finally:
        stop.set()
        reader.join()
        for connection in connections:
            connection.close()
