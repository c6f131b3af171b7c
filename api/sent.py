"""What was sent, packed or plain, as it is or as the file of a form, to records."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path, PurePath
from typing import BinaryIO

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from kg.errors import InputRefused
from kg.reading import Read, Submission, form, read

PLACE = "request"
"""What a body is called in messages; the name of a file that was sent is nowhere used but for its suffix."""
_OF_SUFFIX = {
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".ttl": "text/turtle",
    ".nt": "application/n-triples",
    ".nq": "application/n-quads",
    ".trig": "application/trig",
    ".rdf": "application/rdf+xml",
    ".csv": "text/csv",
    ".xml": "application/xml",
    ".rm5": "application/xml",
    ".zip": "application/zip",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_UNTOLD = {"", "application/octet-stream", "text/plain"}
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Sent:
    """A body with what its headers and its address say of it; ``content`` may be the file that it is in."""

    content: bytes | Path
    content_type: str
    coding: str
    largest: int
    format: str | None = None
    record: tuple[str, str] | None = None


def records(sent: Sent) -> Read:
    """Return the records of a body.

    Raises InputRefused, and of its kinds TooLarge and UnknownForm.
    """
    with _opened(sent.content) as stream:
        if media_type(sent.content_type) == "multipart/form-data":
            return asyncio.run(_of_form(sent, stream))
        return _read(sent, stream, media_type(sent.content_type), sent.coding)


def check_form(content_type: str, format: str | None) -> None:
    """Refuse a form that is not read here, before any of the body is.

    Raises InputRefused, and of its kinds UnknownForm.
    """
    kind = media_type(content_type)
    if kind != "multipart/form-data":
        form(kind, format, PLACE)


def media_type(header: str) -> str:
    """Return the media type of a Content-Type header, without its parameters."""
    return header.partition(";")[0].strip().lower()


def _read(sent: Sent, stream: BinaryIO, kind: str, coding: str) -> Read:
    return read(Submission(stream, kind, PLACE, sent.largest, coding, sent.format, sent.record))


@contextmanager
def _opened(content: bytes | Path) -> Iterator[BinaryIO]:
    if isinstance(content, bytes):
        yield io.BytesIO(content)
    else:
        with content.open("rb") as file:
            yield file


async def _of_form(sent: Sent, stream: BinaryIO) -> Read:
    """Read the one file of a form.

    Raises InputRefused where it has another number of files, or fields beside it.
    """
    if sent.coding:
        raise InputRefused(f"{PLACE}: a form is sent plain, not packed as {sent.coding[:40]!r}")
    closed = b"--" + _boundary(sent.content_type) + b"--"

    async def parts() -> AsyncGenerator[bytes, None]:
        last = b""
        while chunk := stream.read(_CHUNK):
            last = (last + chunk)[-len(closed) - 4 :]
            yield chunk
        if closed not in last:
            raise InputRefused(f"{PLACE}: the form breaks off before its end; send it again")

    parser = MultiPartParser(Headers({"content-type": sent.content_type}), parts(), max_files=1, max_fields=1)
    try:
        form = await parser.parse()
    except (MultiPartException, UnicodeDecodeError, ValueError, KeyError) as error:
        if isinstance(error, InputRefused):
            raise
        reason = str(getattr(error, "message", error))[:120]
        raise InputRefused(f"{PLACE}: not a form with one file ({reason}); send one file in it") from error
    try:
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        if len(files) != 1 or len(form.multi_items()) != 1:
            raise InputRefused(
                f"{PLACE}: the form has {len(form.multi_items())} fields; send one file and nothing else"
            )
        kind = media_type(files[0].content_type or "")
        suffix = PurePath(files[0].filename or "").suffix.lower()
        return _read(sent, files[0].file, _OF_SUFFIX.get(suffix, kind) if kind in _UNTOLD else kind, "")
    finally:
        await form.close()


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    found = message.get_boundary()
    if not found or len(found) > 70:
        raise InputRefused(f"{PLACE}: the form does not say its boundary; send it as multipart/form-data; boundary=...")
    return found.encode("latin-1", "replace")
