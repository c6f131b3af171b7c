"""Step 4: a standard error taken for a standard deviation is flagged (Handbook 6.5.2.2, 6.5.2.4)."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

LARGE_SMD = 2.0
"""A difference of more than this many SDs in one study is rare, and common where a standard error stands for an SD."""
SMALL = 3.0
"""An SD less than the others on its instrument by this factor is doubtful, where that of a standard error would fit."""


@dataclass(frozen=True)
class Measured:
    """One side of a study: its label, what its SD can be compared with, and the SD as reported, with its people."""

    label: str
    scale: object
    n: int
    mean: float
    sd: float


def suspects(studies: Iterable[tuple[Measured, Measured]]) -> dict[str, list[str]]:
    """Return a warning for each study in which a reported SD looks like a standard error."""
    given = list(studies)
    by_scale: dict[object, dict[str, list[float]]] = {}
    for pair in given:
        for side in pair:
            by_scale.setdefault(side.scale, {}).setdefault(side.label, []).append(side.sd)
    ordered = {scale: sorted(sd for sds in by_label.values() for sd in sds) for scale, by_label in by_scale.items()}
    found: dict[str, list[str]] = {}
    for left, right in given:
        smd = _smd(left, right)
        usual = _median_of_others(ordered[left.scale], by_scale[left.scale][left.label])
        small = [side for side in (left, right) if usual and _is_like_a_standard_error(side, usual)]
        if small:
            side = small[0]
            found.setdefault(left.label, []).append(
                f"its SD of {side.sd:.4g} is far below the {usual:.4g} of others on its scale, and as a standard error "
                f"of {side.n} people it would be an SD of {side.sd * math.sqrt(side.n):.4g}: check which it is"
            )
        elif abs(smd) > LARGE_SMD:
            found.setdefault(left.label, []).append(
                f"its means lie {abs(smd):.1f} SDs apart: check that its SD is not a standard error"
            )
    return found


def _median_of_others(ordered: Sequence[float], own: Iterable[float]) -> float | None:
    """Return the median of sorted values without some of them; none of fewer than four."""
    without = sorted(own)
    left = len(ordered) - len(without)
    if left < 4:
        return None
    removed = [bisect_left(ordered, value) + without[:at].count(value) for at, value in enumerate(without)]

    def at(rank: int) -> float:
        for position in removed:
            rank += position <= rank
        return ordered[rank]

    return median([at((left - 1) // 2), at(left // 2)])


def _smd(left: Measured, right: Measured) -> float:
    df = left.n + right.n - 2
    pooled = ((left.n - 1) * left.sd**2 + (right.n - 1) * right.sd**2) / df if df > 0 else 0.0
    return (left.mean - right.mean) / math.sqrt(pooled) if pooled > 0 else 0.0


def _is_like_a_standard_error(side: Measured, usual: float) -> bool:
    as_error = side.sd * math.sqrt(side.n)
    return side.sd * SMALL < usual and abs(math.log(as_error / usual)) < abs(math.log(side.sd / usual)) / 2
