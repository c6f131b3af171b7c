"""The corpus of hostile inputs: its items, and each input as bytes that come piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SHARED

PIECE = 1024 * 1024


@dataclass(frozen=True)
class Item:
    """One input, where it goes, and what must come of it."""

    name: str
    kind: str
    surface: str
    input: Any
    must: dict[str, Any]

    def allows(self, status: int) -> bool:
        """Tell whether a status is one of those that it may get."""
        wanted = self.must.get("status", ["2xx", "4xx"])
        return any(str(status) == want or (want.endswith("xx") and str(status)[0] == want[0]) for want in wanted)

    @property
    def writes_nothing(self) -> bool:
        return self.must.get("written") is False

    @property
    def within(self) -> float:
        """Seconds to the answer."""
        return float(self.must.get("within_s", 60))


def items(kind: str, *surfaces: str) -> list[Any]:
    """Return the items of a kind, those of some surfaces or all, as parameters of a test; one that skips without."""
    path = SHARED / "attacks" / f"{kind}.jsonl"
    if not path.is_file():
        return [pytest.param(None, id=f"no {kind}.jsonl")]
    read = [Item(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    found = [item for item in read if not surfaces or item.surface in surfaces]
    return [pytest.param(item, id=item.name) for item in found]


def of_folder(folder: Path, kind: str) -> list[Item]:
    """Return the items of a kind in a folder."""
    text = (folder / f"{kind}.jsonl").read_text(encoding="utf-8")
    return [Item(**json.loads(line)) for line in text.splitlines() if line.strip()]


def pieces(made: Any, canary: str) -> Iterator[bytes]:
    """Yield an input as bytes, at most about a MiB at once; ``{canary}`` becomes an address."""
    match made:
        case str():
            yield made.replace("{canary}", canary).encode("utf-8", "surrogatepass")
        case {"parts": parts}:
            for part in parts:
                yield from pieces(part, canary)
        case {"repeat": text, "times": times}:
            yield from _repeated(text.encode(), times)
        case {"repeat_mb": size, "byte": byte}:
            yield from _repeated(byte.encode(), size << 20)
        case {"hex": digits}:
            yield bytes.fromhex(digits)
        case {"encode": coding, "text": text}:
            yield text.encode(coding)
        case {"text": text}:
            yield from pieces(text, canary)
        case {"body": body}:
            yield from pieces(body, canary)
        case _:
            raise AssertionError(f"no recipe: {json.dumps(made)[:200]}")


def _repeated(unit: bytes, times: int) -> Iterator[bytes]:
    whole = max(1, PIECE // len(unit))
    block = unit * whole
    for _ in range(times // whole):
        yield block
    if rest := times % whole:
        yield unit * rest


def size(made: Any, canary: str) -> int:
    """Return how many bytes an input has."""
    match made:
        case {"parts": parts}:
            return sum(size(part, canary) for part in parts)
        case {"repeat": text, "times": times}:
            return len(text.encode()) * int(times)
        case {"repeat_mb": megabytes, "byte": byte}:
            return len(byte.encode()) * (int(megabytes) << 20)
        case {"body": body}:
            return size(body, canary)
        case _:
            return sum(map(len, pieces(made, canary)))
