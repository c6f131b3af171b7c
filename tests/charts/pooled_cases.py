"""Pooled studies to plot: six trials of a vaccine, pooled here so that the charts' tests need nothing else of kg."""

from __future__ import annotations

import math
from dataclasses import replace

from kg.charts import PooledStudies

TRIALS = {
    "Aronson 1948": (4, 123, 11, 139),
    "Ferguson 1949": (6, 306, 29, 303),
    "Rosenthal 1960": (3, 231, 11, 220),
    "Hart 1977": (62, 13598, 248, 12867),
    "Frimodt-Moller 1973": (33, 5069, 47, 5808),
    "Stein 1953": (180, 1541, 372, 1451),
}
"""Events and totals, vaccinated and not."""
RISKS = [(a / n1, c / n2) for a, n1, c, n2 in TRIALS.values()]


def dersimonian_laird(yi: list[float], vi: list[float]) -> tuple[float, float, float]:
    """Estimate, standard error, tau2."""
    w = [1 / v for v in vi]
    mean = sum(a * y for a, y in zip(w, yi, strict=True)) / sum(w)
    q = sum(a * (y - mean) ** 2 for a, y in zip(w, yi, strict=True))
    tau2 = max(0.0, (q - len(yi) + 1) / (sum(w) - sum(a * a for a in w) / sum(w)))
    w = [1 / (v + tau2) for v in vi]
    return sum(a * y for a, y in zip(w, yi, strict=True)) / sum(w), 1 / math.sqrt(sum(w)), tau2


def vaccine() -> PooledStudies:
    yi = [math.log(a / n1) - math.log(c / n2) for a, n1, c, n2 in TRIALS.values()]
    vi = [1 / a - 1 / n1 + 1 / c - 1 / n2 for a, n1, c, n2 in TRIALS.values()]
    estimate, se, tau2 = dersimonian_laird(yi, vi)
    w = [1 / (v + tau2) for v in vi]
    half, wide = 1.959964 * se, 1.959964 * math.sqrt(se * se + tau2)
    return PooledStudies(
        study=tuple(TRIALS),
        yi=tuple(yi),
        vi=tuple(vi),
        weights=tuple(100 * a / sum(w) for a in w),
        measure="RR",
        log=True,
        estimate=estimate,
        se=se,
        ci=(estimate - half, estimate + half),
        tau2=tau2,
        method="DL",
        prediction=(estimate - wide, estimate + wide),
    )


def without_each(pool: PooledStudies) -> list[tuple[float, float]]:
    rows = range(len(pool.yi))
    return [
        dersimonian_laird([pool.yi[j] for j in rows if j != i], [pool.vi[j] for j in rows if j != i])[:2] for i in rows
    ]


def one() -> PooledStudies:
    whole = vaccine()
    return replace(
        whole,
        study=("Alone 2001",),
        yi=(0.2,),
        vi=(0.04,),
        weights=(100.0,),
        estimate=0.2,
        se=0.2,
        ci=(-0.2, 0.6),
        tau2=0.0,
        measure="MD",
        log=False,
        prediction=None,
    )


def equal() -> PooledStudies:
    whole = vaccine()
    k = len(whole.yi)
    return replace(
        whole, yi=(0.3,) * k, vi=(0.1,) * k, weights=(100 / k,) * k, estimate=0.3, se=0.13, ci=(0.04, 0.56), tau2=0.0
    )


def extreme() -> PooledStudies:
    whole = vaccine()
    return replace(whole, yi=(-20.0, 30.0, 0.0, 1.0, 2.0, -3.0), vi=(1e-8, 400.0, 1e-6, 1.0, 0.5, 2.0))
