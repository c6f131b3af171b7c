"""Quantiles and tail probabilities of the normal, t and chi-squared distributions.

From scipy.special: importing scipy.stats takes most of a second.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from kg.pooling.special import chdtrc, chdtri, fdtrc, ndtr, ndtri, stdtr, stdtrit


@lru_cache(maxsize=4096)
def normal_quantile(level: float) -> float:
    """Return the z with ``level`` percent of the normal distribution within -z and z."""
    return -float(ndtri((100.0 - level) / 200.0))


@lru_cache(maxsize=65536)
def t_quantile(level: float, df: float) -> float:
    """Return the t with ``level`` percent of Student's distribution with ``df`` degrees of freedom within -t and t."""
    return -float(stdtrit(df, (100.0 - level) / 200.0))


@lru_cache(maxsize=65536)
def chi2_quantile(upper_tail: float, df: float) -> float:
    """Return the x that chi-squared with ``df`` degrees of freedom exceeds with probability ``upper_tail``."""
    return float(chdtri(df, upper_tail))


def two_sided(level: float, df: Any) -> Any:
    """Two-sided quantiles for each of ``df``: Student's t, or the normal distribution where ``df`` is infinite."""
    z = normal_quantile(level)
    if not isinstance(df, np.ndarray):
        return z if df == np.inf else t_quantile(level, float(df))
    return np.array([z if d == np.inf else t_quantile(level, d) for d in df.tolist()])


def two_sided_p(statistic: Any, df: Any) -> Any:
    """Probability of a larger absolute value under Student's t, or the normal distribution where ``df`` is infinite."""
    if not isinstance(df, np.ndarray):
        tail = -abs(statistic)
        return 2.0 * (ndtr(tail) if df == np.inf else stdtr(df, tail))
    tail = -np.abs(statistic)
    normal = df == np.inf
    if normal.all():
        return np.asarray(2.0 * ndtr(tail))
    return np.asarray(2.0 * np.where(normal, ndtr(tail), stdtr(np.where(normal, 1.0, df), tail)))


def chi2_p(statistic: Any, df: Any) -> Any:
    """Probability that chi-squared exceeds ``statistic``; 1 where there are no degrees of freedom."""
    if not isinstance(df, np.ndarray):
        return chdtrc(df, statistic) if df > 0 else 1.0
    return np.where(df > 0, chdtrc(np.maximum(df, 1.0), statistic), 1.0)


def f_p(statistic: float, df1: float, df2: float) -> float:
    """Probability that an F variable exceeds ``statistic``."""
    return float(fdtrc(df1, df2, statistic))


def chi2_tail(q: float, df: float) -> float | None:
    """Return the probability of a larger chi-squared value; None without degrees of freedom."""
    return float(chdtrc(df, max(q, 0.0))) if df > 0 else None
