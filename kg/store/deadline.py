"""HTTP within a deadline: whatever the other side does, drop by drop or not at all, a request ends in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

_LEAST = 0.001


class Deadline:
    """The moment by which the requests of a thread end."""

    def __init__(self) -> None:
        self._of = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Set it for what follows."""
        self._of.at = time.monotonic() + seconds
        try:
            yield
        finally:
            self._of.at = None

    def left(self, wanted: float | None) -> float | None:
        """Return the seconds that are left, at most those wanted."""
        at = getattr(self._of, "at", None)
        if at is None:
            return wanted
        left = max(_LEAST, float(at - time.monotonic()))
        return left if wanted is None else min(left, wanted)


class DeadlineTransport(httpx.BaseTransport):
    """HTTP/1.1 by httpcore, each wait of it within a deadline; ``connections`` are open at most."""

    def __init__(self, deadline: Deadline, connections: int) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=connections,
            keepalive_expiry=5.0,
            network_backend=_Backend(deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the response once its head is there.

        Raises exceptions of httpcore.
        """
        assert isinstance(request.stream, httpx.SyncByteStream)
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        sent = httpcore.Request(
            method=request.method,
            url=url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        found = self._pool.handle_request(sent)
        assert isinstance(found.stream, Iterable)
        return httpx.Response(found.status, headers=found.headers, stream=_Body(found), extensions=found.extensions)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, found: httpcore.Response) -> None:
        self._found = found

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._found.stream, Iterable)
        yield from self._found.stream

    def close(self) -> None:
        self._found.close()


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        return _Stream(self._sockets.connect_tcp(host, port, left, local_address, socket_options), self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
