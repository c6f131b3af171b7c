"""Cross-origin reading: any page may read what anybody may read, without credentials; none may write."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READING: Final = frozenset({"GET", "HEAD"})
_READ_BY_POST: Final = frozenset({"/sparql"})
"""Where a POST may be a read; one that would write needs a key, which no preflight lets through."""
_EXPOSED: Final = "Content-Encoding, ETag, Link, Location, Retry-After"
_ALLOWED: Final = "Accept, Accept-Language, Content-Language, Content-Type, If-None-Match"
_SECONDS: Final = "86400"


class CrossOrigin:
    """Lets pages of other origins read, answers their preflights, and answers OPTIONS with the methods there are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its response back with what a browser asks for."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] != "OPTIONS":
            await self._app(scope, receive, _shared(send) if _may_read(scope["method"], scope["path"]) else send)
            return
        asked = Headers(scope=scope).get("access-control-request-method", "")
        if asked and _may_read(asked.upper(), scope["path"]):
            await _preflight(scope["path"])(scope, receive, send)
            return
        await self._app(scope, receive, _options(send))


def _may_read(method: str, path: str) -> bool:
    return method in _READING or (method == "POST" and path in _READ_BY_POST)


def _preflight(path: str) -> Response:
    methods = ("GET", "HEAD", "POST") if path in _READ_BY_POST else ("GET", "HEAD")
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": _ALLOWED,
            "Access-Control-Max-Age": _SECONDS,
        },
    )


def _shared(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Access-Control-Expose-Headers"] = _EXPOSED
        await send(message)

    return sent


def _options(send: Send) -> Send:
    """Turn the refusal that lists the methods of an address into the answer that lists them."""
    turned = False

    async def sent(message: Message) -> None:
        nonlocal turned
        if message["type"] == "http.response.start" and message["status"] == 405:
            turned = True
            allowed = Headers(raw=message["headers"]).get("allow", "")
            methods = {method.strip() for method in allowed.split(",") if method.strip()} | {"OPTIONS"}
            methods |= {"HEAD"} if "GET" in methods else set()
            await send(
                {
                    "type": "http.response.start",
                    "status": 204,
                    "headers": [(b"allow", ", ".join(sorted(methods)).encode())],
                }
            )
        elif turned:
            await send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})
        else:
            await send(message)

    return sent
