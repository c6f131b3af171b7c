"""Sending results piece by piece, so that one that is broken off is never taken for a whole one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from fastapi import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kg.errors import EvidenceError
from kg.store.results import Result

_LOG = logging.getLogger("api")
_STALLED: Final = 60.0
"""Seconds in which a client takes at least one piece."""
_PATIENCE: Final = 0.1


class ClientGone(Exception):
    """The client closed the connection before there was anything to send."""


class Streamed(Response):
    """A result on its way.

    Where it breaks off, the connection ends without the mark that ends a chunked body: no client can take what came
    for the whole. A client of HTTP/1.0 knows no such mark and gets the result once it is whole.
    """

    def __init__(self, result: Result, held: AsyncExitStack, headers: Mapping[str, str], media_type: str) -> None:
        super().__init__(headers=headers, media_type=media_type)
        del self.headers["content-length"]
        self._result = result
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the result; return before its end where it has none."""
        async with self._held:
            if scope["http_version"] == "1.0":
                whole = await self._result.rest()
                await Response(whole, headers=dict(self.headers))(scope, receive, send)
                return
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            try:
                if scope.get("state", {}).get("head"):
                    await send({"type": "http.response.body", "body": b""})
                    return
                async for piece in self._result.pieces():
                    async with asyncio.timeout(_STALLED):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
            except TimeoutError:
                _LOG.warning("a client took nothing of its result for %d s; the connection is ended", _STALLED)
                return
            except EvidenceError as error:
                _LOG.warning("a result was broken off: %s", error)
                return
            await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def while_connected(request: Request) -> AsyncIterator[None]:
    """Break off what is done here when the client goes away.

    Raises ClientGone.
    """
    loop = asyncio.get_running_loop()
    working = asyncio.current_task()
    assert working is not None
    watching: list[asyncio.Task[None]] = []
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await request.receive())["type"] != "http.disconnect":
            await asyncio.sleep(_PATIENCE)
        gone = True
        working.cancel()

    # most are answered sooner than it takes to begin watching
    begin = loop.call_later(_PATIENCE, lambda: watching.append(loop.create_task(watch())))
    try:
        yield
    except asyncio.CancelledError:
        if not gone:
            raise
        working.uncancel()
        raise ClientGone from None
    finally:
        begin.cancel()
        for task in watching:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
