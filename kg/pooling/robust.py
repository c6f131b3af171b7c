"""Cluster-robust standard errors of meta-regressions and multilevel models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg.errors import NotPoolable
from kg.pooling.columns import Array
from kg.pooling.fit import known
from kg.pooling.multilevel import Multilevel
from kg.pooling.random_effects import coded
from kg.pooling.regression import Regression
from kg.pooling.result import Result
from kg.pooling.studies import Ints
from kg.pooling.wald import wald


@dataclass(frozen=True, eq=False)
class Robust(Result):
    """Coefficients with robust standard errors; t tests with one df a coefficient (Satterthwaite's under CR2)."""

    type: str
    clusters: int
    names: tuple[str, ...]
    beta: Array
    se: Array
    stat: Array
    df: Array
    pval: Array
    ci_lb: Array
    ci_ub: Array
    vb: Array
    level: float


@dataclass(frozen=True)
class _Cluster:
    """One cluster's residuals, design and working covariance."""

    residual: Array
    X: Array
    M: Array


def robust(
    fit: Regression | Multilevel, cluster: Sequence[Any] | NDArray[Any], type: str = "CR2", *, level: float = 95.0
) -> Robust:
    """Re-estimate the covariance of the coefficients from the residuals of whole clusters.

    CR1: the sandwich times n / (n - p) for n clusters, n - p degrees of freedom (Hedges, Tipton & Johnson 2010).
    CR2: bias-reduced, with Satterthwaite degrees of freedom (Tipton 2015; Pustejovsky & Tipton 2018).
    ``cluster`` labels the effects the model used. Raises NotPoolable where a cluster cuts through correlated effects.
    """
    known("type", type, ("CR1", "CR2"))
    clusters, beta = _clusters(fit, coded(fit.k, "cluster", cluster)), np.asarray(fit.beta)
    n, p = len(clusters), beta.size
    if n <= p:
        raise NotPoolable(f"{n} clusters for {p} coefficients; robust errors need more clusters than coefficients")
    WX = [np.linalg.solve(c.M, c.X) for c in clusters]
    vb = np.linalg.inv(sum(c.X.T @ w for c, w in zip(clusters, WX, strict=True)))
    if type == "CR1":
        scores = np.array([w.T @ c.residual for c, w in zip(clusters, WX, strict=True)])
        covariance, df = n / (n - p) * vb @ (scores.T @ scores) @ vb, np.full(p, float(n - p))
    else:
        adjusted = [_adjusted(c, vb) @ w @ vb for c, w in zip(clusters, WX, strict=True)]
        scores = np.array([g.T @ c.residual for c, g in zip(clusters, adjusted, strict=True)])
        covariance, df = scores.T @ scores, _satterthwaite(clusters, adjusted, vb)
    se = np.sqrt(np.diagonal(covariance))
    return Robust(
        type=type,
        clusters=n,
        names=fit.names,
        beta=beta,
        se=se,
        df=df,
        **wald(beta, se, df, level)._asdict(),
        vb=covariance,
        level=level,
    )


def _clusters(fit: Regression | Multilevel, code: Ints) -> list[_Cluster]:
    """Return the parts of the model by cluster; each holds whole blocks of correlated effects."""
    code = code[np.argsort(np.argsort(fit._order))]
    members = [np.flatnonzero(code == c) for c in range(int(code.max()) + 1)]
    if isinstance(fit, Regression):
        used = fit._fit
        variance = used.rows.v + used.tau2
        return [_Cluster(used.residual[m], used.rows.X[m], np.diag(variance[m])) for m in members]
    X, residual = np.empty((fit.k, fit.p)), np.empty(fit.k)
    M = [np.zeros((m.size, m.size)) for m in members]
    for part in fit._blocks:
        X[part.rows], residual[part.rows] = part.X, part.y * fit._unit - part.X @ fit.beta
        for rows, block in zip(part.rows, part.covariance(fit._theta), strict=True):
            if np.ptp(code[rows]) > 0:
                raise NotPoolable("a cluster cuts through effects that the model correlates; use the outer grouping")
            at = np.searchsorted(members[code[rows[0]]], rows)
            M[code[rows[0]]][np.ix_(at, at)] = block * fit._unit**2
    return [_Cluster(residual[m], X[m], own) for m, own in zip(members, M, strict=True)]


def _adjusted(c: _Cluster, vb: Array) -> Array:
    """Return the transpose of the CR2 adjustment D' (D (M - X vb X') D')^(-1/2) D, D'D = M."""
    D = np.linalg.cholesky(c.M).T
    size, axes = np.linalg.eigh(D @ (c.M - c.X @ vb @ c.X.T) @ D.T)
    root = np.where(size > 1e-12 * size.max(), 1 / np.sqrt(np.maximum(size, np.finfo(float).tiny)), 0.0)
    return np.asarray(D.T @ (axes * root) @ axes.T @ D)


def _satterthwaite(clusters: Sequence[_Cluster], adjusted: Sequence[Array], vb: Array) -> Array:
    """Return (sum of eigenvalues)^2 / sum of squares of the quadratic form that each robust variance is."""
    df = []
    for j in range(vb.shape[0]):
        own = [float(g[:, j] @ c.M @ g[:, j]) for c, g in zip(clusters, adjusted, strict=True)]
        shared = np.array([c.X.T @ g[:, j] for c, g in zip(clusters, adjusted, strict=True)])
        form = np.diag(own) - shared @ vb @ shared.T
        df.append(np.trace(form) ** 2 / (form**2).sum())
    return np.array(df)
