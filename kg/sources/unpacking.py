"""Packed streams (gzip, deflate, Brotli, Zstandard): unpacked piece by piece, never beyond a size or a ratio."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import brotli
import zstandard

from kg.errors import InputRefused

_CHUNK = 16 * 1024
_PIECE = 1024 * 1024
_SIP = 256
"""Bytes given to Zstandard at once: each block of four can become 128 KiB."""
_WINDOW = 8 * 1024 * 1024
"""What a Zstandard frame may ask to be remembered; the command-line tool stays within it up to level 19."""


class TooLarge(InputRefused):
    """Something is, or unpacks to, more than is read here."""


@dataclass(frozen=True)
class Limits:
    """What a stream may unpack to: bytes in all, and bytes out for one in once that is more than a few."""

    total: int = 64 * 1024 * 1024
    ratio: int = 200
    few: int = 4 * 1024 * 1024


LIMITS = Limits()


def unpacked(stream: BinaryIO, coding: str, place: str, limits: Limits = LIMITS) -> BinaryIO:
    """Return a stream of what a packed one holds, unpacked as it is read.

    Raises InputRefused for a coding that is not known; reading raises it for damage, a text that breaks off or bytes
    behind the end, and TooLarge beyond the limits.
    """
    decoder = CODINGS.get(coding)
    if decoder is None:
        raise InputRefused(f"{place}: packed as {coding[:40]!r}; use one of {', '.join(CODINGS)}, or send it plain")
    return io.BufferedReader(_Unpacked(stream, decoder, coding, place, limits))


class _Unpacked(io.RawIOBase):
    def __init__(
        self,
        stream: BinaryIO,
        decoder: Callable[[Iterator[bytes]], Iterator[bytes]],
        coding: str,
        place: str,
        limits: Limits,
    ) -> None:
        self._stream, self._coding, self._place, self._limits = stream, coding, place, limits
        self._taken = self._given = 0
        self._pieces = decoder(self._packed())
        self._piece = b""

    def _packed(self) -> Iterator[bytes]:
        while chunk := self._stream.read(_CHUNK):
            self._taken += len(chunk)
            yield chunk

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._piece:
            piece = self._next()
            if piece is None:
                return 0
            self._piece = piece
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size

    def _next(self) -> bytes | None:
        try:
            piece = next(self._pieces, None)
        except (zlib.error, brotli.error, zstandard.ZstdError, EOFError, MemoryError) as error:
            raise InputRefused(f"{self._place}: not whole {self._coding} data ({error}); pack it again") from error
        self._given += len(piece or b"")
        if self._given > self._limits.total:
            raise TooLarge(f"{self._place}: unpacks to more than {self._limits.total // 1024**2} MiB; send it in parts")
        if self._given > self._limits.few and self._given > self._limits.ratio * self._taken:
            raise TooLarge(f"{self._place}: unpacks to more than {self._limits.ratio} times its size; it is not read")
        return piece


def _zlib(bits: int, packed: Iterator[bytes]) -> Iterator[bytes]:
    decoder = zlib.decompressobj(bits)
    for chunk in packed:
        left = chunk
        while left:
            if decoder.eof:
                raise zlib.error("bytes follow the end")
            yield decoder.decompress(left, _PIECE)
            left = decoder.unconsumed_tail or decoder.unused_data
    while not decoder.eof:
        if not (piece := decoder.decompress(b"", _PIECE)):
            raise EOFError("it breaks off")
        yield piece


def _gzip(packed: Iterator[bytes]) -> Iterator[bytes]:
    return _zlib(zlib.MAX_WBITS | 16, packed)


def _deflate(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack with the header of zlib, as HTTP means it, or without one, as some clients send it."""
    first = next(packed, b"")
    headed = len(first) > 1 and first[0] & 0x0F == zlib.DEFLATED and int.from_bytes(first[:2], "big") % 31 == 0
    return _zlib(zlib.MAX_WBITS if headed else -zlib.MAX_WBITS, _again(first, packed))


def _brotli(packed: Iterator[bytes]) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    for chunk in packed:
        given = chunk
        while True:
            if given and decoder.is_finished():
                raise brotli.error("bytes follow the end")
            yield decoder.process(given, output_buffer_limit=_PIECE)
            given = b""
            if decoder.is_finished() or decoder.can_accept_more_data():
                break
    if not decoder.is_finished():
        raise EOFError("it breaks off")


def _zstandard(packed: Iterator[bytes]) -> Iterator[bytes]:
    decoder = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
    for chunk in packed:
        for start in range(0, len(chunk), _SIP):
            if decoder.eof:
                raise zstandard.ZstdError("bytes follow the end")
            yield decoder.decompress(chunk[start : start + _SIP])
            if decoder.unused_data:
                raise zstandard.ZstdError("bytes follow the end")
    if not decoder.eof:
        raise EOFError("it breaks off")


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


CODINGS: dict[str, Callable[[Iterator[bytes]], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstandard,
}
"""Content codings by the names that HTTP has for them."""
