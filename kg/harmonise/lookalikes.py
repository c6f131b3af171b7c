"""Step 9: trials that share no identifier but have the same figures in all arms are both kept, and said to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from kg.model.answer import Side


def same_figures(studies: Iterable[tuple[str, str, Side, Side]]) -> dict[str, list[str]]:
    """Return a warning for each label whose figures in both arms are those of another trial.

    ``studies`` are label, trial and both sides. Without events in both arms equal figures are no sign.
    """
    found: dict[str, list[str]] = {}
    by_figures: dict[tuple[object, ...], list[tuple[str, str]]] = {}
    for label, trial, left, right in studies:
        key = (*_figures(left), *_figures(right))
        says_something = left.events is None or bool(left.events and right.events)
        if None not in key and says_something:
            by_figures.setdefault(key, []).append((label, trial))
    for alike in by_figures.values():
        for (one, trial), (other, another) in combinations(alike, 2):
            if trial != another:
                for label, elsewhere in ((one, other), (other, one)):
                    text = f"same figures as {elsewhere} in all arms: check that it is not the same trial"
                    found.setdefault(label, []).append(text)
    return found


def _figures(side: Side) -> tuple[object, ...]:
    if side.events is not None or side.total is not None:
        return side.events, side.total
    return side.n, side.mean, side.sd
