"""Every error the library raises on purpose; each message names the value, the place and the remedy."""

from __future__ import annotations

from typing import Any


class EvidenceError(Exception):
    """Base of all errors raised on purpose; anything else is a bug."""


class InputRefused(EvidenceError, ValueError):
    """Input is impossible, malformed or contradicts a rule; nothing was written."""

    def __init__(self, message: str, report: Any = None) -> None:
        super().__init__(message)
        self.report = report


class UnknownTerm(EvidenceError, LookupError):
    """A term is not in the graph; ``nearest`` holds up to three that are."""

    def __init__(self, message: str, nearest: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.nearest = nearest


class Contradiction(EvidenceError, ValueError):
    """Two options exclude each other; the message names both."""


class NotPoolable(EvidenceError, ValueError):
    """The studies found cannot be combined; the message says why and what would help.

    Where one value is at fault, ``field`` names its column and ``row`` its place there, counted from 0.
    """

    def __init__(self, message: str, field: str | None = None, row: int | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.row = row


class NotConverged(NotPoolable):
    """An iterative fit did not reach its stopping rule; no number is given instead of a doubtful one."""


class QueryRefused(EvidenceError, ValueError):
    """A query text is not accepted; the message says which part and why."""


class EndpointFailed(EvidenceError, OSError):
    """An endpoint elsewhere could not be asked, or what it says cannot be used; nothing was written."""


class StoreUnavailable(EvidenceError, OSError):
    """The store is missing, locked or damaged; the message has the command that helps."""


class NoRoom(StoreUnavailable):
    """The disk of the store has no room for a write; nothing was written, and reading goes on."""
