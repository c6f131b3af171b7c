"""Effects and sampling variances from what papers print: an estimate with its interval, a p value, a t statistic."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.conversions.dispersion import se_from_ci, t_from_p, z_from_p
from kg.pooling.conversions.reported import number, people, positive
from kg.pooling.measure import gamma_correction

OFF_CENTRE = 0.1
"""An estimate further from the middle of its interval than this share of the width is suspicious."""


@dataclass(frozen=True)
class ReportedEffect:
    """Effect and variance on the analysis scale; ``off_centre``: the estimate is not in the middle of its interval."""

    yi: float
    vi: float
    off_centre: bool = False


def effect_from_ci(
    estimate: float, low: float, high: float, level: float = 95.0, *, ratio: bool, df: float | None = None
) -> ReportedEffect:
    """Return effect and variance from an estimate with its interval (Cochrane Handbook 6.3.1, 6.3.2).

    ``ratio``: the three are ratios, and logarithms are taken first. The standard error is the width over twice the
    normal quantile, of Student's t where ``df`` is given. Raises NotPoolable where they cannot be of one effect.
    """
    y, a, b = (_scaled(name, x, ratio=ratio) for name, x in (("estimate", estimate), ("low", low), ("high", high)))
    se = se_from_ci(a, b, level, df)
    if not a <= y <= b:
        raise NotPoolable(f"estimate {estimate:g} lies outside its interval {low:g} to {high:g}; correct one of them")
    return ReportedEffect(y, se**2, abs((a + b) / 2 - y) > OFF_CENTRE * (b - a))


def effect_from_p(estimate: float, p: float, *, ratio: bool, df: float | None = None) -> ReportedEffect:
    """Return effect and variance from an estimate and its two-sided p value: (estimate / z)^2 (Handbook 6.3.1, 6.3.2).

    Student's t where ``df`` is given. Raises NotPoolable for p of 0 or above 1, and for p = 1, which has no z.
    """
    y = _scaled("estimate", estimate, ratio=ratio)
    z = z_from_p(p) if df is None else t_from_p(p, df)
    if z == 0 or y == 0:
        raise NotPoolable(
            f"estimate {estimate:g} with p {p:g} says nothing about precision; look for an interval or SE"
        )
    return ReportedEffect(y, (y / z) ** 2)


def smd_from_t(t: float, n1: float, n2: float) -> ReportedEffect:
    """Return Hedges' g and its variance from the t statistic of two independent groups.

    d = t sqrt(1/n1 + 1/n2), g = J d, variance 1/n1 + 1/n2 + g^2 / (2 (n1 + n2)) (Rosenthal 1994; Hedges 1981).
    """
    n1, n2 = people("n1", n1), people("n2", n2)
    base = 1 / n1 + 1 / n2
    if n1 + n2 < 4:
        raise NotPoolable(f"n1 + n2 is {n1 + n2:g}; a standardised mean difference needs 4 people or more")
    correction = float(gamma_correction(np.array([n1 + n2 - 2]))[0])
    g = correction * number("t", t) * math.sqrt(base)
    return ReportedEffect(g, base + g**2 / (2 * (n1 + n2)))


def _scaled(name: str, value: float, *, ratio: bool) -> float:
    return math.log(positive(name, value)) if ratio else number(name, value)
