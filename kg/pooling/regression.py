"""Meta-regression: how effects depend on moderators."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from kg.errors import InputRefused, NotPoolable
from kg.pooling.columns import Array, Column, labels, table
from kg.pooling.design import Design, Moderators, design
from kg.pooling.fit import Model, model
from kg.pooling.heterogeneity import from_q, from_tau2
from kg.pooling.measures import frozen
from kg.pooling.pooled import Pooled
from kg.pooling.quantiles import chi2_quantile, chi2_tail
from kg.pooling.regression_fit import Fit, fit_rows
from kg.pooling.regression_tau2 import standard_error, tau2_of, tau2_where_q_is
from kg.pooling.studies import Ints
from kg.pooling.wald import omnibus, wald
from kg.pooling.weighted_fit import Rows

TESTS = ("z", "t", "knha", "adhoc")


@dataclass(frozen=True, eq=False, kw_only=True)
class Regression(Pooled):
    """A meta-regression in the words of `Pooled`; tau2, I2 and H2 are what the moderators leave.

    vb (p, p): covariance of the coefficients. fitted, hat (k,): of the studies used, in the caller's order.
    """

    vb: Array
    fitted: Array
    hat: Array
    _fit: Fit = field(repr=False)
    _order: Ints = field(repr=False)
    _design: Design = field(repr=False)


def regress(
    yi: Column,
    vi: Column,
    mods: Moderators | None = None,
    *,
    intercept: bool = True,
    factors: Sequence[str] = (),
    method: str = "REML",
    test: str = "z",
    level: float = 95.0,
    weights: Column | None = None,
    tau2_ci: str | None = None,
    study: Sequence[object] | None = None,
) -> Regression:
    """Fit yi = X beta + u + e, u ~ N(0, tau2), e ~ N(0, vi), by weighted least squares.

    ``mods`` are columns by name: numbers as they are; text, booleans and those in ``factors`` by treatment coding.
    Methods as in `pool`; test z, t, knha (Knapp & Hartung 2003; under EE a multiplicative dispersion) or adhoc;
    ``tau2_ci`` is QP. A study with a value missing is left out (``why_not``). R2 is the percentage of tau2 explained
    (Raudenbush 2009), under EE the adjusted R2 of weighted least squares.
    Raises NotPoolable where moderators are collinear or constant, or studies too few, naming the column or the study.
    """
    how = model(method, test, level, "test")
    if how.test not in TESTS:
        raise InputRefused(f"test {test!r} is not known for a regression; known are {', '.join(TESTS)}")
    if tau2_ci not in (None, "QP"):
        raise InputRefused(f"tau2_ci {tau2_ci!r} is not known for a regression; known is QP")
    if how.method == "GENQ" and weights is None:
        raise InputRefused("method GENQ needs weights; give one weight above 0 per study")
    names = labels(study)
    columns = table({"yi": yi, "vi": vi} | ({} if weights is None else {"weights": weights}), names)
    why_not = incomplete(columns, mods or {})
    kept = np.array([i for i in range(columns["yi"].size) if i not in why_not], dtype=np.intp)
    X = design(
        {name: [values[i] for i in kept] for name, values in checked_length(mods or {}, columns["yi"].size).items()},
        kept.size,
        intercept=intercept,
        factors=factors,
        study=[names[i] for i in kept] if names else (),
    )
    y, v = columns["yi"][kept], columns["vi"][kept]
    order = np.lexsort((*X.X.T, y, v))
    rows = Rows(y[order], v[order], X.X[order])
    if rows.df < 1:
        raise NotPoolable(f"{kept.size} studies for {X.X.shape[1]} coefficients; use more studies or fewer moderators")
    a = columns["weights"][kept][order] if weights is not None else None
    fit = fit_rows(rows, how, a)
    back = np.argsort(order)
    share = np.zeros(columns["yi"].size)
    share[kept] = (100 * (fit.at.w if a is None else a) / math.fsum(fit.at.w if a is None else a))[back]
    interval = None if tau2_ci is None else (fit.tau2, *q_profile(rows, how.level))
    return Regression(
        k=kept.size,
        p=X.X.shape[1],
        names=X.names,
        **of_fit(fit, how, X),
        **heterogeneity(rows, fit.tau2, how.method),
        se_tau2=standard_error(how.method, rows, fit.tau2, a),
        tau2_ci=interval,
        R2=explained(rows, X, fit.tau2, how.method, a),
        weights=frozen(share),
        yi=frozen(np.nan_to_num(columns["yi"])),
        vi=frozen(np.nan_to_num(columns["vi"])),
        study=names,
        why_not=MappingProxyType(why_not),
        measure="GEN",
        method=how.method,
        test=how.test,
        level=how.level,
        fitted=frozen((rows.X @ fit.beta)[back]),
        hat=frozen(fit.hat[back]),
        _fit=fit,
        _order=kept[order],
        _design=X,
    )


def checked_length(mods: Moderators, k: int) -> Moderators:
    """Refuse a moderator whose length is not that of the effects."""
    for name, values in mods.items():
        if len(values) != k:
            raise InputRefused(f"moderator {name} has {len(values)} values for {k} studies; give one for each")
    return mods


def incomplete(columns: Mapping[str, Array], mods: Moderators) -> dict[int, str]:
    """Return why a row is left out, by row: a missing number or a missing moderator."""
    why = {}
    for i in range(columns["yi"].size):
        absent = [name for name, column in columns.items() if np.isnan(column[i])]
        absent += [name for name, values in mods.items() if i < len(values) and values[i] is None]
        if absent:
            why[i] = f"{', '.join(absent)} missing"
    return why


def of_fit(fit: Fit, how: Model, X: Design) -> dict[str, Any]:
    """Return the coefficients with their tests, and the likelihood."""
    k, p = fit.rows.X.shape
    se = np.sqrt(np.diagonal(fit.vb))
    tests = wald(fit.beta, se, fit.df, how.level)
    ll_ml, ll_reml = (fit.at.log_likelihood(restricted=restricted) for restricted in (False, True))
    ll, n = (ll_reml, k - p) if how.method == "REML" else (ll_ml, k)
    parameters = p + (how.method != "EE")
    return {
        "beta": tuple(fit.beta.tolist()),
        "se": tuple(se.tolist()),
        "df": (fit.df,) * p,
        **{name: tuple(column.tolist()) for name, column in tests._asdict().items()},
        **omnibus(fit.beta, fit.vb, X.tested, fit.df)._asdict(),
        "vb": fit.vb,
        "s2w": fit.s2w,
        "tau2": fit.tau2,
        "ll_ml": ll_ml,
        "ll_reml": ll_reml,
        "aic": -2 * ll + 2 * parameters,
        "bic": -2 * ll + parameters * math.log(n),
    }


def heterogeneity(rows: Rows, tau2: float, method: str) -> dict[str, Any]:
    """Return the test of residual heterogeneity, and I2 and H2 in both definitions."""
    common = rows.at(0.0)
    i2_q, h2_q = (float(x) for x in from_q(np.array(common.q), np.array(rows.df)))
    i2, h2 = (float(x) for x in from_tau2(np.array(tau2), np.array(rows.df / common.trace_p)))
    if method == "EE":
        i2, h2 = i2_q, h2_q
    tail = chi2_tail(common.q, rows.df)
    return {"Q": common.q, "Q_df": rows.df, "Q_p": tail, "I2": i2, "H2": h2, "I2_Q": i2_q, "H2_Q": h2_q}


def explained(rows: Rows, X: Design, tau2: float, method: str, weights: Array | None) -> float | None:
    """Return the percentage of tau2 that the moderators explain, not below 0; None without moderators or intercept."""
    if X.names[0] != "intrcpt" or len(X.names) == 1:
        return None
    alone = Rows(rows.y, rows.v, np.ones((rows.y.size, 1)))
    if method == "EE":
        left, all_ = rows.at(0.0).q / rows.df, alone.at(0.0).q / alone.df
    else:
        left, all_ = tau2, tau2_of(method, alone, weights)
    return max(0.0, 100 * (1 - left / all_)) if all_ > 0 else 0.0


def q_profile(rows: Rows, level: float) -> tuple[float, float]:
    """Return the interval of tau2 by the Q-profile method (Viechtbauer 2007); 0, 0 where the set is empty."""
    tail = (100 - level) / 200
    low, high = (tau2_where_q_is(rows, chi2_quantile(t, rows.df)) for t in (tail, 1 - tail))
    return low, high
