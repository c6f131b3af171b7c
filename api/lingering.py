"""Refusing a body that is still on its way: the answer first, then the rest of the body, which nobody keeps.

A connection that is closed while its client still sends is reset, and the client may never read why.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS: Final = 5.0


class Lingering:
    """Holds the end of an answer back until the body of its request was read or a few seconds have gone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and see to the rest of its body."""
        if scope["type"] != "http" or not {b"content-length", b"transfer-encoding"} & dict(scope["headers"]).keys():
            await self._app(scope, receive, send)
            return
        unread = True

        async def received() -> Message:
            nonlocal unread
            message = await receive()
            unread = message["type"] == "http.request" and message.get("more_body", False)
            return message

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False) and unread:
                await send({**message, "more_body": True})
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_SECONDS):
                        while unread:
                            await received()
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        await self._app(scope, received, sent)
