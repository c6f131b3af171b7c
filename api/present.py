"""The newest commit that the service sees: requests keep the one they began with, and none waits for the next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from starlette.types import ASGIApp, Receive, Scope, Send

from api.service import Service
from kg.errors import StoreUnavailable
from kg.evidence_base import EvidenceBase

_LOG = logging.getLogger("api")


@dataclass(eq=False)
class _Held:
    """A service, and how many requests still use it."""

    service: Service
    users: int = 0


class Present:
    """The service at the newest commit; a newer one is opened and warmed beside it, then takes its place."""

    def __init__(self, opened: Callable[[], EvidenceBase]) -> None:
        self._opened = opened
        self._lock, self._renewing = Lock(), Lock()
        self._now = _Held(Service(opened()))

    @property
    def service(self) -> Service:
        """The service of now, for those who need it for a moment."""
        return self._now.service

    def take(self) -> _Held:
        """Hold the service of now until it is given back."""
        with self._lock:
            self._now.users += 1
            return self._now

    def give_back(self, held: _Held) -> None:
        """Let go of a service; one that is no longer of now is closed by its last user."""
        with self._lock:
            held.users -= 1
            idle = held.users == 0 and held is not self._now
        if idle:
            held.service.base.close()

    def renew(self) -> None:
        """See the newest commit of the store, where it is not seen yet.

        Raises StoreUnavailable; what was seen before is still seen then.
        """
        with self._renewing:
            service = self._now.service
            if service.base.store.newest() == service.commit.number:
                return
            base = self._opened()
            if base.store.head().number == service.commit.number:  # a writer that has not published yet
                base.close()
                return
            fresh = _Held(Service(base, service))
            with self._lock:
                before, self._now = self._now, fresh
                idle = before.users == 0
            if idle:
                before.service.base.close()

    def look(self) -> None:
        """See the newest commit, or log why it cannot be seen; the one seen before is shown meanwhile."""
        try:
            self.renew()
        except StoreUnavailable as error:
            _LOG.warning("the newest commit cannot be shown yet: %s", error)
        except Exception:  # noqa: BLE001  (a bug here must not end the service; it is logged)
            _LOG.exception("the newest commit cannot be shown")

    def close(self) -> None:
        """Close the store; nobody may use a service any more."""
        self._now.service.base.close()


class OneCommit:
    """Gives each request the service of the moment it began, for as long as it takes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its service as ``request.state.service``."""
        present: Present | None = getattr(scope["app"].state, "present", None) if scope["type"] == "http" else None
        if present is None:
            await self._app(scope, receive, send)
            return
        held = present.take()
        scope.setdefault("state", {})["service"] = held.service
        try:
            await self._app(scope, receive, send)
        finally:
            present.give_back(held)
