"""The tau2 at which the generalised Q statistic takes a given value.

Q(tau2) = sum w (y - mean)^2 with w = 1 / (v + tau2) decreases from Cochran's Q towards 0.
"""

from __future__ import annotations

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.roots import solve
from kg.pooling.studies import Studies, weigh_at


def tau2_where_q_is(target: Array, studies: Studies) -> Array:
    """Return the tau2 of each analysis with Q(tau2) = ``target``; 0 where Q(0) is already at or below it."""
    zero = np.zeros(target.size)
    above, first = _step(studies, zero, target)
    # Q(t) <= sum y^2 / t, so that Q is below the target at this upper end
    high = np.where(above > 0, 1.0001 * studies.sum(studies.y**2) / target, 0.0)
    return solve(_step, studies, target, zero, high, np.minimum(np.maximum(first, zero), high))


def _step(studies: Studies, tau2: Array, target: Array) -> tuple[Array, Array]:
    """Newton on 1/Q, which is a straight line when the variances are equal (dQ/dtau2 = -sum w^2 (y - mean)^2)."""
    at = weigh_at(studies, tau2)
    weighted = at.w * at.residual
    q = at.sum(weighted * at.residual)
    slope = at.sum(weighted * weighted)
    return q - target, (q / target - 1.0) * q / np.where(slope > 0, slope, 1.0)
