"""Starting and ending processes that run texts of strangers, by way of a process that does nothing else."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import struct
import subprocess
import sys
from typing import Final

READER, WRITER, KILL, REMOTE = range(4)
MESSAGE: Final = struct.Struct(">BQ")
"""What is asked of the nursery, and the number of the process; the end of its connection comes along."""
_SECONDS: Final = 1.0


class Nursery:
    """Processes of which each serves one connection, without network and with little memory."""

    def __init__(self, memory: int, *, confined: bool = True) -> None:
        self._memory = memory
        self._confined = confined
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self) -> None:
        """Have the process that starts others running.

        Raises OSError.
        """
        if self._control is None:
            self._started()

    def born(self, kind: int = READER) -> tuple[int, socket.socket]:
        """Start a process, and return its number and our end of its connection.

        Raises OSError.
        """
        number = next(self._numbers)
        ours, theirs = socket.socketpair()
        try:
            try:
                self._send(kind, number, theirs)
            except OSError:  # it was ended: by hand, or for want of memory
                self.close()
                self._send(kind, number, theirs)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return number, ours

    def kill(self, number: int) -> None:
        """End a process at once; one that has ended already is no fault."""
        with contextlib.suppress(OSError):
            self._send(KILL, number)

    def close(self) -> None:
        """End all processes."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _send(self, kind: int, number: int, passed: socket.socket | None = None) -> None:
        control = self._control or self._started()
        descriptors = [] if passed is None else [passed.fileno()]
        socket.send_fds(control, [MESSAGE.pack(kind, number)], descriptors)

    def _started(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        confined = "confined" if self._confined else "networked"
        command = [sys.executable, "-m", "kg.store.nursery_process", str(self._memory), confined]
        # few arenas: each of them reserves address space, which is limited
        environment = {**os.environ, "MALLOC_ARENA_MAX": "2"}
        try:
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), env=environment)  # noqa: S603
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._control = ours
        return ours
