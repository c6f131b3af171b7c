"""Tests across stratified tables: no effect at all, and the same odds ratio in every stratum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.measure import Table
from kg.pooling.result import Result
from kg.pooling.special import chdtrc


@dataclass(frozen=True)
class TableTests(Result):
    """Statistics and p values; None where no table informs them.

    CMH: Cochran-Mantel-Haenszel, 1 df. BD, TA: Breslow-Day, and with Tarone's correction, BD_df degrees of freedom.
    """

    CMH: float | None
    CMH_p: float | None
    BD: float | None = None
    BD_df: int | None = None
    BD_p: float | None = None
    TA: float | None = None
    TA_p: float | None = None


def odds_ratio_tests(t: Table, odds_ratio: float, *, correct: bool) -> TableTests:
    """Test 2x2 tables with a common odds ratio (Mantel & Haenszel 1959; Breslow & Day 1980; Tarone 1985).

    ``correct`` subtracts 1/2 in the CMH test. The expected cell of Breslow and Day is the root of the quadratic in
    which the table with these margins has the common odds ratio.
    """
    n1, n2 = t["ai"] + t["bi"], t["ci"] + t["di"]
    events, others, n = t["ai"] + t["ci"], t["bi"] + t["di"], n1 + n2
    cmh = _one_df(t["ai"] - events * n1 / n, n1 / n * (n2 / n) * events * others / (n - 1), correct=correct)
    expected = _cell_with(odds_ratio, n1, n2, events)
    informative = (expected > 0) & (events > 0) & (others > 0)
    if not informative.any():
        return TableTests(*cmh)
    a, e, n1, n2, events = (x[informative] for x in (t["ai"], expected, n1, n2, events))
    variance = 1 / (1 / e + 1 / (n1 - e) + 1 / (events - e) + 1 / (n2 - events + e))
    gap = a - e
    bd = float(np.sum(gap**2 / variance))
    ta = max(0.0, bd - float(np.sum(gap) ** 2 / np.sum(variance)))
    df = a.size - 1
    p = [float(chdtrc(df, x)) if df else None for x in (bd, ta)]
    return TableTests(*cmh, BD=bd, BD_df=df, BD_p=p[0], TA=ta, TA_p=p[1])


def _cell_with(odds_ratio: float, n1: Array, n2: Array, events: Array) -> Array:
    """Return the expected events of group 1 in tables with given margins and odds ratio.

    The root of (OR - 1) x^2 - A x + OR n1 m = 0, A = OR (n1 + m) + n2 - m, in the form that is stable near OR = 1.
    """
    a = odds_ratio * (n1 + events) + (n2 - events)
    product = odds_ratio * n1 * events
    return 2 * product / (a + np.sqrt(a * a - 4 * (odds_ratio - 1) * product))


def rate_ratio_tests(t: Table, *, correct: bool) -> TableTests:
    """Mantel-Haenszel test of person-time tables (Rothman, Greenland & Lash 2008, ch. 15)."""
    time = t["t1i"] + t["t2i"]
    share = t["t1i"] / time
    events = t["x1i"] + t["x2i"]
    return TableTests(*_one_df(t["x1i"] - events * share, events * share * (1 - share), correct=correct))


def _one_df(gap: Array, variance: Array, *, correct: bool) -> tuple[float | None, float | None]:
    total = float(np.sum(variance))
    if total <= 0:
        return None, None
    statistic = (abs(float(np.sum(gap))) - (0.5 if correct else 0.0)) ** 2 / total
    return statistic, float(chdtrc(1, statistic))
