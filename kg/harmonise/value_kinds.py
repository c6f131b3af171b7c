"""Step 5: final values and changes from baseline apart, where every trial reports one of them (Handbook 10.5.2)."""

from __future__ import annotations

from collections.abc import Sequence

from kg.harmonise.pair import Pair
from kg.iris import EV

FINAL, CHANGE = EV + "final", EV + "change"
NAMES = {FINAL: "final values", CHANGE: "changes from baseline"}


def common_kind(used: Sequence[Pair], offered: Sequence[Sequence[Pair]]) -> str | None:
    """Return the kind of value that every trial reports with figures, where those used are of both kinds.

    ``offered`` are all the pairs of each trial, ``used`` the one that was chosen of each. Final values come first.
    """
    kinds = {pair.value_kind for pair in used if pair.complete and pair.value_kind}
    if len(kinds) < 2:
        return None
    for kind in (FINAL, CHANGE):
        if all(_has(kind, pairs) for one, pairs in zip(used, offered, strict=True) if one.complete and one.value_kind):
            return kind
    return None


def of_kind(kind: str, pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs of a kind of value, or all of them where none has figures of that kind."""
    return [p for p in pairs if p.value_kind == kind and p.complete] or list(pairs)


def _has(kind: str, pairs: Sequence[Pair]) -> bool:
    return any(p.value_kind == kind and p.complete for p in pairs)
