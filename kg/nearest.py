"""The nearest known names to one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(text: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Return up to ``count`` known names, nearest first; names that contain the text come before similar ones."""
    names = sorted(set(known))
    folded = text.casefold()

    def distance(name: str) -> tuple[float, str]:
        other = name.casefold()
        ratio = difflib.SequenceMatcher(None, folded, other, autojunk=False).ratio()
        contained = min(len(folded), len(other)) >= 3 and (folded in other or other in folded)
        return -(ratio + 0.5 * contained), name

    return tuple(sorted(names, key=distance)[:count])
