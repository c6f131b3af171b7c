"""Influence of single studies on a meta-analysis or meta-regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Array, Mask
from kg.pooling.fit import Model
from kg.pooling.regression import Regression
from kg.pooling.regression_fit import fit_rows
from kg.pooling.result import Result, plain
from kg.pooling.special import chdtr
from kg.pooling.weighted_fit import Rows

NOTHING = 100 * np.finfo(float).eps  # a residual this small is 0 up to rounding, as in metafor


@dataclass(frozen=True, eq=False)
class Influence(Result):
    """Diagnostics of each study used, in the caller's order; None where the model cannot be fitted without it.

    resid, rstandard: residual and its standardised form. rstudent: the residual from the fit without the study.
    dffits, cook_d, dfbs (k, p): how far the fitted value, all coefficients, each coefficient move, in standard errors.
    cov_r: ratio of the determinants of their covariance, without to with. tau2_del, QE_del: without the study.
    flagged: |dffits| > 3 sqrt(p / (k - p)), or Cook's distance beyond the median of chi-squared, or hat > 3 p / k, or
    a |dfbs| > 1 (Viechtbauer & Cheung 2010).
    """

    study: tuple[str, ...]
    rstudent: tuple[float | None, ...]
    dffits: tuple[float | None, ...]
    cook_d: tuple[float | None, ...]
    cov_r: tuple[float | None, ...]
    tau2_del: tuple[float | None, ...]
    QE_del: tuple[float | None, ...]
    hat: Array
    weight_pct: Array
    dfbs: tuple[tuple[float | None, ...], ...]
    flagged: Mask
    rstandard: Array
    resid: Array


def influence(fit: Regression) -> Influence:
    """Refit without each study in turn and compare (Viechtbauer & Cheung 2010); O(k^2 p^2)."""
    rows, how, whole = fit._fit.rows, Model(fit.method, fit.test, fit.level), fit._fit
    if fit.method == "GENQ":
        raise NotPoolable("influence diagnostics refit without weights; use another method than GENQ")
    k, p = rows.X.shape
    if k < p + 2:
        raise NotPoolable(f"influence needs {p + 2} studies or more for {p} coefficients, here {k}")
    at = np.array(fit._design.tested)
    tested = np.ix_(at, at)
    precision, size = np.linalg.inv(whole.vb[tested]), np.linalg.slogdet(whole.vb[tested])[1]
    out = {name: np.full(k, np.nan) for name in ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "QE_del")}
    dfbs = np.full((k, p), np.nan)
    for i in range(k):
        less = Rows(np.delete(rows.y, i), np.delete(rows.v, i), np.delete(rows.X, i, axis=0))
        if np.linalg.matrix_rank(less.X) < p:
            continue
        without = fit_rows(less, how)
        x, moved = rows.X[i], whole.beta - without.beta
        gap = rows.y[i] - x @ without.beta
        gap = 0.0 if abs(gap) < NOTHING else gap
        variance = x @ without.vb @ x + without.s2w * (rows.v[i] + without.tau2)
        scaled = without.s2w * np.diagonal(rows.at(without.tau2).unscaled)
        if not (variance > 0 and (scaled > 0).all()):
            continue
        out["rstudent"][i] = gap / np.sqrt(variance)
        out["dffits"][i] = x @ moved / np.sqrt(without.s2w * whole.hat[i] * (without.tau2 + rows.v[i]))
        out["cook_d"][i] = moved[at] @ precision @ moved[at]
        out["cov_r"][i] = np.exp(np.linalg.slogdet(without.vb[tested])[1] - size)
        out["tau2_del"][i], out["QE_del"][i] = without.tau2, less.at(0.0).q
        dfbs[i] = moved / np.sqrt(scaled)
    resid = np.where(np.abs(whole.residual) < NOTHING * np.median(np.abs(whole.residual)), 0.0, whole.residual)
    with np.errstate(invalid="ignore"):
        flagged = (
            (np.abs(out["dffits"]) > 3 * np.sqrt(p / (k - p)))
            | (chdtr(at.size, np.nan_to_num(out["cook_d"])) > 0.5)
            | (whole.hat > 3 * p / k)
            | (np.abs(dfbs) > 1).any(axis=1)
        )
    standard = resid / np.sqrt((rows.v + whole.tau2) * np.maximum(1 - whole.hat, np.finfo(float).tiny))
    back, labels = np.argsort(fit._order), fit.labels
    return Influence(
        study=tuple(labels[i] for i in np.sort(fit._order)),
        **{name: tuple(plain(column[back])) for name, column in out.items()},
        hat=whole.hat[back],
        weight_pct=(100 * whole.at.w / whole.at.w.sum())[back],
        dfbs=tuple(map(tuple, plain(dfbs[back]))),
        flagged=flagged[back],
        rstandard=standard[back],
        resid=resid[back],
    )
