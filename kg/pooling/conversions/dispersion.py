"""Standard deviations and standard errors from what papers print beside a mean or a difference.

Cochrane Handbook 6.5.2.2 (one group), 6.5.2.3 (two groups) and 6.5.2.8 (change from baseline).
"""

from __future__ import annotations

import math

from kg.errors import NotPoolable
from kg.pooling.conversions.reported import between, in_order, number, people, positive
from kg.pooling.quantiles import normal_quantile, t_quantile
from kg.pooling.special import ndtri, stdtrit

SMALL_SAMPLE = 60
"""Below it the Handbook takes an interval to rest on Student's t (6.5.2.2)."""


def sd_from_se(se: float, n: float) -> float:
    """Return the SD of a group of n from the standard error of its mean: se sqrt(n) (Handbook 6.5.2.2)."""
    return positive("se", se) * math.sqrt(people("n", n))


def sd_from_ci(low: float, high: float, n: float, level: float = 95.0) -> float:
    """Return the SD of a group of n from the interval of its mean (Handbook 6.5.2.2).

    sqrt(n) times the width over twice the quantile: of Student's t below 60 people, else normal.
    """
    n = people("n", n, 2)
    return math.sqrt(n) * se_from_ci(low, high, level, n - 1 if n < SMALL_SAMPLE else None)


def se_from_ci(low: float, high: float, level: float = 95.0, df: float | None = None) -> float:
    """Return the standard error from an interval: its width over twice the quantile, of t where ``df`` is given."""
    in_order(low=low, high=high)
    between("level", level, 0, 100)
    quantile = normal_quantile(level) if df is None else t_quantile(level, positive("df", df))
    return positive("high - low", high - low) / (2 * quantile)


def se_from_t(difference: float, t: float) -> float:
    """Return the standard error of a difference from its t (or z) statistic: difference / t (Handbook 6.5.2.3)."""
    if number("t", t) == 0 or number("difference", difference) == 0:
        raise NotPoolable(
            "a difference or statistic of 0 says nothing about its standard error; look for SD or interval"
        )
    return abs(difference / t)


def t_from_p(p: float, df: float) -> float:
    """Return the absolute t statistic of a two-sided p value with ``df`` degrees of freedom."""
    return abs(float(stdtrit(positive("df", df), probability(p) / 2)))


def z_from_p(p: float) -> float:
    """Return the absolute z statistic of a two-sided p value."""
    return abs(float(ndtri(probability(p) / 2)))


def probability(p: float) -> float:
    """Return a p value, if it can be one that a statistic has: above 0 and not above 1; NotPoolable otherwise."""
    if not 0 < number("p", p) <= 1:
        raise NotPoolable(f"p is {p:g}; a p value lies above 0 and not above 1, so take its printed bound (0.001)")
    return float(p)


def sd_from_difference(se: float, n1: float, n2: float) -> float:
    """Return the SD within two groups from the standard error of their difference (Handbook 6.5.2.3).

    se / sqrt(1/n1 + 1/n2), the average of both groups.
    """
    return positive("se", se) / math.sqrt(1 / people("n1", n1) + 1 / people("n2", n2))


def sd_of_change(sd_before: float, sd_after: float, correlation: float) -> float:
    """Return the SD of the change within people: sqrt(s1^2 + s2^2 - 2 r s1 s2) (Handbook 6.5.2.8)."""
    a, b = positive("sd_before", sd_before), positive("sd_after", sd_after)
    r = between("correlation", correlation, -1, 1)
    return math.sqrt((a - b) ** 2 + 2 * a * b * (1 - r))


def correlation_from_sds(sd_before: float, sd_after: float, sd_change: float) -> float:
    """Return the correlation within people: (s1^2 + s2^2 - s_change^2) / (2 s1 s2) (Handbook 6.5.2.8)."""
    a, b = positive("sd_before", sd_before), positive("sd_after", sd_after)
    r = (a * a + b * b - positive("sd_change", sd_change) ** 2) / (2 * a * b)
    if not -1 < r < 1:
        raise NotPoolable(
            f"sd_change {sd_change:g} gives a correlation of {r:.3g}; check which standard deviation is which"
        )
    return r
