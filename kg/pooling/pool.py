"""Pool the studies of one analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np

from kg.errors import InputRefused, NotPoolable
from kg.pooling.columns import Column, labels, table
from kg.pooling.effects import Effects
from kg.pooling.fit import Model, fit_sorted, model
from kg.pooling.measure import Options
from kg.pooling.measures import MEASURES, Columns, effects_of, escalc, tables
from kg.pooling.pooled import Pooled
from kg.pooling.results import result
from kg.pooling.stratified import STRATIFIED, Stratified, StratifiedOptions, stratified
from kg.pooling.studies import arrange, arrange_one, weigh
from kg.pooling.zero_cells import ZeroCells

AROUND_MH = "DL-MH"
"""DerSimonian-Laird with Q taken around the Mantel-Haenszel estimate, as RevMan 5 and R meta do for 2x2 tables."""


def pool(
    effects: Effects | None = None,
    /,
    *,
    measure: str = "GEN",
    method: str = "REML",
    test: str = "z",
    level: float = 95,
    pi_df: str = "test",
    tau2: float | None = None,
    tau2_ci: str | None = None,
    weights: Column | None = None,
    study: Sequence[object] | None = None,
    add: float = 0.5,
    to: str = "only0",
    drop00: bool | str | None = None,
    vtype: str = "LS",
    correct: bool = True,
    exact: bool = True,
    mh_add: float = 0.0,
    correct_cmh: bool = True,
    **columns: Unpack[Columns],
) -> Pooled:
    """Pool studies by inverse variance, Mantel-Haenszel (MH) or Peto, from ``Effects`` or from the columns of `escalc`.

    method: EE (= FE), DL, HE, HS, HSk, SJ, ML, REML, EB, PM, GENQ (with ``weights``), DL-MH, MH, PETO.
    test: z (= wald), t, knha (= hk, Hartung-Knapp), adhoc (= hk-adhoc, its factor at least 1), knha-ci, knha-iqwig.
    level in percent. pi_df, degrees of freedom of the prediction interval: test (those of the test), z, k-1, k-2.
    tau2: a value to take instead of an estimate. tau2_ci: QP (Q-profile) or PL (profile likelihood).
    drop00 is true for MH and PETO unless given. mh_add: added to all cells of tables with a zero cell inside
    Mantel-Haenszel. Studies that are not estimable are left out.

    Raises NotPoolable where nothing is left to pool, data are impossible or options exclude each other, InputRefused
    where a name is not known, NotConverged where an iteration does not settle. Cochrane Handbook 10.3, 10.4, 10.10.
    """
    tabular = method in {AROUND_MH, *STRATIFIED}
    how = model("EE" if tabular else method, test, level, pi_df, tau2_ci)
    if method != AROUND_MH:
        how = random_or_common(how)
    if method in STRATIFIED and how.test != "z":
        raise NotPoolable(f"test is {test}, but MH and PETO have test z alone; leave it out")
    if effects is not None and columns:
        raise InputRefused(f"effects and columns ({', '.join(columns)}) are given; give one of them")
    if not tabular:
        if effects is None:
            effects = escalc(
                measure,
                study=study,
                add=add,
                to=to,
                drop00=drop00 or False,
                vtype=vtype,
                correct=correct,
                exact=exact,
                **columns,
            )
        return pool_effects(effects, how, weights=weights, tau2=tau2)
    if effects is not None:
        raise InputRefused(f"method {method} pools tables, not effects; give ai, bi, ci, di or x1i, t1i, x2i, t2i")
    names = labels(study)
    chosen, counts = tables("PETO" if method == "PETO" and measure == "GEN" else measure, vtype, columns, names)
    if method == "PETO":  # the studies' own effects are Peto's too, from the tables as they are
        single, zeros = MEASURES["PETO"], ZeroCells(to="none", drop00=True)
    else:
        single, zeros = chosen, ZeroCells(add, to, True if drop00 is None else drop00)
    effects = effects_of(single, counts, zeros, Options(vtype, correct, exact), names, chosen.code)
    options = StratifiedOptions(how.level, mh_add, correct_cmh, vtype)
    common = stratified("MH" if method == AROUND_MH else method, chosen, counts, effects, options)
    return common if method != AROUND_MH else around(common, effects, replace(how, method="DL"))


def random_or_common(how: Model) -> Model:
    """Return the model, unless it asks for Hartung-Knapp without random effects, which NotPoolable refuses."""
    if how.method == "EE" and how.test not in {"z", "t"}:
        raise NotPoolable(
            f"test {how.test} estimates the spread of effects, which a common-effect method (EE, MH, PETO) takes to be "
            "none; ask for test z, or for a random-effects method such as REML"
        )
    return how


def around(common: Stratified, effects: Effects, how: Model) -> Pooled:
    """Pool by DerSimonian and Laird's random effects, with Q taken around a stratified common effect."""
    there = effects.estimable
    tau2 = 0.0
    if common.Q > common.Q_df > 0:
        studies = arrange(effects.yi[there], effects.vi[there], np.array([common.k_effects])).studies
        tau2 = (common.Q - common.Q_df) / float(weigh(studies, 1.0 / studies.v).trace_p()[0])
    p = pool_effects(effects, how, tau2=tau2)
    return replace(p, method=AROUND_MH, Q=common.Q, Q_p=common.Q_p, I2_Q=common.I2_Q, H2_Q=common.H2_Q)


def pool_effects(effects: Effects, how: Model, *, weights: Column | None = None, tau2: float | None = None) -> Pooled:
    """Pool the estimable studies of an analysis; ``weights`` belong to method GENQ, ``tau2`` replaces an estimate."""
    keep = effects.estimable
    if tau2 is not None and not 0 <= tau2 < np.inf:
        raise InputRefused(f"tau2 is {tau2}; give a number of 0 or more, or leave it out to estimate it")
    if tau2 is not None and how.method == "EE":
        raise InputRefused(f"tau2 is {tau2}, but method EE takes it to be 0; ask for a random-effects method")
    if (weights is not None) != (how.method == "GENQ"):
        raise InputRefused(f"weights and method GENQ go together; the method is {how.method}")
    a = None if weights is None else table({"weights": weights, "yi": effects.yi}, effects.study)["weights"][keep]
    yi, vi = (effects.yi[keep], effects.vi[keep]) if effects.why_not else (effects.yi, effects.vi)
    if not yi.size:
        raise nothing_to_pool(effects)
    fixed = None if tau2 is None else np.array([float(tau2)])
    fits = fit_sorted(arrange_one(yi, vi), how, a, fixed)
    return result(fits, 0, how, effects, fits.weights)


def nothing_to_pool(effects: Effects) -> NotPoolable:
    """Return the error of an analysis in which no study is estimable."""
    return NotPoolable(f"no study can be pooled (k = 0): {'; '.join(sorted(set(effects.why_not.values())))}")
