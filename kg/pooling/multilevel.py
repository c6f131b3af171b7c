"""Multilevel and multivariate models: nested random effects, correlated outcomes, correlated sampling errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from kg.errors import InputRefused, NotPoolable
from kg.pooling.columns import Array, Column, numbers, refuse_where
from kg.pooling.design import Moderators, design
from kg.pooling.fit import known
from kg.pooling.mixed import Blocks, evaluate
from kg.pooling.quantiles import chi2_tail
from kg.pooling.random_effects import Labels, Structure, maximised, stacked
from kg.pooling.result import Result
from kg.pooling.studies import Ints
from kg.pooling.wald import omnibus, wald


@dataclass(frozen=True)
class Multilevel(Result):
    """A fitted multilevel model; ``sigma2`` from the outer grouping to the inner, ``tau2`` and ``rho`` by level."""

    k: int
    p: int
    names: tuple[str, ...]
    beta: Array
    se: Array
    stat: Array
    df: float | None
    pval: Array
    ci_lb: Array
    ci_ub: Array
    vb: Array
    sigma2: tuple[float, ...]
    tau2: tuple[float, ...]
    rho: tuple[float, ...]
    Q: float
    Q_df: int
    Q_p: float | None
    QM: float
    QM_df: tuple[int, float | None]
    QM_p: float
    ll: float
    method: str
    test: str
    level: float
    _blocks: list[Blocks] = field(repr=False, compare=False)
    _theta: Array = field(repr=False, compare=False)
    _unit: float = field(repr=False, compare=False)
    _order: Ints = field(repr=False, compare=False)

    @property
    def ll_reml(self) -> float | None:
        """The restricted log-likelihood, where that was maximised."""
        return self.ll if self.method == "REML" else None


def multilevel(
    yi: Column,
    V: ArrayLike,
    mods: Moderators | None = None,
    *,
    nested: Sequence[Labels] = (),
    inner: Labels | None = None,
    outer: Labels | None = None,
    intercept: bool = True,
    factors: Sequence[str] = (),
    method: str = "REML",
    test: str = "z",
    level: float = 95.0,
    study: Sequence[str] = (),
) -> Multilevel:
    """Fit yi = X beta + random effects + error by (restricted) maximum likelihood.

    ``V`` is (k,) variances or a (k, k) covariance matrix of the sampling errors. ``nested`` holds label columns from
    the outer grouping to the inner (effects in schools in districts). ``inner`` within ``outer`` adds random effects
    with a variance for each level of ``inner`` and a correlation for each pair (structure UN: outcomes in trials).
    Konstantopoulos 2011; Berkey et al. 1998. Raises NotPoolable for input that cannot be fitted, NotConverged where
    the maximum was not reached.
    """
    known("method", method, ("REML", "ML"))
    known("test", test, ("z", "t"))
    y, S = checked(yi, V, study)
    X = design(mods, y.size, intercept=intercept, factors=factors, study=study)
    k, p = X.X.shape
    if k <= p:
        raise NotPoolable(f"{k} effects for {p} coefficients; more effects or fewer moderators are needed")
    unit = float(
        2.0 ** round(math.log2(float(np.mean(S if S.ndim == 1 else np.diagonal(S)))) / 2)
    )  # a power of two: scaling loses no digit
    structure = Structure.of(k, nested, inner, outer)
    order = np.lexsort((*X.X.T, y, S if S.ndim == 1 else np.diagonal(S)))
    blocks = stacked(
        y[order] / unit,
        X.X[order],
        (S[order] if S.ndim == 1 else S[np.ix_(order, order)]) / unit**2,
        structure.sorted(order),
    )
    fixed = evaluate(blocks, np.zeros(structure.size), reml=False)
    if fixed is None:
        raise NotPoolable("V is not positive definite; check the correlations it was built from")
    theta, fit = maximised(blocks, structure, reml=method == "REML")
    beta, vb = fit.beta * unit, fit.vb * unit**2
    se, df = np.sqrt(np.diagonal(vb)), k - p if test == "t" else None
    sigma2, tau2, rho = structure.named(theta * unit**2)
    return Multilevel(
        k=k,
        p=p,
        names=X.names,
        beta=beta,
        se=se,
        df=df,
        **wald(beta, se, df, level)._asdict(),
        vb=vb,
        sigma2=sigma2,
        tau2=tau2,
        rho=rho,
        Q=fixed.quadratic,
        Q_df=k - p,
        Q_p=chi2_tail(fixed.quadratic, k - p),
        **omnibus(beta, vb, X.tested, df)._asdict(),
        ll=fit.value - (k - p if method == "REML" else k) * math.log(unit),
        method=method,
        test=test,
        level=level,
        _blocks=blocks,
        _theta=theta,
        _unit=unit,
        _order=order,
    )


def checked(yi: Column, V: ArrayLike, study: Sequence[str]) -> tuple[Array, Array]:
    """Return finite effects and the variances (k,), or symmetric covariance (k, k), of their sampling errors."""
    y = numbers("yi", yi, study)
    try:
        S = np.asarray(V, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputRefused(f"V is no array of numbers: {error}") from error
    if S.shape not in ((y.size,), (y.size, y.size)):
        raise InputRefused(f"V has shape {S.shape} for {y.size} effects; give (k,) variances or a (k, k) covariance")
    diagonal = S if S.ndim == 1 else np.diagonal(S)
    refuse_where(np.isnan(y), "yi", y, study, "it is missing; fill it in or leave the study out")
    bad = ~(np.isfinite(S if S.ndim == 1 else S.sum(axis=1)) & (diagonal > 0))
    refuse_where(
        bad, "V", diagonal, study, "variances must be finite and above zero; correct the study or leave it out"
    )
    if S.ndim == 2 and not np.allclose(S, S.T, rtol=1e-9, atol=0):
        raise NotPoolable("V is not symmetric; the covariance of two effects is one number")
    return y, S
