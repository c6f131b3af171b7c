"""What a request is refused with: the message, and a pointer to the place in it."""

from __future__ import annotations

from collections.abc import Iterable

from kg.errors import EvidenceError, InputRefused, NotPoolable
from kg.nearest import nearest
from kg.pooling.measures import ColumnAbsent

LONGEST = 60


class RequestRefused(InputRefused):
    """A request is malformed; ``pointer`` (RFC 6901) leads to the place."""

    def __init__(self, message: str, pointer: str) -> None:
        super().__init__(message)
        self.pointer = pointer


def pointer(error: EvidenceError) -> str | None:
    """Return the place in the request that an error is about, where it is about one."""
    if isinstance(error, RequestRefused):
        return error.pointer
    if isinstance(error, ColumnAbsent):
        return "/data"
    if isinstance(error, NotPoolable) and error.field is not None:
        row = "" if error.row is None else f"/{error.row}"
        return f"/data/{escaped(error.field)}{row}"
    return None


def escaped(name: str) -> str:
    """Return a name as a step of a pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def unknown(what: str, name: str, known: Iterable[str], at: str) -> RequestRefused:
    """Return the refusal of a name that is not known, with the nearest that are."""
    close = ", ".join(nearest(name[:LONGEST], known))
    return RequestRefused(f"{what} {name[:LONGEST]!r} is not known; the nearest are {close}", at)


def shown(value: object) -> str:
    """Return a value as a message can show it."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
