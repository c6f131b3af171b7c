"""Common effects of stratified tables: Mantel-Haenszel (OR, RR, RD, IRR, IRD) and Peto.

The pooled effect uses the tables as they are, zero cells too. The rule for zero cells concerns the effects of the
single studies and, with them, Q. Cochrane Handbook 10.4.1, 10.4.2; Viechtbauer (2010), section 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from kg.errors import InputRefused, NotPoolable
from kg.pooling.columns import Array, Mask
from kg.pooling.effects import Effects
from kg.pooling.heterogeneity import from_q
from kg.pooling.mantel_haenszel import (
    MANTEL_HAENSZEL,
    Estimate,
    peto,
    risk_difference_of_meta,
    risk_ratio_of_revman,
)
from kg.pooling.measure import Measure, Table
from kg.pooling.measures import CELLS, frozen
from kg.pooling.pooled import Pooled
from kg.pooling.quantiles import normal_quantile, two_sided_p
from kg.pooling.results import information_criteria
from kg.pooling.special import chdtrc
from kg.pooling.table_tests import TableTests, odds_ratio_tests, rate_ratio_tests
from kg.pooling.tau2_likelihood import LOG_2PI
from kg.pooling.zero_cells import ZeroCells

STRATIFIED = ("MH", "PETO")


@dataclass(frozen=True)
class StratifiedOptions:
    """Choices within Mantel-Haenszel.

    ``mh_add`` goes to every cell of the tables with a zero cell (RevMan and R meta: 0.5), which then leaves out tables
    without information; ``correct_cmh`` is the continuity correction of the CMH test; ``vtype`` META: R meta's RD;
    REVMAN: RevMan's RR and RD.
    """

    level: float = 95.0
    mh_add: float = 0.0
    correct_cmh: bool = True
    vtype: str = "LS"


@dataclass(frozen=True, eq=False, kw_only=True)
class Stratified(Pooled):
    """A stratified common effect; ``k_effects`` studies had an effect of their own and went into Q."""

    k_effects: int
    tests: TableTests | None = None


def stratified(method: str, chosen: Measure, tables: Table, effects: Effects, how: StratifiedOptions) -> Stratified:
    """Pool complete tables by MH or PETO; ``effects`` are those of the single studies, for Q.

    Raises NotPoolable where no table informs the effect, and InputRefused for a measure that has no such estimate.
    """
    pooling = _estimator(method, chosen.code, how.vtype)
    there = ~np.logical_or.reduce([np.isnan(column) for column in tables.values()])
    if not there.any():
        raise NotPoolable("every table has a missing cell (k = 0); complete at least one")
    used = there & _informed(chosen.code, tables, how.mh_add)
    order = np.flatnonzero(used)[np.lexsort([column[used] for column in tables.values()])]
    ordered = {name: column[order] for name, column in tables.items()}
    if how.mh_add and method == "MH":
        ordered = ZeroCells(how.mh_add).adjusted(ordered, CELLS[chosen.columns])
    estimate = pooling(ordered)
    weights = np.zeros(there.size)
    weights[order] = 100.0 * estimate.weights / np.sum(estimate.weights)
    return _result(
        method, estimate, weights, int(there.sum()), effects, how, _tests(method, chosen.code, ordered, estimate, how)
    )


def _informed(code: str, t: Table, mh_add: float) -> Mask:
    """Return the tables that stay when something is added to their cells; without addition the others weigh 0."""
    if not mh_add or code in {"RD", "IRR", "IRD"}:
        return np.ones(next(iter(t.values())).size, dtype=bool)
    events = t["ai"] + t["ci"] > 0
    return events & (t["bi"] + t["di"] > 0) if code == "OR" else events


def _estimator(method: str, code: str, vtype: str) -> Callable[[Table], Estimate]:
    pools: Mapping[str, Callable[[Table], Estimate]] = MANTEL_HAENSZEL if method == "MH" else {"OR": peto, "PETO": peto}
    if code not in pools:
        raise InputRefused(f"method {method} does not pool measure {code}; it pools {', '.join(pools)}")
    if method == "MH" and vtype in {"META", "REVMAN"} and code == "RD":
        return risk_difference_of_meta
    return risk_ratio_of_revman if (method, code, vtype) == ("MH", "RR", "REVMAN") else pools[code]


def _tests(method: str, code: str, tables: Table, estimate: Estimate, how: StratifiedOptions) -> TableTests | None:
    if method == "PETO" or code not in {"OR", "IRR"}:
        return None
    if code == "IRR":
        return rate_ratio_tests(tables, correct=how.correct_cmh)
    return odds_ratio_tests(tables, math.exp(estimate.effect), correct=how.correct_cmh)


def q_around(effects: Effects, centre: float) -> tuple[float, int, Array]:
    """Q of the estimable effects around a pooled one, how many there are, and their variances, in summing order."""
    y, v = effects.yi[effects.estimable], effects.vi[effects.estimable]
    order = np.lexsort((y, v))
    y, v = y[order], v[order]
    return (float(np.sum((y - centre) ** 2 / v)) if y.size > 1 else 0.0), y.size, v


def _result(
    method: str,
    estimate: Estimate,
    weights: Array,
    k: int,
    effects: Effects,
    how: StratifiedOptions,
    tests: TableTests | None,
) -> Stratified:
    beta, se = estimate.effect, math.sqrt(estimate.variance)
    half = normal_quantile(how.level) * se
    stat = beta / se if se > 0 else None
    pval = None if stat is None else float(two_sided_p(np.array([stat]), np.array([np.inf]))[0])
    q, k_q, v = q_around(effects, beta)
    df = max(k_q - 1, 0)
    i2, h2 = (float(x[0]) for x in from_q(np.array([q]), np.array([float(df)])))
    ll_ml = -0.5 * (k_q * LOG_2PI + float(np.sum(np.log(v))) + q)
    ll_reml = ll_ml + 0.5 * (LOG_2PI + math.log(k_q) - math.log(float(np.sum(1 / v)))) if k_q else 0.0
    aic, bic = information_criteria(method, ll_ml, ll_reml, k_q)
    return Stratified(
        k=k, beta=(beta,), se=(se,), stat=(stat,), df=(None,), pval=(pval,), ci_lb=(beta - half,), ci_ub=(beta + half,),
        tau2=0.0, I2=i2, H2=h2, I2_Q=i2, H2_Q=h2, Q=q, Q_df=df, Q_p=float(chdtrc(df, q)) if df else 1.0,
        QM=None if stat is None else stat * stat, QM_p=pval, weights=frozen(weights), yi=effects.yi, vi=effects.vi,
        study=effects.study, why_not=effects.why_not, measure=effects.measure, method=method, test="z", level=how.level,
        ll_ml=ll_ml, ll_reml=ll_reml, aic=aic, bic=bic, k_effects=k_q, tests=tests,
    )  # fmt: skip
