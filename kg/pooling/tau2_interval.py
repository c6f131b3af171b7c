"""Confidence intervals of tau2."""

from __future__ import annotations

from typing import Any

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Array
from kg.pooling.either import where
from kg.pooling.quantiles import chi2_quantile
from kg.pooling.roots import Step, solve
from kg.pooling.studies import Single, Studies, Weighted
from kg.pooling.tau2_likelihood import log_likelihood, ml_step, reml_step
from kg.pooling.tau2_q import tau2_where_q_is, tau2_where_q_of_one_is

INTERVALS = ("QP", "PL")


def tau2_interval(kind: str | None, at: Weighted, tau2: Array, method: str, level: float) -> tuple[Any, Any]:
    """Return the ends of the interval of each tau2 (n,), from common-effect weights.

    They are nan for one study, and where no kind is asked for.

    Raises NotPoolable for a profile likelihood around an estimate that does not maximise a likelihood.
    """
    if kind is None:
        return 0.0 * tau2 + np.nan, 0.0 * tau2 + np.nan
    if kind == "PL" and method not in {"ML", "REML"}:
        raise NotPoolable(f"a profile likelihood interval goes with method ML or REML, not {method}; ask for QP")
    if isinstance(at.studies, Single) and kind == "QP":
        return q_profile_of_one(at, level) if at.studies.several else (np.nan, np.nan)
    lower, upper = np.full((2, tau2.size), np.nan)
    studies = at.studies.batch
    several = studies.several
    if several.any():
        here = studies.where(several)
        ends = q_profile(here, level) if kind == "QP" else profile_likelihood(here, tau2[several], method, level)
        lower[several], upper[several] = ends
    return lower, upper


def q_profile(studies: Studies, level: float) -> tuple[Array, Array]:
    """Return the tau2 at which Q(tau2) meets the chi-squared quantiles (Viechtbauer 2007).

    Where Q lies below the lower quantile even at 0 the set is empty, and both ends are 0, as in metafor.
    """
    tail = (100.0 - level) / 200.0
    dfs = (studies.k - 1).tolist()
    targets = np.array([chi2_quantile(t, df) for t in (tail, 1.0 - tail) for df in dfs])
    n = studies.sizes.size
    both = tau2_where_q_is(targets, studies.take(np.arange(2 * n) % n))
    return both[:n], both[n:]


def q_profile_of_one(at: Weighted, level: float) -> tuple[float, float]:
    """Return the interval of one analysis, as `q_profile` does."""
    tail, df = (100.0 - level) / 200.0, float(at.studies.k - 1)
    low, high = (tau2_where_q_of_one_is(chi2_quantile(t, df), at) for t in (tail, 1.0 - tail))
    return low, high


def profile_likelihood(studies: Studies, tau2: Array, method: str, level: float) -> tuple[Array, Array]:
    """Return the tau2 at which the profile log-likelihood lies half a chi-squared quantile below its maximum.

    Hardy & Thompson (1996); the restricted likelihood under REML. The lower end is 0 where it stays above that at 0.
    """
    restricted = method == "REML"
    drop = 0.5 * chi2_quantile(1.0 - level / 100.0, 1.0)
    target = log_likelihood(studies, tau2, restricted=restricted) - drop
    zero = np.zeros(tau2.size)
    falling, rising = _excess(restricted, falling=True), _excess(restricted, falling=False)
    reach = tau2 + studies.v[studies.starts]
    high = tau2 + reach
    for _ in range(1100):  # doublings that span every finite float
        above = falling(studies, high, target)[0] > 0
        if not above.any():
            break
        high = np.where(above, tau2 + 4.0 * (high - tau2), high)
    upper = solve(falling, studies, target, tau2, high, 0.5 * (tau2 + high))
    low_end = np.where(falling(studies, zero, target)[0] >= 0, zero, tau2)
    return solve(rising, studies, target, zero, low_end, 0.5 * low_end), upper


def _excess(restricted: bool, *, falling: bool) -> Step:
    """Log-likelihood above a target, with the sign that makes it positive below the root on either side of the top."""
    score = reml_step if restricted else ml_step
    sign = 1.0 if falling else -1.0

    def step(studies: Studies, tau2: Array, target: Array) -> tuple[Array, Array]:
        value = log_likelihood(studies, tau2, restricted=restricted) - target
        slope = 0.5 * score(studies, tau2, 0.0 * tau2)[0]
        usable = sign * slope < 0
        return sign * value, where(usable, -value / where(usable, slope, 1.0), np.inf)

    return step
