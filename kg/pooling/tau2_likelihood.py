"""Between-study variance by maximum likelihood and restricted maximum likelihood.

Everything is a weighted sum over studies, O(k) a step. The likelihood can have several maxima (0 among them), so the
score is looked at on a grid, every passage from rising to falling is solved, and the highest maximum is taken.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.either import at_least, at_most, root, where
from kg.pooling.roots import Step, solve
from kg.pooling.studies import Ints, Single, Studies, Weighted, single, weigh_at

LOG_2PI = math.log(2 * math.pi)
LOG_RATIO = math.log(4.0)
"""Points of the grid lie a factor of 4 apart: the score cannot turn sharply on the scale of log tau2."""
CHUNK = 1 << 20
"""Study rows looked at together; it bounds memory."""


def log_likelihoods(at: Weighted) -> tuple[Any, Any]:
    """Log-likelihood and restricted log-likelihood at the tau2 of the weights, with the mean at its estimate.

    The restricted one has log|X'X|, as Harville (1974).
    """
    k = at.studies.k
    ll = -0.5 * (k * LOG_2PI - at.sum(np.log(at.w)) + at.q())
    return ll, ll + 0.5 * (LOG_2PI + np.log(k) - np.log(at.total))


def log_likelihood(studies: Studies, tau2: Any, *, restricted: bool) -> Any:
    """Log-likelihood, or the restricted one, at ``tau2``."""
    return log_likelihoods(weigh_at(studies, tau2))[restricted]


def ml_step(studies: Studies, tau2: Any, target: Any) -> tuple[Any, Any]:
    """Twice the score minus ``target``, 2 dl/dtau2 = sum w^2 r^2 - sum w, and a Newton step."""
    at = weigh_at(studies, tau2)
    u = at.w * at.residual
    s2 = at.sum(at.w * at.w)
    value = at.sum(u * u) - at.total - target
    return value, _newton(value, s2 - 2 * _u_p_u(at, u), s2 / at.total)


def reml_step(studies: Studies, tau2: Any, target: Any) -> tuple[Any, Any]:
    """Twice the score minus ``target``, 2 dl/dtau2 = y'PPy - tr(P), and a Newton step."""
    at = weigh_at(studies, tau2)
    u = at.w * at.residual
    trace_p, trace_pp = at.traces()
    value = at.sum(u * u) - trace_p - target
    return value, _newton(value, trace_pp - 2 * _u_p_u(at, u), trace_pp / trace_p)


def _u_p_u(at: Weighted, u: Array) -> Any:
    """y'PPPy, with u = Py: the weighted sum of squares of u around its mean."""
    wu = at.w * u
    mean = at.sum(wu)
    return at.sum(wu * u) - mean * mean / at.total


def _newton(value: Any, slope: Any, rate: Any) -> Any:
    """Newton's step for the score times (tau2 + s)^2, which is a straight line when all variances are s.

    ``rate`` is 1 / (tau2 + s), with s the typical variance. Where that line does not fall there is no step, and the
    bracket is halved.
    """
    slope = slope + 2 * value * rate
    falls = slope < 0
    return where(falls, -value / where(falls, slope, 1.0), np.inf)


def maximum_likelihood(studies: Studies) -> Array:
    """Tau2 that maximises the likelihood (Hardy & Thompson 1996)."""
    return _highest_maximum(ml_step, studies, restricted=False)


def restricted_maximum_likelihood(studies: Studies) -> Array:
    """Tau2 that maximises the restricted likelihood (Raudenbush 2009; Viechtbauer 2005)."""
    return _highest_maximum(reml_step, studies, restricted=True)


def _highest_maximum(step: Step, studies: Studies, *, restricted: bool) -> Array:
    if studies.sizes.size == 1:
        return np.array([_highest_of_one(step, single(studies), restricted=restricted)])
    best = np.zeros(studies.sizes.size)
    ceiling = _ceiling(studies)
    uncertain = ceiling > 0  # one study, or equal effects: the maximum is at 0
    if not uncertain.any():
        return best
    studies = studies.where(uncertain)
    owner, low, high, start = _rises_then_falls(step, studies, ceiling[uncertain])
    counts = np.bincount(owner)
    one_each = owner.size == counts.size
    here = studies if one_each else studies.take(owner)
    peaks = solve(step, here, np.zeros(owner.size), low, high, start)
    if not one_each:
        heights = log_likelihood(here, peaks, restricted=restricted)
        highest = np.lexsort((heights, owner))[counts.cumsum() - 1]
        peaks = peaks[highest]
    best[uncertain] = peaks
    return best


def _highest_of_one(step: Step, one: Single, *, restricted: bool) -> Any:
    """Return the highest maximum of one analysis, found as in a batch, on numbers."""
    ceiling = _ceiling(one)
    if not ceiling > 0:
        return 0.0
    first = 0.5 * one.v[0]
    points = int(max(np.ceil(np.log(ceiling / first) / LOG_RATIO), 0.0)) + 2
    grid = np.minimum(first * np.exp(LOG_RATIO * (np.arange(points) - 1.0)), ceiling)
    grid[0] = 0.0
    values, steps = (x.tolist() for x in _on_grid(step, one.batch, np.zeros(points, dtype=np.intp), grid))
    values[-1] = min(values[-1], 0.0)
    at = grid.tolist()
    peaks = [0.0] if values[0] <= 0 else []
    for i in range(points - 1):
        if values[i] > 0 >= values[i + 1]:
            low, high = at[i], at[i + 1]
            nearer = i if abs(steps[i]) < abs(steps[i + 1]) else i + 1
            start = at[nearer] + at_most(at_least(steps[nearer], low - high), high - low)
            peaks.append(solve(step, one, 0.0, low, high, start if low < start < high else 0.5 * (low + high)))
    if len(peaks) == 1:
        return peaks[0]
    return max(reversed(peaks), key=lambda peak: log_likelihood(one, peak, restricted=restricted))


def _rises_then_falls(step: Step, studies: Studies, ceiling: Array) -> tuple[Ints, Array, Array, Array]:
    """Bracket every maximum: its analysis, low and high end, and a start inside; low = high = 0 for one at 0.

    In the order of the analyses; each has at least one.
    """
    first = 0.5 * studies.v[studies.starts]
    spans = np.ceil(np.log(ceiling / first) / LOG_RATIO)
    points = np.maximum(spans, 0.0).astype(np.intp) + 2
    last = points.cumsum() - 1
    owner = np.arange(points.size).repeat(points)
    place = np.arange(owner.size) - (last - points + 1).repeat(points)
    grid = np.minimum(first[owner] * np.exp(LOG_RATIO * (place - 1.0)), ceiling[owner])
    grid[place == 0] = 0.0
    value, newton = _on_grid(step, studies, owner, grid)
    value[last] = np.minimum(value[last], 0.0)  # the ceiling lies above every maximum, whatever rounding says
    tops = (place == 0) & (value <= 0)
    tops[:-1] |= (value[:-1] > 0) & (value[1:] <= 0) & (place[1:] > 0)
    lower = tops.nonzero()[0]
    upper = lower + (value[lower] > 0)
    low, high = grid[lower], grid[upper]
    width = high - low
    nearer = np.where(np.abs(newton[lower]) < np.abs(newton[upper]), lower, upper)
    start = grid[nearer] + np.minimum(np.maximum(newton[nearer], -width), width)
    return owner[lower], low, high, np.where((start > low) & (start < high), start, 0.5 * (low + high))


def _on_grid(step: Step, studies: Studies, owner: Ints, grid: Array) -> tuple[Array, Array]:
    """Return the score and its Newton step at every point, in pieces of bounded memory."""
    zero = np.zeros(grid.size)
    rows = int(studies.sizes[owner].sum())
    if rows <= CHUNK:
        return step(studies.take(owner), grid, zero)
    value, newton = np.empty(grid.size), np.empty(grid.size)
    for part in np.array_split(np.arange(grid.size), min(grid.size, rows // CHUNK + 1)):
        value[part], newton[part] = step(studies.take(owner[part]), grid[part], zero[part])
    return value, newton


def _ceiling(studies: Studies) -> Any:
    """Return a tau2 above every maximum; 0 for one study and for equal effects.

    With D the sum of squared deviations, y'PPy <= D / t^2 and tr(P) >= (k - 1) / (t + max v), so that the score is
    negative where (k - 1) t^2 > D (t + max v).
    """
    mean = studies.sum(studies.y) / studies.k
    deviation = studies.y - studies.spread(mean)
    d = studies.sum(deviation * deviation) / at_least(studies.k - 1, 1.0)
    largest = studies.lasts(studies.v)
    return where(studies.several, 0.50005 * (d + root(d * d + 4 * d * largest)), 0.0)
