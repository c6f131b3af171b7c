"""Bodies as they arrive: counted while they come, kept in memory while small, and then in a file that has no name."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.problems import Problem

LARGEST: Final = 64 * 1024 * 1024
LARGEST_XML: Final = 32 * 1024 * 1024
_SMALL: Final = 1024 * 1024
_SILENCE: Final = 20.0
_GRACE: Final = 30.0
_SLOWEST: Final = 4096
"""Bytes a second that a body comes at, at least, once the grace is over."""


@dataclass(frozen=True)
class Body:
    """What came, or the file it is in while the request lasts, with what its headers say of it."""

    content: bytes | Path
    content_type: str
    coding: str


@asynccontextmanager
async def received(request: Request, largest: int = LARGEST) -> AsyncIterator[Body]:
    """Receive a body; what is kept of it is gone at the end.

    Raises a problem: 413 as soon as the body is known to be too large, 408 where it comes too slowly, 507 where there
    is no room for it.
    """
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and (len(announced) > 12 or int(announced) > largest):
        raise _too_large(largest)
    content_type = request.headers.get("content-type", "")
    coding = request.headers.get("content-encoding", "").strip().lower()
    held, file = bytearray(), None
    try:
        size = 0
        async for chunk in _chunks(request):
            size += len(chunk)
            if size > largest:
                raise _too_large(largest)
            if file is None and size > _SMALL:
                file = NamedTemporaryFile(prefix="evigraph-", suffix=".body")  # noqa: SIM115
                _kept(file, bytes(held))
                held.clear()
            if file is None:
                held += chunk
            else:
                _kept(file, chunk)
        if file is not None:
            file.flush()
        yield Body(bytes(held) if file is None else Path(file.name), content_type, coding)
    finally:
        if file is not None:
            file.close()


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """Yield the parts of a body as they come, unless they come too slowly."""
    started, size = time.monotonic(), 0
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(_SILENCE):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise _too_slow() from None
        except ClientDisconnect as gone:
            raise Problem("refused", "The connection ended before the body did.") from gone
        if chunk is None:
            return
        size += len(chunk)
        lasted = time.monotonic() - started
        if lasted > _GRACE and size < _SLOWEST * lasted:
            raise _too_slow()
        yield chunk


def _kept(file: IO[bytes], chunk: bytes) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise Problem("no-room", "The service has no room for the body now.", headers={"Retry-After": "60"}) from error


def largest_of(content_type: str) -> int:
    """Return how many bytes a body of a media type may have, packed or not; no record in XML is as large as others."""
    kind = content_type.partition(";")[0].strip().lower()
    return LARGEST_XML if kind.endswith(("/xml", "+xml")) else LARGEST


def _too_large(largest: int) -> Problem:
    size = f"{largest // 1024**2} MiB" if largest >= 1024**2 else f"{largest // 1024} KiB"
    return Problem("too-large", f"The body is larger than {size}; send it in parts.")


def _too_slow() -> Problem:
    return Problem("too-slow", "The body comes too slowly; send it again.", headers={"Connection": "close"})
