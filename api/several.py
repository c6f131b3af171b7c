"""Several processes that serve on one socket: started together, ended together, and replaced where one dies."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from threading import Event
from types import FrameType
from typing import Final

from kg.errors import StoreUnavailable

_LAST_SECONDS: Final = 20.0
_LOOK: Final = 0.2
_QUICK: Final = 10.0
"""Who dies before so many seconds have gone is not started again."""
Serve = Callable[[socket.socket, Callable[[], None]], None]
"""What a process does: serve on a socket, and call when it is ready."""


def serve(work: Serve, heard: socket.socket, processes: int) -> None:
    """Have processes serve on a socket until SIGINT or SIGTERM.

    The socket names its protocol, and each connection inherits that: without it, the event loop would leave Nagle's
    algorithm on, and each response would wait 40 ms. Raises StoreUnavailable where one of them does not start.
    """
    spawning = get_context("spawn")
    ready = spawning.Semaphore(0)
    ended = Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    running: dict[BaseProcess, float] = {}

    def start() -> None:
        process = spawning.Process(target=_work, args=(work, heard, ready))
        process.start()
        running[process] = time.monotonic()

    try:
        for _ in range(processes):
            start()
        waiting = processes
        while not ended.is_set():
            if waiting and ready.acquire(timeout=_LOOK):
                waiting -= 1
                if not waiting:
                    announce(heard)
            elif not waiting:
                ended.wait(_LOOK)
            for process in [each for each in running if not each.is_alive()]:
                if ended.is_set():
                    break
                if time.monotonic() - running.pop(process) < _QUICK:
                    raise StoreUnavailable(
                        "a process of the service ended as soon as it began; the reason stands above"
                    )
                start()
    finally:
        _end(list(running))
        for number, handler in before.items():
            signal.signal(number, handler)


def announce(heard: socket.socket) -> None:
    """Say where the service is."""
    host, port = heard.getsockname()[:2]
    print(f"serving on http://{f'[{host}]' if ':' in host else host}:{port}/", flush=True)


def _work(work: Serve, heard: socket.socket, ready: Semaphore) -> None:
    def is_ready() -> None:
        ready.release()

    work(heard, is_ready)


def _end(processes: list[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + _LAST_SECONDS
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        process.kill()
        process.join()
