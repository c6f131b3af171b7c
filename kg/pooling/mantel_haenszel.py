"""Mantel-Haenszel and Peto estimates: a pooled effect, its variance, and the weight of each stratum."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Array
from kg.pooling.measure import Table
from kg.pooling.two_by_two import everybody, observed_minus_expected


@dataclass(frozen=True)
class Estimate:
    """A pooled effect on the analysis scale, its variance, and the weights of the strata, (k,)."""

    effect: float
    variance: float
    weights: Array


def odds_ratio(t: Table) -> Estimate:
    """Log of sum(ad/N) / sum(bc/N), variance of Robins, Breslow & Greenland (1986)."""
    n = t["ai"] + t["bi"] + t["ci"] + t["di"]
    p, q = (t["ai"] + t["di"]) / n, (t["bi"] + t["ci"]) / n
    r_i, s_i = t["ai"] / n * t["di"], t["bi"] / n * t["ci"]
    r, s = _both("no table has events and non-events on both sides", np.sum(r_i), np.sum(s_i))
    variance = np.sum(p * r_i) / r**2 + np.sum(p * s_i + q * r_i) / (r * s) + np.sum(q * s_i) / s**2
    return Estimate(math.log(r / s), float(variance) / 2, s_i)


def risk_ratio(t: Table) -> Estimate:
    """Log of sum(a n2/N) / sum(c n1/N), variance of Greenland & Robins (1985)."""
    n1, n2 = t["ai"] + t["bi"], t["ci"] + t["di"]
    n = n1 + n2
    s_i = t["ci"] * (n1 / n)
    r, s = _both("a group has no event in any study", np.sum(t["ai"] * (n2 / n)), np.sum(s_i))
    spread = np.sum(n1 / n * (n2 / n) * (t["ai"] + t["ci"]) - t["ai"] / n * t["ci"])
    return Estimate(math.log(r / s), float(spread) / (r * s), s_i)


def risk_ratio_of_revman(t: Table) -> Estimate:
    """Mean of the risk ratios weighted by c n1/N, each of them 1 where everybody had the event.

    The variance is that of ``risk_ratio``. Without such tables it is ``risk_ratio``; with them, RevMan's weights are
    these to every digit that it shows.
    """
    n1, n2 = t["ai"] + t["bi"], t["ci"] + t["di"]
    n = n1 + n2
    s_i = t["ci"] * (n1 / n)
    r_i = np.where(everybody(t), s_i, t["ai"] * (n2 / n))
    r, s = _both("a group has no event in any study", np.sum(r_i), np.sum(s_i))
    spread = np.sum(n1 / n * (n2 / n) * (t["ai"] + t["ci"]) - t["ai"] / n * t["ci"])
    return Estimate(math.log(r / s), float(spread) / (r * s), s_i)


def risk_difference(t: Table) -> Estimate:
    """Sum(a n2/N - c n1/N) / sum(n1 n2/N), variance of Sato, Greenland & Robins (1989)."""
    a, c, n1, n2 = t["ai"], t["ci"], t["ai"] + t["bi"], t["ci"] + t["di"]
    n = n1 + n2
    w = n1 * (n2 / n)
    total = float(np.sum(w))
    effect = float(np.sum(a * (n2 / n) - c * (n1 / n))) / total
    p = np.sum(c * (n1 / n) ** 2 - a * (n2 / n) ** 2 + n1 / n * (n2 / n) * (n2 - n1) / 2)
    q = np.sum(a * (n2 - c) / n + c * (n1 - a) / n) / 2
    return Estimate(effect, max(0.0, float(effect * p + q)) / total**2, w)


def risk_difference_of_meta(t: Table) -> Estimate:
    """Mean of the risk differences weighted by n1 n2/N, variance of Greenland & Robins (1985), as in R meta.

    What was ``added`` to zero cells counts in weights and variance, not in the risk differences.
    """
    a, b, c, d = t["ai"], t["bi"], t["ci"], t["di"]
    n1, n2 = a + b, c + d
    added = t.get("added", np.zeros(a.size))
    gap = (a - added) / (n1 - 2 * added) - (c - added) / (n2 - 2 * added)
    w = n1 * (n2 / (n1 + n2))
    total = float(np.sum(w))
    variance = float(np.sum(w**2 * (a * b / n1**3 + c * d / n2**3))) / total**2
    return Estimate(float(np.sum(w * gap)) / total, variance, w)


def rate_ratio(t: Table) -> Estimate:
    """Log of sum(x1 t2/T) / sum(x2 t1/T), variance of Greenland & Robins (1985)."""
    time = t["t1i"] + t["t2i"]
    s_i = t["x2i"] * (t["t1i"] / time)
    r, s = _both("a group has no event in any study", np.sum(t["x1i"] * (t["t2i"] / time)), np.sum(s_i))
    spread = np.sum(t["t1i"] / time * (t["t2i"] / time) * (t["x1i"] + t["x2i"]))
    return Estimate(math.log(r / s), float(spread) / (r * s), s_i)


def rate_difference(t: Table) -> Estimate:
    """Sum((x1 t2 - x2 t1)/T) / sum(t1 t2/T) (Rothman, Greenland & Lash 2008, ch. 15)."""
    t1, t2 = t["t1i"], t["t2i"]
    w = t1 / (t1 + t2) * t2
    total = float(np.sum(w))
    effect = float(np.sum((t["x1i"] * t2 - t["x2i"] * t1) / (t1 + t2))) / total
    return Estimate(effect, float(np.sum(w**2 * (t["x1i"] / t1**2 + t["x2i"] / t2**2))) / total**2, w)


def peto(t: Table) -> Estimate:
    """Log odds ratio sum(O - E) / sum(V), variance 1 / sum(V) (Yusuf et al. 1985)."""
    o_minus_e, v = observed_minus_expected(t)
    total = float(np.sum(v))
    if total <= 0:
        raise NotPoolable("one of the two outcomes never occurred in any table; ask for measure RD")
    return Estimate(float(np.sum(o_minus_e)) / total, 1 / total, v)


def _both(why: str, r: float, s: float) -> tuple[float, float]:
    if not (r > 0 and s > 0):
        raise NotPoolable(f"{why}, so no ratio can be pooled; ask for a difference (RD, IRD)")
    return float(r), float(s)


MANTEL_HAENSZEL: MappingProxyType[str, Callable[[Table], Estimate]] = MappingProxyType(
    {"OR": odds_ratio, "RR": risk_ratio, "RD": risk_difference, "IRR": rate_ratio, "IRD": rate_difference}
)
