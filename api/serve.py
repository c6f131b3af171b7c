"""The server: one process on one address, until it is asked to stop."""

from __future__ import annotations

import errno
import logging
import os
import socket
from types import FrameType

import uvicorn

from api.app import create_app
from kg.errors import InputRefused, StoreUnavailable
from kg.evidence_base import EvidenceBase
from kg.settings import Settings

_BACKLOG = 2048
_IDLE_SECONDS = 30
_LAST_REQUESTS_SECONDS = 10


class _Server(uvicorn.Server):
    """A server that says where it is once it is ready, and dies of no signal."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and print the address when the store is open and the socket is heard."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            print(f"serving on {self._address}", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish the requests under way; a second signal does not wait for them."""
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve a store over HTTP until SIGINT or SIGTERM.

    Raises StoreUnavailable where the store cannot be opened, InputRefused where the address cannot be taken.
    """
    with EvidenceBase.open(settings):
        pass
    heard = _bound(host, port)
    try:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{heard.getsockname()[1]}/"
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
        config = uvicorn.Config(
            create_app(settings),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_LAST_REQUESTS_SECONDS,
            lifespan="on",
        )
        server = _Server(config, address)
        server.run(sockets=[heard])
        if not server.started:
            raise StoreUnavailable("the service did not start; the reason stands above")
    finally:
        heard.close()


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to the address.

    Raises InputRefused, saying which and why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named: without it the event loop leaves Nagle's algorithm on, and each response waits 40 ms
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        made.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise InputRefused(f"port {port} of {host} is in use; name another, or 0 for a free one") from error
        raise InputRefused(f"{host}:{port} cannot be listened on ({error}); name another address") from error
    return made
