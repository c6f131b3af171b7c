"""Estimators of the residual between-study variance in a meta-regression, by the code that the literature uses.

With p coefficients; for p = 1 they are those of `kg.pooling.tau2`. Viechtbauer 2005; Viechtbauer et al. 2015.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.weighted_fit import Rows, WeightedFit

GRID_RATIO = 4.0


def tau2_of(method: str, rows: Rows, weights: Array | None = None) -> float:
    """Return tau2 by a method; ``weights`` are those of GENQ."""
    if method == "EE":
        return 0.0
    if method in ("REML", "ML"):
        return _likeliest(rows, restricted=method == "REML")
    if method in ("PM", "EB"):
        return tau2_where_q_is(rows, rows.df)
    at, scale = _form(method, rows, weights)
    expected = math.fsum(at.w * at.rows.v * (1 - at.hat)) if method in ("HE", "GENQ") else float(rows.df)
    if method in ("HS", "HSk"):
        expected = rows.y.size / (scale * math.fsum(at.w))
    if method == "SJ":
        expected = 0.0
    return max(0.0, (at.q - expected) * scale)


def standard_error(method: str, rows: Rows, tau2: float, weights: Array | None = None) -> float | None:
    """Return the standard error of tau2 as metafor gives it; None for EE."""
    if method == "EE":
        return None
    if method == "ML":
        return math.sqrt(2 / math.fsum(rows.at(tau2).w ** 2))
    if method == "REML":
        at = rows.at(tau2)
        return math.sqrt(2 / at.trace_pp(at.w, at.w))
    if method in ("PM", "EB"):
        at = rows.at(tau2)
        scale = rows.y.size / rows.df / math.fsum(at.w)
    else:
        at, scale = _form(method, rows, weights)
    a = at.w * rows.v
    spread = 2 * at.trace_pp(a, a) + 4 * tau2 * at.trace_pp(at.w, a) + 2 * tau2**2 * at.trace_pp(at.w, at.w)
    return scale * math.sqrt(spread)


def _form(method: str, rows: Rows, weights: Array | None) -> tuple[WeightedFit, float]:
    """Return the fit whose y'Py, scaled, estimates tau2 by a closed formula, and the scale."""
    if method == "SJ":
        start = math.fsum((rows.y - math.fsum(rows.y) / rows.y.size) ** 2) / rows.y.size
        return rows.at(start), start / rows.df
    if method == "HE":
        at = rows.weighted(np.ones_like(rows.v))
    elif method == "GENQ":
        assert weights is not None
        at = rows.weighted(weights)
    else:
        at = rows.at(0.0)
    if method in ("HS", "HSk"):
        return at, (rows.y.size / rows.df if method == "HSk" else 1.0) / math.fsum(at.w)
    return at, 1 / at.trace_p


def tau2_where_q_is(rows: Rows, target: float) -> float:
    """Return the tau2 with Q(tau2) = target, 0 where Q(0) is already below it (Paule & Mandel 1982)."""
    if rows.at(0.0).q <= target:
        return 0.0
    return _root(lambda t: rows.at(t).q - target, 0.0, 1.0001 * _spread(rows) / target)


def _likeliest(rows: Rows, *, restricted: bool) -> float:
    """Return the tau2 of the highest maximum; every passage of the score from rising to falling is looked at."""

    def score(t: float) -> float:
        at = rows.at(t)
        return math.fsum((at.w * at.residual) ** 2) - (at.trace_p if restricted else math.fsum(at.w))

    d = _spread(rows) / rows.df
    if d == 0:
        return 0.0
    ceiling = 1.0001 * 0.5 * (d + math.sqrt(d * d + 4 * d * float(rows.v.max())))
    grid = [0.0, 0.5 * float(rows.v.min())]
    while grid[-1] < ceiling:
        grid.append(min(ceiling, grid[-1] * GRID_RATIO))
    slopes = [score(t) for t in grid]
    peaks = [0.0] if slopes[0] <= 0 else []
    peaks += [_root(score, grid[i], grid[i + 1]) for i in range(len(grid) - 1) if slopes[i] > 0 >= slopes[i + 1]]
    return max(peaks, key=lambda t: rows.at(t).log_likelihood(restricted=restricted))


def _spread(rows: Rows) -> float:
    """Return the unweighted residual sum of squares."""
    return rows.weighted(np.ones_like(rows.v)).q


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq  # noqa: PLC0415  (loaded where a search is needed)

    return float(brentq(f, low, high, xtol=1e-300, rtol=4 * np.finfo(float).eps, maxiter=500))
