"""What the journal is looked up by: keys of subjects, and lists short enough for one SQL statement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

CHUNK: Final = 500
_T = TypeVar("_T")


def subject_key(subject: str) -> int:
    """Return 64 bits of a hash of a subject; a collision only makes a record a candidate that then does not match."""
    return int.from_bytes(hashlib.blake2b(subject.encode(), digest_size=8).digest(), "big", signed=True)


def chunks(items: Iterable[_T]) -> Iterator[list[_T]]:
    """Cut into lists short enough for the parameters of one SQL statement."""
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
