"""A fitted meta-regression, before it is dressed as a result: what diagnostics refit many times."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kg.pooling.columns import Array
from kg.pooling.fit import Model
from kg.pooling.regression_tau2 import tau2_of
from kg.pooling.weighted_fit import Rows, WeightedFit


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients with their covariance; ``at`` is the fit with inverse-variance weights at tau2.

    s2w is the factor of Knapp & Hartung on the covariance, df the degrees of freedom of tests (None: normal).
    """

    rows: Rows
    tau2: float
    at: WeightedFit
    beta: Array
    residual: Array
    hat: Array
    vb: Array
    s2w: float
    df: float | None


def fit_rows(rows: Rows, how: Model, weights: Array | None = None) -> Fit:
    """Fit by the model's method and test; ``weights`` replace the inverse-variance weights of the coefficients."""
    tau2 = tau2_of(how.method, rows, weights)
    at = rows.at(tau2)
    used = at if weights is None else rows.weighted(weights)
    s2w = 1.0
    if how.test in ("knha", "adhoc"):
        s2w = math.fsum(at.w * used.residual**2) / rows.df
        s2w = max(1.0, s2w) if how.test == "adhoc" else s2w
    vb = s2w * (used.unscaled if weights is None else used.sandwich(rows.v + tau2))
    return Fit(rows, tau2, at, used.beta, used.residual, used.hat, vb, s2w, None if how.test == "z" else float(rows.df))
