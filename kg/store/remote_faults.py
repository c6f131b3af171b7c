"""Why a store on another engine has no answer: the engine is down, slow, or speaks nonsense."""

from __future__ import annotations

import unicodedata
from typing import Final

from kg.errors import StoreUnavailable

_SHOWN: Final = 200


class EngineDown(StoreUnavailable):
    """The engine cannot be reached, or lets nobody in."""


class EngineSlow(StoreUnavailable):
    """The engine has not answered in time."""


class EngineNonsense(StoreUnavailable):
    """What the engine says is no answer, or not the whole of it."""


class MovedOn(EngineDown):
    """The engine holds another commit than the one that is read: somebody wrote meanwhile."""


def quoted(said: bytes | str) -> str:
    """Return the beginning of what an engine said, on one line and without what steers a terminal."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    plain = " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in text[: 4 * _SHOWN]).split())
    return plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…"
