"""Why a query has no answer, or no whole one, though nothing is wrong with its text."""

from __future__ import annotations

from kg.errors import EvidenceError, QueryRefused, UnknownTerm


class QueryStopped(EvidenceError):
    """A query that was ended before it was answered; what came of it until then is not an answer."""


class OutOfTime(QueryStopped, TimeoutError):
    """It took longer than it might."""


class OutOfMemory(QueryStopped):
    """Its process ended, most likely for want of memory."""


class ResultTooLarge(QueryStopped):
    """It has more rows or bytes than are given out."""


class Busy(QueryStopped):
    """It did not get its turn; ``seconds`` says when to ask again."""

    def __init__(self, message: str, seconds: int = 2) -> None:
        super().__init__(message)
        self.seconds = seconds


class NotSupported(QueryRefused):
    """A query that is good SPARQL, and that the engine cannot evaluate."""


class NoGraph(UnknownTerm):
    """A graph that is not in the store."""
