"""The log of requests: an entry for each, with nothing in it that is secret or that a terminal would obey."""

from __future__ import annotations

import re
import time
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.clients import client
from api.log_lines import Lines, printable

_LONGEST: Final = 256
_SECRET: Final = re.compile(
    r"\bevk_[\w-]*"
    r"|\b(?:bearer|basic)(?:\s|%20|\+)+[^\s&\"']+"
    r"|((?:[\w-]*[-_])?(?:api-?key|key|token|password|passwd|secret|authorization|signature)(?:=|%3d|:\s*))[^\s&\"']+",
    re.IGNORECASE,
)


class AccessLog:
    """Notes each request when its answer is over: whole, or broken off."""

    def __init__(self, app: ASGIApp, lines: Lines) -> None:
        self._app = app
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note what came of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status, size, ended = 0, 0, False

        async def sent(message: Message) -> None:
            nonlocal status, size, ended
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
                ended = not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            self._lines.write(_entry(scope, status or 500, size, time.perf_counter() - started, ended=ended))


def _entry(scope: Scope, status: int, size: int, seconds: float, *, ended: bool) -> dict[str, Any]:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    made: dict[str, Any] = {
        "client": client(scope),
        "method": scope["method"],
        "path": plain(scope.get("raw_path") or scope["path"].encode("utf-8", "replace")),
        "query": plain(scope["query_string"]),
        "status": status,
        "bytes": size,
        "seconds": round(seconds, 4),
        "agent": plain(headers.get(b"user-agent", b"")),
    }
    if b"referer" in headers:
        made["referer"] = plain(headers[b"referer"])
    if not ended:
        made["broken_off"] = True
    return made


def plain(value: bytes) -> str:
    """Return a value as a log may hold it: without keys, cut, without what is not to be seen."""
    kept = _SECRET.sub(lambda found: f"{found[1] or ''}***", value[: 4 * _LONGEST].decode("utf-8", "replace"))
    if len(kept) > _LONGEST:
        kept = f"{kept[:_LONGEST]}… ({len(value)} bytes)"
    return printable(kept)
