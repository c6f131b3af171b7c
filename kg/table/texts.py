"""Distinct texts by number: a sorted dictionary in a few arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any, Self

import numpy as np

Array = np.ndarray[Any, Any]


class Texts:
    """Distinct texts, sorted by code point; the code of a text is its position.

    ``content`` holds them as UTF-8, one after the other, ``ends`` where each ends. They are found by ``hashes``, which
    are sorted, and whose codes are ``by_hash``.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.arrays = arrays
        self._content, self._ends = arrays["content"], arrays["ends"]
        self._hashes, self._by_hash = arrays["hashes"], arrays["by_hash"]

    @classmethod
    def of(cls, ordered: Sequence[str]) -> Self:
        """Return the dictionary of distinct texts that are sorted."""
        encoded = [text.encode() for text in ordered]
        hashes = np.fromiter(map(_hash, encoded), dtype=np.uint64, count=len(encoded))
        by_hash = np.argsort(hashes, kind="stable")
        arrays: dict[str, Array] = {
            "content": np.frombuffer(b"".join(encoded), dtype=np.uint8),
            "ends": np.cumsum(np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded)), dtype=np.int64),
            "hashes": hashes[by_hash],
            "by_hash": by_hash.astype(np.int32),
        }
        return cls(arrays)

    def __len__(self) -> int:
        return len(self._ends)

    @cached_property
    def _bytes(self) -> memoryview:
        return self._content.data

    def text(self, code: int) -> str:
        """Return the text of a code."""
        start = int(self._ends[code - 1]) if code else 0
        return str(self._bytes[start : int(self._ends[code])], "utf-8")

    def told(self, codes: Array) -> list[str | None]:
        """Return the texts of codes; none for the code -1."""
        if not len(codes):
            return []
        distinct, at = np.unique(codes, return_inverse=True)
        ends = self._ends[distinct].tolist()
        starts = np.where(distinct > 0, self._ends[np.maximum(distinct, 1) - 1], 0).tolist()
        content = self._bytes
        known = [
            str(content[start:end], "utf-8") if code >= 0 else None
            for code, start, end in zip(distinct.tolist(), starts, ends, strict=True)
        ]
        return [known[i] for i in at.tolist()]

    def codes(self, wanted: Sequence[str]) -> Array:
        """Return the codes of those texts that are here, sorted."""
        hashes = np.fromiter((_hash(text.encode()) for text in wanted), dtype=np.uint64, count=len(wanted))
        starts, ends = np.searchsorted(self._hashes, hashes, "left"), np.searchsorted(self._hashes, hashes, "right")
        found = {
            code
            for start, end, text in zip(starts.tolist(), ends.tolist(), wanted, strict=True)
            for code in self._by_hash[start:end].tolist()
            if self.text(code) == text
        }
        return np.array(sorted(found), dtype=np.int32)


def _hash(encoded: bytes) -> int:
    return int.from_bytes(blake2b(encoded, digest_size=8).digest(), "little")
