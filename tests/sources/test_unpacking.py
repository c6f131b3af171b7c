"""Packed streams: what comes out is what went in, and a bomb is refused before it goes off."""

from __future__ import annotations

import gzip
import io
import os
import resource
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from kg.errors import InputRefused
from kg.sources.unpacking import CODINGS, LIMITS, TooLarge, unpacked

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
TEXT = os.urandom(200_000) + b"the same again " * 20_000


def test_every_coding_has_a_packer_here() -> None:
    assert set(PACK) == set(CODINGS)


@pytest.mark.parametrize("coding", PACK)
@pytest.mark.parametrize("plain", [b"", b"x", TEXT], ids=["empty", "short", "long"])
def test_what_was_packed_comes_out(coding: str, plain: bytes) -> None:
    assert unpacked(io.BytesIO(PACK[coding](plain)), coding, "body").read() == plain


def test_deflate_without_a_header_is_read_too() -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    assert unpacked(io.BytesIO(packer.compress(TEXT) + packer.flush()), "deflate", "body").read() == TEXT


@pytest.mark.parametrize("coding", PACK)
def test_damage_is_refused_with_the_place(coding: str) -> None:
    packed = PACK[coding](TEXT)
    for broken in (packed[: len(packed) // 2], packed[:-1], packed + b"tail", b"", b"not packed at all"):
        with pytest.raises(InputRefused, match="body: not whole"):
            unpacked(io.BytesIO(broken), coding, "body").read()


@pytest.mark.parametrize("coding", PACK)
def test_a_bomb_is_refused_and_memory_does_not_grow(coding: str) -> None:
    bomb = PACK[coding](b" " * (512 * 1024**2))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = 0
    with pytest.raises(TooLarge, match=r"times its size|more than 64 MiB"):
        stream = unpacked(io.BytesIO(bomb), coding, "body")
        while chunk := stream.read(65536):
            read += len(chunk)
    assert read <= LIMITS.total
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_an_unknown_coding_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InputRefused, match="gzip"):
        unpacked(io.BytesIO(b""), "compress", "body")
