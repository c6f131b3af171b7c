"""Reading what was sent in a process beside the service, which is killed where it takes too long."""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import select
import subprocess
import sys
import time
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Final

from api.reading_process import LENGTH
from api.sent import Sent
from kg.errors import EvidenceError
from kg.reading import Read, ReaderGone, TooLarge

_SECONDS: Final = 30.0
_LOG = logging.getLogger("api")


class Reader:
    """A process that reads for one request at a time; it is started when it is first needed."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._lock = Lock()

    def start(self) -> None:
        """Have the process running, so that the first to ask does not wait for it."""
        with self._lock:
            self._running()

    def read(self, sent: Sent) -> Read:
        """Return the records of a body.

        Raises InputRefused, TooLarge (also where reading takes too long), ReaderGone where the process ended.
        """
        with self._lock:
            process = self._running()
            try:
                answer = self._asked(process, pickle.dumps(sent))
            except TimeoutError:
                self._end()
                raise TooLarge(f"reading the body takes more than {self._seconds:g} s; send it in parts") from None
            except (OSError, EOFError) as error:
                status = process.poll()
                self._end()
                _LOG.error("the process that reads bodies ended (%s, status %s)", error, status)
                raise ReaderGone("the process that reads bodies ended; send the body again") from error
        if isinstance(answer, EvidenceError):
            raise answer
        assert isinstance(answer, Read)
        return answer

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            command = [sys.executable, "-m", "api.reading_process"]
            self._folder = TemporaryDirectory(prefix="evigraph-")
            self._process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "TMPDIR": self._folder.name},
                start_new_session=True,  # a Ctrl-C is for the service, which ends this process itself
            )
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process = None
        if self._folder is not None:
            self._folder.cleanup()

    def _asked(self, process: subprocess.Popen[bytes], question: bytes) -> object:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(LENGTH.pack(len(question)) + question)
        process.stdin.flush()
        deadline = time.monotonic() + self._seconds
        size = LENGTH.unpack(_exactly(process.stdout.fileno(), LENGTH.size, deadline))[0]
        return pickle.loads(_exactly(process.stdout.fileno(), size, deadline))  # noqa: S301  (our own process)


def _exactly(pipe: int, size: int, deadline: float) -> bytes:
    """Read so many bytes of a pipe.

    Raises TimeoutError, EOFError.
    """
    found = bytearray()
    while len(found) < size:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            raise TimeoutError
        part = os.read(pipe, min(size - len(found), 1 << 20))
        if not part:
            raise EOFError("its output ended")
        found += part
    return bytes(found)
