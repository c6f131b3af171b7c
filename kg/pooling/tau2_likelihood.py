"""Between-study variance by maximum likelihood and restricted maximum likelihood.

Everything is a weighted sum over studies, O(k) a step. The likelihood can have several maxima (0 among them), so the
score is looked at on a grid, every passage from rising to falling is solved, and the highest maximum is taken.
"""

from __future__ import annotations

import math

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.roots import Step, solve
from kg.pooling.studies import Ints, Studies, weigh_at

LOG_2PI = math.log(2 * math.pi)
GRID_RATIO = 4.0
CHUNK = 1 << 18


def log_likelihood(studies: Studies, tau2: Array, *, restricted: bool) -> Array:
    """Log-likelihood at ``tau2``, with the mean at its estimate; restricted as in Harville (1974), with log|X'X|."""
    at = weigh_at(studies, tau2)
    k = studies.k
    ll = -0.5 * (k * LOG_2PI - studies.sum(np.log(at.w)) + at.q())
    return ll + 0.5 * (LOG_2PI + np.log(k) - np.log(at.total)) if restricted else ll


def ml_step(studies: Studies, tau2: Array, target: Array) -> tuple[Array, Array]:
    """Twice the score minus ``target``, 2 dl/dtau2 = sum w^2 r^2 - sum w, and the Newton step of the score."""
    at = weigh_at(studies, tau2)
    u = at.w * at.residual
    score = at.sum(u * u) - at.total
    curve = at.sum(at.w * at.w) - 2 * _u_p_u(at.sum(at.w * u * u), at.sum(at.w * u), at.total)
    return score - target, _newton(score - target, curve)


def reml_step(studies: Studies, tau2: Array, target: Array) -> tuple[Array, Array]:
    """Twice the score minus ``target``, 2 dl/dtau2 = y'PPy - tr(P), and the Newton step of the score."""
    at = weigh_at(studies, tau2)
    w, u = at.w, at.w * at.residual
    w2 = w * w
    ratio = at.sum(w2) / at.total
    score = at.sum(u * u) - at.total + ratio
    trace_pp = (at.total - 2 * at.sum(w2 * w) / at.sum(w2)) * ratio + ratio * ratio
    curve = trace_pp - 2 * _u_p_u(at.sum(w * u * u), at.sum(w * u), at.total)
    return score - target, _newton(score - target, curve)


def _u_p_u(w_u2: Array, w_u: Array, total: Array) -> Array:
    """y'PPPy, with u = Py: the weighted sum of squares of u around its mean."""
    return w_u2 - w_u * w_u / total


def _newton(value: Array, curve: Array) -> Array:
    """Towards a maximum only: where the likelihood is not concave there is no step, and the bracket is halved."""
    concave = curve < 0
    return np.where(concave, -value / np.where(concave, curve, 1.0), np.inf)


def maximum_likelihood(studies: Studies) -> Array:
    """Tau2 that maximises the likelihood (Hardy & Thompson 1996)."""
    return _highest_maximum(ml_step, studies, restricted=False)


def restricted_maximum_likelihood(studies: Studies) -> Array:
    """Tau2 that maximises the restricted likelihood (Raudenbush 2009; Viechtbauer 2005)."""
    return _highest_maximum(reml_step, studies, restricted=True)


def _highest_maximum(step: Step, studies: Studies, *, restricted: bool) -> Array:
    analysis, low, high, start = _rises_then_falls(step, studies)
    here = studies.take(analysis)
    peaks = solve(step, here, np.zeros(analysis.size), low, high, start)
    best = np.zeros(studies.sizes.size)
    counts = np.bincount(analysis, minlength=best.size)
    alone = counts[analysis] == 1
    best[analysis[alone]] = peaks[alone]
    if alone.all():
        return best
    heights = log_likelihood(here, peaks, restricted=restricted)
    for many in np.flatnonzero(counts > 1).tolist():
        at = np.flatnonzero(analysis == many)
        best[many] = peaks[at[np.argmax(heights[at])]]
    return best


def _rises_then_falls(step: Step, studies: Studies) -> tuple[Ints, Array, Array, Array]:
    """Brackets of every maximum: the analysis, its low and high end, and a start inside; low = high = 0 for one at 0."""
    ceiling = _ceiling(studies)
    first = 0.5 * studies.v[studies.starts]
    with np.errstate(divide="ignore"):  # all effects equal: the ceiling is 0 and so is the only maximum
        points = np.ceil(np.log(ceiling / first) / math.log(GRID_RATIO)).clip(0, 600).astype(np.intp) + 2
    analysis = np.repeat(np.arange(points.size), points)
    place = np.arange(analysis.size) - np.repeat(np.cumsum(points) - points, points)
    grid = np.minimum(first[analysis] * GRID_RATIO ** (place - 1.0), ceiling[analysis])
    grid[place == 0] = 0.0
    value, newton = np.empty(grid.size), np.empty(grid.size)
    pieces = max(1, int(studies.sizes[analysis].sum()) // CHUNK)
    for part in np.array_split(np.arange(grid.size), min(pieces, grid.size)):
        value[part], newton[part] = step(studies.take(analysis[part]), grid[part], np.zeros(part.size))
    last = place == points[analysis] - 1
    falls = np.flatnonzero((value[:-1] > 0) & (value[1:] <= 0) & ~last[:-1])
    at_zero = np.flatnonzero((place == 0) & (value <= 0))
    lower, upper = np.concatenate([at_zero, falls]), np.concatenate([at_zero, falls + 1])
    low, high = grid[lower], grid[upper]
    with np.errstate(invalid="ignore"):  # an infinite Newton step: start in the middle
        start = np.where(np.isfinite(newton[lower]), low + newton[lower], 0.5 * (low + high))
    return analysis[lower], low, high, np.where((start > low) & (start < high), start, 0.5 * (low + high))


def _ceiling(studies: Studies) -> Array:
    """A tau2 above every maximum.

    With D the sum of squared deviations, y'PPy <= D / t^2 and tr(P) >= (k - 1) / (t + max v), so the score is negative
    where (k - 1) t^2 > D (t + max v).
    """
    mean = studies.sum(studies.y) / studies.k
    d = studies.sum((studies.y - studies.spread(mean)) ** 2) / np.maximum(studies.k - 1, 1)
    largest = studies.v[studies.starts + studies.sizes - 1]
    return np.where(studies.sizes > 1, 1.0001 * 0.5 * (d + np.sqrt(d * d + 4 * d * largest)), 0.0)
