"""A client of the application itself: its lifespan runs in a thread of its own, requests come from any thread."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI


class Client:
    """Opens an application and asks it; nothing goes over a network."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._portal_of = start_blocking_portal()
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def __enter__(self) -> Self:
        self._portal: BlockingPortal = self._portal_of.__enter__()
        self._lifespan = self._portal.wrap_async_context_manager(self._app.router.lifespan_context(self._app))
        self._lifespan.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._lifespan.__exit__(kind, error, trace)
        finally:
            self._portal_of.__exit__(kind, error, trace)

    def request(self, method: str, place: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://evidence.test") as client:
                return await client.request(method, place, **more)

        return self._portal.call(ask)

    def get(self, place: str, **more: Any) -> httpx.Response:
        return self.request("GET", place, **more)

    def head(self, place: str, **more: Any) -> httpx.Response:
        return self.request("HEAD", place, **more)

    def post(self, place: str, **more: Any) -> httpx.Response:
        return self.request("POST", place, **more)
