"""Maxima of smooth log-likelihoods of a few parameters, and their curvature there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kg.errors import NotConverged
from kg.pooling.columns import Array
from kg.pooling.studies import Ints

Value = Callable[[Array], float]
Gradient = Callable[[Array], tuple[float, Array]]
Bounds = Sequence[tuple[float | None, float | None]]

STEP = 2e-3  # of differences of fourth order: truncation and rounding both stay near 1e-11 for parameters of order 1


def lowest(objective: Gradient, start: Array, bounds: Bounds) -> Array:
    """Return the place of a minimum of a function that gives its gradient, by L-BFGS-B."""
    import scipy.optimize  # noqa: PLC0415  (loaded where a search is needed)

    minimize: Any = scipy.optimize.minimize
    options = {"maxiter": 500, "ftol": 1e-12, "gtol": 1e-6}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(found.x, dtype=np.float64)


def gradient(f: Value, x: Array) -> Array:
    """Return the first derivatives by central differences of fourth order."""
    return np.array([_slope(f, x, e, STEP) for e in np.eye(x.size)])


def _slope(f: Value, x: Array, e: Array, h: float) -> float:
    return (8 * (f(x + h * e) - f(x - h * e)) - (f(x + 2 * h * e) - f(x - 2 * h * e))) / (12 * h)


def hessian(f: Value, x: Array) -> Array:
    """Return the second derivatives by central differences of fourth order."""
    n, h, centre = x.size, 5 * STEP, f(x)
    H = np.zeros((n, n))
    E = np.eye(n)
    for i in range(n):
        near, far = f(x + h * E[i]) + f(x - h * E[i]), f(x + 2 * h * E[i]) + f(x - 2 * h * E[i])
        H[i, i] = (16 * near - far - 30 * centre) / (12 * h * h)
        for j in range(i):
            ends = [_slope(f, x + s * h * E[i], E[j], h) for s in (-2, -1, 1, 2)]
            H[i, j] = H[j, i] = (8 * (ends[2] - ends[1]) - (ends[3] - ends[0])) / (12 * h)
    return H


def maximum(f: Value, start: Array, bounds: Bounds, what: str) -> tuple[Array, Array]:
    """Return where f is largest within the bounds, and the Hessian of f there.

    Quasi-Newton to the neighbourhood, Newton to the last digits; a place where f still curves upward is left along
    that direction. Raises NotConverged, naming ``what`` was fitted, where no maximum is found.
    """
    x = start
    for _ in range(5):
        x = lowest(lambda at: (-f(at), -gradient(f, at)), x, bounds)
        x, H, decrement = _polished(f, x, bounds)
        inner = _inside(x, bounds)
        curvature, direction = np.linalg.eigh(H[np.ix_(inner, inner)])
        if decrement < 1e-9 and (curvature < 0).all():
            return x, H
        if curvature.size and curvature[-1] >= 0:
            x[inner] += 0.1 * direction[:, -1]
    raise NotConverged(f"{what} has no clear maximum of its likelihood; use a simpler model or more studies")


def _inside(x: Array, bounds: Bounds) -> Ints:
    low = np.array([-np.inf if b is None else b for b, _ in bounds])
    high = np.array([np.inf if b is None else b for _, b in bounds])
    return np.flatnonzero((x > low + 3e-2) & (x < high - 3e-2))


def _polished(f: Value, x: Array, bounds: Bounds) -> tuple[Array, Array, float]:
    """Take Newton steps on the coordinates away from their bounds; return the place, Hessian and last decrement."""
    decrement = np.inf
    for _ in range(20):
        inner, H, slope = _inside(x, bounds), hessian(f, x), gradient(f, x)
        part = H[np.ix_(inner, inner)]
        if inner.size == 0 or np.linalg.eigvalsh(part)[-1] >= 0:
            return x, H, 0.0 if inner.size == 0 else np.inf
        step = -np.linalg.solve(part, slope[inner])
        decrement = float(slope[inner] @ step)
        trial = x.copy()
        trial[inner] += step
        if decrement < 1e-18 or f(trial) < f(x) - 1e-10:
            break
        x = trial
    return x, H, decrement
