"""Counts from percentages, and arms put together.

Cochrane Handbook 6.4.1 (dichotomous) and 6.5.2.10, 23.3.4 (combining arms).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.conversions.reported import number, people, positive


@dataclass(frozen=True)
class TwoByTwo:
    """Events and non-events of two groups, as `escalc` takes them."""

    ai: int
    bi: int
    ci: int
    di: int


def events_from_percentage(percent: float, n: float, decimals: int = 0) -> int:
    """Return the number of events among n that a percentage stands for.

    Raises NotPoolable where no whole number gives the percentage as printed with ``decimals``, or where several do.
    """
    n, percent = people("n", n), number("percent", percent)
    half = 0.5 * 10.0**-decimals
    low = max(0, math.ceil((percent - half) * n / 100 - 1e-9))
    high = min(int(n), math.floor((percent + half) * n / 100 + 1e-9))
    if not 0 <= percent <= 100 or low > high:
        raise NotPoolable(f"{percent:g} % of {n:g} is no whole number of people; check percentage and total")
    if low < high:
        raise NotPoolable(f"{percent:g} % of {n:g} may be {low} to {high} people; give more decimals or the count")
    return low


def table_from_percentages(percent1: float, n1: float, percent2: float, n2: float, decimals: int = 0) -> TwoByTwo:
    """Return the 2x2 table of two groups whose events are given in percent."""
    a, c = events_from_percentage(percent1, n1, decimals), events_from_percentage(percent2, n2, decimals)
    return TwoByTwo(a, int(n1) - a, c, int(n2) - c)


@dataclass(frozen=True)
class Arm:
    """Size, mean and standard deviation of an arm."""

    n: float
    mean: float
    sd: float


def combined_means(arms: Sequence[Arm]) -> Arm:
    """Return one arm in place of several (Handbook 6.5.2.10), with the SD that all their people have together.

    Variance: the sum of (n - 1) sd^2 + n (mean - common mean)^2 over N - 1; for two arms the Handbook's formula.
    """
    if not arms:
        raise NotPoolable("there are no arms to combine; give one or more")
    n = np.array([people("n", arm.n) for arm in arms])
    mean = np.array([number("mean", arm.mean) for arm in arms])
    sd = np.array([positive("sd", arm.sd) for arm in arms])
    total = float(n.sum())
    if total < 2:
        raise NotPoolable("the arms have one person together, so they have no standard deviation; leave the study out")
    common = float((n * mean).sum() / total)
    within, across = ((n - 1) * sd**2).sum(), (n * (mean - common) ** 2).sum()
    return Arm(total, common, math.sqrt(float(within + across) / (total - 1)))
