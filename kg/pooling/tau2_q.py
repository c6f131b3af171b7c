"""The tau2 at which the generalised Q statistic takes a given value.

Q(tau2) = sum w (y - mean)^2 with w = 1 / (v + tau2) decreases from Cochran's Q towards 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.either import where
from kg.pooling.roots import solve
from kg.pooling.studies import Studies, Weighted, weigh_at


def tau2_where_q_is(target: Array, studies: Studies) -> Array:
    """Return the tau2 of each analysis with Q(tau2) = ``target``; 0 where Q(0) is already at or below it."""
    zero = np.zeros(target.size)
    above, first = _newton(weigh_at(studies, zero), target)
    high = np.where(above > 0, _upper_end(studies, target), 0.0)
    found: Array = solve(_step, studies, target, zero, high, np.minimum(np.maximum(first, zero), high))
    return found


def tau2_where_q_of_one_is(target: float, at: Weighted) -> float:
    """Return the tau2 of one analysis with Q(tau2) = ``target``, given its weights at tau2 = 0."""
    above, first = _newton(at, target)
    if not above > 0:
        return 0.0
    high = _upper_end(at.studies, target)
    return float(solve(_step, at.studies, target, 0.0, high, min(max(first, 0.0), high)))


def _upper_end(studies: Studies, target: Any) -> Any:
    """Return a tau2 at which Q is below the target: Q(t) <= sum y^2 / t."""
    return 1.0001 * studies.sum(studies.y**2) / target


def _step(studies: Studies, tau2: Any, target: Any) -> tuple[Any, Any]:
    return _newton(weigh_at(studies, tau2), target)


def _newton(at: Weighted, target: Any) -> tuple[Any, Any]:
    """Newton on 1/Q, which is a straight line when the variances are equal (dQ/dtau2 = -sum w^2 (y - mean)^2)."""
    weighted = at.w * at.residual
    q = at.sum(weighted * at.residual)
    slope = at.sum(weighted * weighted)
    return q - target, (q / target - 1.0) * q / where(slope > 0, slope, 1.0)
