"""Effects of two groups with events counted: ai, bi events and non-events in group 1, ci, di in group 2."""

from __future__ import annotations

import numpy as np

from kg.pooling.columns import Array, Mask
from kg.pooling.measure import Measure, Options, Table, Values, averaged


def _arms(t: Table) -> tuple[Array, Array, Array, Array]:
    """Risk and size of group 1 and of group 2."""
    n1, n2 = t["ai"] + t["bi"], t["ci"] + t["di"]
    return t["ai"] / n1, n1, t["ci"] / n2, n2


def risk_ratio(t: Table, how: Options) -> Values:
    """Log risk ratio, variance 1/a - 1/n1 + 1/c - 1/n2 (Katz et al. 1978).

    vtype META treats zero cells as R meta does: what is added to a group's events is added once to its total, and
    where all had the event the variance takes the events as they are. vtype REVMAN is that of RevMan 5 and Web: a ratio
    of 1 where all had the event, else LS (found by the effects and weights that RevMan shows).
    """
    a, c = t["ai"], t["ci"]
    n1, n2 = a + t["bi"], c + t["di"]
    if how.vtype == "REVMAN":
        ratio = np.where(everybody(t), 0.0, np.log(a / n1) - np.log(c / n2))
        return ratio, 1 / a - 1 / n1 + 1 / c - 1 / n2
    if how.vtype != "META":
        return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2
    added = t["added"]
    n1, n2 = n1 - added, n2 - added
    excess = np.where((t["bi"] == added) & (t["di"] == added), added, 0.0)
    return np.log(a / n1) - np.log(c / n2), 1 / (a - excess) - 1 / n1 + 1 / (c - excess) - 1 / n2


def everybody(t: Table) -> Mask:
    """Tell the tables in which everybody in both groups had the event, whatever was added to their cells."""
    added = t.get("added", 0.0)
    return np.asarray((t["bi"] == added) & (t["di"] == added))


def odds_ratio(t: Table, _: Options) -> Values:
    """Log odds ratio, variance 1/a + 1/b + 1/c + 1/d (Woolf 1955)."""
    a, b, c, d = t["ai"], t["bi"], t["ci"], t["di"]
    return np.log(a / b) - np.log(c / d), 1 / a + 1 / b + 1 / c + 1 / d


def risk_difference(t: Table, how: Options) -> Values:
    """Risk difference, variance p1 q1 / n1 + p2 q2 / n2.

    vtype UB divides by n - 1; AV takes the risks averaged over the studies; META and REVMAN let what was added to zero
    cells into the variance only, as R meta and RevMan do.
    """
    p1, n1, p2, n2 = _arms(t)
    if how.vtype in {"META", "REVMAN"}:
        added, variance = t["added"], p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2
        return (t["ai"] - added) / (n1 - 2 * added) - (t["ci"] - added) / (n2 - 2 * added), variance
    loss = 1 if how.vtype == "UB" else 0
    q1, q2 = (averaged(p1, n1), averaged(p2, n2)) if how.vtype == "AV" else (p1, p2)
    return p1 - p2, q1 * (1 - q1) / (n1 - loss) + q2 * (1 - q2) / (n2 - loss)


def arcsine_difference(t: Table, _: Options) -> Values:
    """Difference of arcsine square root risks, variance 1 / (4 n1) + 1 / (4 n2) (Ruecker et al. 2009)."""
    p1, n1, p2, n2 = _arms(t)
    return np.arcsin(np.sqrt(p1)) - np.arcsin(np.sqrt(p2)), 1 / (4 * n1) + 1 / (4 * n2)


def peto(t: Table, _: Options) -> Values:
    """Log odds ratio by Peto's one-step method, (O - E) / V with variance 1 / V (Yusuf et al. 1985)."""
    o_minus_e, v = observed_minus_expected(t)
    return o_minus_e / v, 1 / v


def observed_minus_expected(t: Table) -> Values:
    """Events of group 1 minus their hypergeometric expectation, and the hypergeometric variance."""
    _, n1, _, n2 = _arms(t)
    n, events, others = n1 + n2, t["ai"] + t["ci"], t["bi"] + t["di"]
    return t["ai"] - events * n1 / n, events * others * (n1 / n) * (n2 / n) / (n - 1)


def phi(t: Table, _: Options) -> Values:
    """Phi coefficient, with the variance for multinomial sampling (Yule 1912)."""
    a, b, c, d = t["ai"], t["bi"], t["ci"], t["di"]
    n = a + b + c + d
    rows, columns = (a + b) / n, (a + c) / n
    row_gap, column_gap = 2 * rows - 1, 2 * columns - 1
    row_var, column_var = rows * (1 - rows), columns * (1 - columns)
    y = (a * d - b * c) / np.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    skew = y * (1 + y**2 / 2) * row_gap * column_gap / np.sqrt(row_var * column_var)
    return y, (1 - y**2 + skew - 0.75 * y**2 * (row_gap**2 / row_var + column_gap**2 / column_var)) / n


def yule_q(t: Table, _: Options) -> Values:
    """Yule's Q, (OR - 1) / (OR + 1), variance (1 - Q^2)^2 / 4 times that of the log odds ratio (Yule 1900)."""
    y = np.tanh(odds_ratio(t, _)[0] / 2)
    return y, (1 - y**2) ** 2 / 4 * odds_ratio(t, _)[1]


def yule_y(t: Table, _: Options) -> Values:
    """Yule's Y, (sqrt(OR) - 1) / (sqrt(OR) + 1) (Yule 1912)."""
    y = np.tanh(odds_ratio(t, _)[0] / 4)
    return y, (1 - y**2) ** 2 / 16 * odds_ratio(t, _)[1]


_CELLS = ("ai", "bi", "ci", "di")
TWO_BY_TWO = (
    Measure("RR", "log risk ratio", _CELLS, risk_ratio, ratio=True, vtypes=("LS", "META", "REVMAN")),
    Measure("OR", "log odds ratio", _CELLS, odds_ratio, ratio=True),
    Measure("RD", "risk difference", _CELLS, risk_difference, vtypes=("LS", "UB", "AV", "META", "REVMAN")),
    Measure("AS", "arcsine square root risk difference", _CELLS, arcsine_difference),
    Measure("PETO", "log odds ratio (Peto)", _CELLS, peto, ratio=True),
    Measure("PHI", "phi coefficient", _CELLS, phi),
    Measure("YUQ", "Yule's Q", _CELLS, yule_q),
    Measure("YUY", "Yule's Y", _CELLS, yule_y),
)
