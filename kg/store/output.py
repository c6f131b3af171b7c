"""Results on their way out of the process that made them: limited, packed, and sent in pieces from the first on."""

from __future__ import annotations

import socket
import time
import zlib
from typing import Any, Final, Protocol

import orjson
import zstandard

from kg.store.frames import ANSWER, DATA, END, LARGEST, TOO_MANY_BYTES, TOO_MANY_ROWS, Ask, frame
from kg.store.row_count import row_count

_TINY: Final = 1024
_FIRST: Final = 8000
"""Bytes of a first piece; the engine writes eight KiB at a time, and less at the end alone."""
_PIECE: Final = 64 * 1024
_WAIT: Final = 0.05
_LEVEL: Final = 1
_GZIP: Final = 31
_NOW: Final = {"gzip": zlib.Z_SYNC_FLUSH, "zstd": zstandard.COMPRESSOBJ_FLUSH_BLOCK}


class TooMuch(Exception):
    """The results are larger than they may be; the message says in which way."""


class _Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self, mode: int = ..., /) -> bytes: ...


class Output:
    """A file to write results to; what comes out is frames on a socket."""

    def __init__(self, connection: socket.socket, asked: Ask) -> None:
        self._connection = connection
        self._asked = asked
        self._count = row_count(asked.format)
        self._held: list[bytes] = []
        self._holding = 0
        self._packer: _Packer | None = None
        self._sent = 0.0
        self.started = False
        self.bytes = 0
        self.rows = 0
        self.facts: dict[str, Any] = {}
        """What else is to be said at the end."""

    def write(self, data: bytes) -> int:
        """Take a piece of the results.

        Raises TooMuch, OSError where nobody wants them any more.
        """
        self.bytes += len(data)
        if self.bytes > self._asked.most_bytes:
            raise TooMuch(TOO_MANY_BYTES)
        self.rows = self._count(data)
        if self.rows > self._asked.most_rows:
            raise TooMuch(TOO_MANY_ROWS)
        self._held.append(data)
        self._holding += len(data)
        if not self.started:
            if self._holding >= _FIRST:
                self._flush(self._asked.coding)
        elif self._holding >= _PIECE or time.monotonic() - self._sent > _WAIT:
            self._flush()
        return len(data)

    def flush(self) -> None:
        """Do nothing: pieces go out when they are large or old enough."""

    def end(self) -> None:
        """Send what is left, and say that this was all."""
        self._flush("" if self._holding < _TINY else self._asked.coding, last=True)

    def _flush(self, coding: str = "", *, last: bool = False) -> None:
        out, first = b"", not self.started
        if first:
            self.started = True
            self._packer = _packer(coding)
            out = frame(ANSWER, orjson.dumps({"coding": coding}))
        data = b"".join(self._held)
        self._held.clear()
        self._holding = 0
        if self._packer is not None:
            data = self._packer.compress(data)
            if last:
                data += self._packer.flush()
            elif first:  # at a place that is the same each time, so that the same results have the same bytes
                data += self._packer.flush(_NOW[coding])
        for start in range(0, len(data), LARGEST):
            out += frame(DATA, data[start : start + LARGEST])
        if last:
            out += frame(END, orjson.dumps({"rows": self.rows, "bytes": self.bytes, **self.facts}))
        self._connection.sendall(out)
        self._sent = time.monotonic()


def _packer(coding: str) -> _Packer | None:
    if coding == "gzip":
        return zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=_LEVEL).compressobj()
    return None
