"""Requests as bytes on a socket: sent piece by piece, answered at any moment, measured."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson


@dataclass(frozen=True)
class Reply:
    """An answer, how long it took, and how many bytes of the body had been sent by then."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    sent: int

    def json(self) -> dict[str, object]:
        """Return the body as JSON."""
        found: dict[str, object] = orjson.loads(self.body)
        return found


def send(
    address: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: Iterable[bytes] = (),
    length: int | None = None,
    patience: float = 120,
) -> Reply:
    """Send a request and return its answer; without a length the body is chunked.

    The body is sent by a thread of its own, so that an answer that comes early is seen when it comes.
    """
    host = urlsplit(address)
    sent = [0]
    started = time.monotonic()
    with socket.create_connection((host.hostname or "", host.port or 80), timeout=patience) as connection:
        framing = f"Content-Length: {length}" if length is not None else "Transfer-Encoding: chunked"
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host.netloc}", framing, "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n")

        def feed() -> None:
            with contextlib.suppress(OSError):
                for piece in body:
                    if piece:
                        connection.sendall(piece if length is not None else b"%x\r\n%s\r\n" % (len(piece), piece))
                        sent[0] += len(piece)
                if length is None:
                    connection.sendall(b"0\r\n\r\n")

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        content = response.read()
        seconds, by_then = time.monotonic() - started, sent[0]
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    feeder.join(timeout=10)
    return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, content, seconds, by_then)
