"""Log lines: one JSON object each, written where they keep nobody waiting."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from datetime import UTC, datetime
from queue import Empty, Full, Queue
from threading import Thread
from typing import Any, Final

import orjson

_QUEUED: Final = 10_000
_TOGETHER: Final = 100
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_UNFINISHED: Final = "ASGI callable returned without completing response."


def printable(text: str) -> str:
    """Return a text without characters that a terminal or a reader could be led astray by.

    JSON escapes the control characters of ASCII itself.
    """
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class Lines:
    """Writes lines to a descriptor in a thread of its own.

    Where nobody reads them, a queue fills; what does not fit is counted, and the count is written when it does again.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._queue: Queue[bytes | None] = Queue(_QUEUED)
        self._lost = 0
        self._thread = Thread(target=self._work, name="log", daemon=True)
        self._thread.start()

    def write(self, entry: dict[str, Any]) -> None:
        """Have an entry written, with the time of now."""
        try:
            if self._lost:
                self._queue.put_nowait(_line({"lost_lines": self._lost}))
                self._lost = 0
            self._queue.put_nowait(_line(entry))
        except Full:
            self._lost += 1

    def close(self, seconds: float = 1.0) -> None:
        """Write what is left, as far as somebody reads it."""
        try:
            self._queue.put(None, timeout=seconds)
        except Full:
            return
        self._thread.join(seconds)

    def _work(self) -> None:
        ended = False
        while not ended:
            lines = [self._queue.get()]
            with contextlib.suppress(Empty):  # what came meanwhile goes with it: each wake-up keeps requests waiting
                while len(lines) < _TOGETHER:
                    lines.append(self._queue.get_nowait())
            ended = None in lines
            left = memoryview(b"".join(line for line in lines if line is not None))
            try:
                while left:
                    left = left[os.write(self._descriptor, left) :]
            except OSError:
                return


class Handler(logging.Handler):
    """What the program logs, as such lines."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Have a record written; that a result was broken off has been said by whoever broke it off."""
        message = record.getMessage()
        if message == _UNFINISHED:
            return
        entry = {"level": record.levelname.lower(), "logger": record.name, "message": printable(message)}
        if record.exc_info:
            entry["exception"] = printable(logging.Formatter().formatException(record.exc_info))
        self._lines.write(entry)


def _line(entry: dict[str, Any]) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return orjson.dumps({"time": now, **entry}, option=orjson.OPT_APPEND_NEWLINE)
