"""Why a record cannot be read, and where in it."""

from __future__ import annotations

from collections.abc import Iterable

from kg.errors import InputRefused
from kg.sources.ctgov.posted import Place


class RecordRefused(InputRefused):
    """A record states something impossible; ``place`` is where in the record, the message says what and the remedy."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


def refuse_twice(groups: Iterable[tuple[str, Place]]) -> None:
    """Raise RecordRefused where a group has two values in one cell: which of them holds cannot be told."""
    seen: set[str] = set()
    for group, place in groups:
        if group in seen:
            raise RecordRefused(place, f"the group {group[:40]!r} has two values here; keep one")
        seen.add(group)
