"""Connections that keep to their time and size: the head of a request is whole soon, or the connection ends."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.access_log import plain
from api.log_lines import Lines

_HEAD_SECONDS: Final = 15.0
"""From the beginning of a connection, or of a request on one that was kept, to the end of a head."""
_HEAD_BYTES: Final = 64 * 1024
_TITLES: Final = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}


class Connection(HttpToolsProtocol):
    """One connection of HTTP/1.1; a head that is late, too large or malformed ends it with a problem."""

    def __init__(self, *given: Any, lines: Lines | None = None, **named: Any) -> None:
        super().__init__(*given, **named)
        self._lines = lines
        self._last = b""
        self._late: asyncio.TimerHandle | None = None
        self._in_head = False
        self._head_bytes = self._held_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes: those of a head are counted, and its end is waited for."""
        self._last = data
        super().data_received(data)
        if self.transport.is_closing():
            self._wait_no_more()
        elif self._in_head:
            self._held_bytes += len(data)  # what the parser holds of a header that is not whole
            if self._held_bytes > _HEAD_BYTES:
                self.send_400_response("")
            elif self._late is None:
                self._wait()

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        self._in_head = True
        self._head_bytes = self._held_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header of the head; those behind a body are not looked at."""
        if self._in_head:
            self._count(name, value)
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Note that the head is whole."""
        self._in_head = False
        self._wait_no_more()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, or has too large a head."""
        if max(self._head_bytes, self._held_bytes) > _HEAD_BYTES:
            self._refuse(431, f"The head of the request is larger than {_HEAD_BYTES // 1024} KiB.")
        else:
            self._refuse(400, "What was sent is not a request as HTTP has it.")

    def _count(self, *parts: bytes) -> None:
        """Count what a head is made of; the parser ends where it is too much."""
        self._head_bytes += sum(map(len, parts))
        if self._head_bytes > _HEAD_BYTES:
            raise ValueError(self._head_bytes)

    def _wait(self) -> None:
        self._late = self.loop.call_later(_HEAD_SECONDS, self._end_late)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end_late(self) -> None:
        self._late = None
        if not self.transport.is_closing():
            self._refuse(408, "The head of the request did not come in time.")

    def _refuse(self, status: int, detail: str) -> None:
        """Say why the connection ends, unless an answer is on its way, which this would become a part of."""
        self._wait_no_more()
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()
            return
        if self._lines is not None:
            peer = self.client[0] if self.client else "unknown"
            self._lines.write({"client": peer, "status": status, "refused": detail, "sent": plain(self._last)})
        title = _TITLES[status]
        body = orjson.dumps({"type": "/problems/refused", "title": title, "status": status, "detail": detail})
        lines = (
            f"HTTP/1.1 {status} {title}",
            "Content-Type: application/problem+json",
            f"Content-Length: {len(body)}",
            "Connection: close",
            "\r\n",
        )
        self.transport.write("\r\n".join(lines).encode() + body)
        self.transport.close()
