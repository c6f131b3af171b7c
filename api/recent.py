"""The most recently used of some computed values, safe to share between threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps so many values by key and lets go of the one unused for longest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return the value kept for a key, made where there is none; of two made at once the first stays."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        fresh = make()
        with self._lock:
            value = self._kept.setdefault(key, fresh)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return value

    def items(self) -> list[tuple[K, V]]:
        """Return the keys and the values kept, those used last at the end."""
        with self._lock:
            return list(self._kept.items())

    def __len__(self) -> int:
        return len(self._kept)
