"""Tests and intervals of estimates that are normal, or t, around their true value."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Array
from kg.pooling.quantiles import f_p, two_sided, two_sided_p
from kg.pooling.special import chdtrc


class Wald(NamedTuple):
    """Statistic, two-sided p-value and interval, one item an estimate."""

    stat: Array
    pval: Array
    ci_lb: Array
    ci_ub: Array


class Omnibus(NamedTuple):
    """A test of several coefficients at once: chi-squared, or F where there are residual degrees of freedom."""

    QM: float
    QM_df: tuple[int, float | None]
    QM_p: float


def wald(beta: Array, se: Array, df: float | Array | None, level: float) -> Wald:
    """Test each estimate against 0 with the normal, or with t where degrees of freedom are given."""
    if not 0 < level < 100:
        raise NotPoolable(f"level is {level}; give percent above 0 and below 100, as 95")
    if not np.all(se > 0):
        raise NotPoolable("a standard error is 0, so no test exists: no residual is left; ask for test='z'")
    of = np.broadcast_to(np.inf if df is None else np.asarray(df, dtype=np.float64), se.shape)
    half = two_sided(level, of) * se
    stat = beta / se
    return Wald(stat, two_sided_p(stat, of), beta - half, beta + half)


def omnibus(beta: Array, vb: Array, tested: tuple[int, ...], df: float | None) -> Omnibus:
    """Test that all the given coefficients are 0."""
    at, m = np.array(tested), len(tested)
    q = float(beta[at] @ np.linalg.solve(vb[np.ix_(at, at)], beta[at]))
    if df is None:
        return Omnibus(q, (m, None), float(chdtrc(m, q)))
    return Omnibus(q / m, (m, df), f_p(q / m, m, df))
