"""The server: one process on one address, or several, until it is asked to stop."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import resource
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from types import FrameType

import uvicorn
from fastapi import FastAPI

from api import several
from api.access_log import AccessLog
from api.app import create_app
from api.connections import Connection
from api.log_lines import Handler, Lines
from api.scratch import create_scratch_app
from kg.errors import InputRefused, StoreUnavailable
from kg.evidence_base import EvidenceBase
from kg.keys import Keys
from kg.settings import Settings

_BACKLOG = 2048
_IDLE_SECONDS = 30
_LAST_REQUESTS_SECONDS = 10
_MOST_CONNECTIONS = 2000
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class _Server(uvicorn.Server):
    """A server that says so once it is ready, and dies of no signal."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so when the store is open and the socket is heard."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish the requests under way; a second signal does not wait for them."""
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True


def serve(
    settings: Settings, host: str = "127.0.0.1", port: int = 8000, *, quiet: bool = False, processes: int = 1
) -> None:
    """Serve a store over HTTP until SIGINT or SIGTERM; requests are logged on standard error unless quiet.

    Several processes share the address; none of them takes writes then.

    Raises StoreUnavailable where the store cannot be opened, InputRefused where the address cannot be taken, or where
    what is served cannot be by several processes.
    """
    if processes > 1:
        _check_shareable(settings)
    with EvidenceBase.open(settings):
        pass
    if Keys.of(settings) and settings.store != "memory:":
        with EvidenceBase.open(settings, "write"):  # whoever writes already is named here
            pass
    if processes > 1:
        with closing(_bound(host, port)) as heard:
            several.serve(partial(_one_of, settings, processes, quiet=quiet), heard, processes)
    else:
        _run(create_app(settings), host, port, quiet=quiet)


def _check_shareable(settings: Settings) -> None:
    if settings.store == "memory:":
        raise InputRefused("a store in memory belongs to one process; serve one in a folder, or leave --workers out")
    if Keys.of(settings):
        raise InputRefused(
            "a service that takes writes is the one writer of its store, and one process; leave --workers out, or set "
            "EVIGRAPH_KEYS to an empty file and have another service beside it take the writes"
        )


def _one_of(
    settings: Settings, processes: int, heard: socket.socket, ready: Callable[[], None], *, quiet: bool
) -> None:
    """Be one of several processes that serve a store on a socket."""
    _serve(create_app(settings, processes), heard, ready, quiet=quiet)


def serve_scratch(host: str = "127.0.0.1", port: int = 8000, *, quiet: bool = False) -> None:
    """Serve an empty store that anybody on this machine may write to, until SIGINT or SIGTERM; then it is gone.

    Raises InputRefused where the address is not of the loopback, or cannot be taken.
    """
    if host not in _LOOPBACK:
        raise InputRefused(
            f"a scratch store takes writes from anybody, so it is served to this machine alone, not on {host}; "
            f"use --host {_LOOPBACK[0]}, or leave it out"
        )
    _run(create_scratch_app(), host, port, quiet=quiet)


def _run(app: FastAPI, host: str, port: int, *, quiet: bool) -> None:
    with closing(_bound(host, port)) as heard:
        _serve(app, heard, partial(several.announce, heard), quiet=quiet)


def _serve(app: FastAPI, heard: socket.socket, ready: Callable[[], None], *, quiet: bool) -> None:
    lines = Lines(sys.stderr.fileno())
    try:
        _as_many_files_as_allowed()
        logging.basicConfig(level=logging.WARNING, handlers=[Handler(lines)], force=True)
        if not quiet:
            app.add_middleware(AccessLog, lines=lines)
        config = uvicorn.Config(
            app,
            http=partial(Connection, lines=None if quiet else lines),  # type: ignore[arg-type]
            log_config=None,
            log_level="error",  # what a client does wrong is no warning of ours
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_LAST_REQUESTS_SECONDS,
            lifespan="on",
        )
        server = _Server(config, ready)
        server.run(sockets=[heard])
        if not server.started:
            raise StoreUnavailable("the service did not start; the reason stands above")
    finally:
        lines.close()


def _as_many_files_as_allowed() -> None:
    """Let the process have as many connections as the system allows it."""
    with contextlib.suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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
