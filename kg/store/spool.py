"""Results that came faster than they are taken: in memory while they are few, then in a file that has no name."""

from __future__ import annotations

import errno
import os
from collections import deque
from tempfile import TemporaryFile
from typing import IO, Final

_IN_MEMORY: Final = 1 << 20
_PIECE: Final = 1 << 16


class Room:
    """How many bytes all spools together may keep in files."""

    def __init__(self, bytes: int) -> None:
        self.left = bytes


class Spool:
    """Bytes that go in at one end and come out at the other."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._file: IO[bytes] | None = None
        self._read = 0
        self._written = 0

    def __bool__(self) -> bool:
        return bool(self._pieces) or self._read < self._written

    @property
    def full(self) -> bool:
        """Whether there is no room for more; it is taken all the same."""
        return self._room.left <= 0 and self._held > _IN_MEMORY

    def put(self, data: bytes) -> None:
        """Keep bytes.

        Raises OSError where the disk has no room.
        """
        if self._read == self._written and (self._held < _IN_MEMORY or self._room.left <= 0):
            self._pieces.append(data)
            self._held += len(data)
            return
        if self._file is None:
            self._file = TemporaryFile(prefix="evigraph-", buffering=0)  # noqa: SIM115  (closed by ``close``)
        self._file.seek(self._written)
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._written += len(data)
        self._room.left -= len(data)

    def take(self) -> bytes:
        """Return the bytes that have been here longest; none where there are none."""
        if self._pieces:
            data = self._pieces.popleft()
            self._held -= len(data)
            return data
        if self._file is None or self._read == self._written:
            return b""
        self._file.seek(self._read)
        data = self._file.read(min(_PIECE, self._written - self._read))
        self._read += len(data)
        if self._read == self._written:
            self._give_back()
        return data

    def close(self) -> None:
        """Forget everything."""
        self._pieces.clear()
        self._held = 0
        self._give_back()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _give_back(self) -> None:
        self._room.left += self._written
        self._read = self._written = 0
        if self._file is not None and not self._file.closed:
            self._file.truncate(0)
