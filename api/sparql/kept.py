"""Small results that were given out lately, by their entity tag: who asks the same of the same state need not wait."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

_LARGEST: Final = 64 * 1024
_ALL: Final = 32 * 1024 * 1024


@dataclass(frozen=True)
class Content:
    """The bytes of a whole result, and the coding that they are in; without one they are plain."""

    bytes: bytes
    coding: str


class Kept:
    """Results by entity tag and by the coding that was asked for; those that were not asked for longest go first.

    All of them together have ``most`` bytes.
    """

    def __init__(self, most: int = _ALL) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, str], Content] = OrderedDict()
        self._size = 0

    def get(self, tag: str, coding: str) -> Content | None:
        """Return a result, where it is kept."""
        found = self._kept.get((tag, coding))
        if found is not None:
            self._kept.move_to_end((tag, coding))
        return found

    def put(self, tag: str, coding: str, content: Content) -> None:
        """Keep a result that is small enough."""
        if len(content.bytes) > min(_LARGEST, self._most) or (tag, coding) in self._kept:
            return
        self._kept[tag, coding] = content
        self._size += len(content.bytes)
        while self._size > self._most:
            _, gone = self._kept.popitem(last=False)
            self._size -= len(gone.bytes)
