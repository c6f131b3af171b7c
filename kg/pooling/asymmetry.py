"""Tests for asymmetry of a funnel plot: whether small studies show other effects than large ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.errors import InputRefused, NotPoolable
from kg.pooling.columns import Array, Column, labels, refuse_where, table
from kg.pooling.fit import known
from kg.pooling.given import given
from kg.pooling.measures import escalc
from kg.pooling.regression import Regression, regress
from kg.pooling.result import Result
from kg.pooling.special import ndtr

PREDICTORS = ("sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv")
TOWARDS_ZERO = ("sei", "vi", "ninv", "sqrtninv")  # predictors that are 0 for an infinitely large study
LARGEST_EXACT = 170  # beyond, the counts of the exact distribution overflow in R, which then takes the normal one


@dataclass(frozen=True)
class RegressionTest(Result):
    """Test of a predictor of study size; ``limit_est`` is the effect of an infinitely large study, where defined."""

    name: str
    predictor: str
    stat: float
    df: float | None
    pval: float
    beta: tuple[float, ...]
    se: tuple[float, ...]
    tau2: float
    limit_est: float | None
    limit_ci_lb: float | None
    limit_ci_ub: float | None

    @classmethod
    def of(cls, name: str, predictor: str, fit: Regression) -> RegressionTest:
        """Read the test from a regression on one predictor."""
        stat, pval = fit.stat[1], fit.pval[1]
        assert stat is not None and pval is not None
        limit = predictor in TOWARDS_ZERO
        return cls(
            name=name,
            predictor=predictor,
            stat=stat,
            df=fit.df[1],
            pval=pval,
            beta=fit.beta,
            se=fit.se,
            tau2=fit.tau2,
            limit_est=fit.beta[0] if limit else None,
            limit_ci_lb=fit.ci_lb[0] if limit else None,
            limit_ci_ub=fit.ci_ub[0] if limit else None,
        )


def regression_test(
    yi: Column,
    vi: Column,
    *,
    model: str = "rma",
    predictor: str = "sei",
    ni: Column | None = None,
    method: str = "REML",
    test: str = "z",
    level: float = 95.0,
    study: Sequence[object] | None = None,
) -> RegressionTest:
    """Regress effects on a measure of study size (Egger et al. 1997; Sterne & Egger 2005).

    ``model`` lm is the classical test, weighted least squares with multiplicative dispersion; rma is a mixed-effects
    meta-regression by ``method`` and ``test``. ``predictor``: sei, vi, or with sample sizes ``ni`` also ni, ninv,
    sqrtni, sqrtninv.
    """
    y, v, names = given(yi, vi, study, least=3, what="a regression test")
    known("model", model, ("lm", "rma"))
    known("predictor", predictor, PREDICTORS)
    if predictor in ("sei", "vi"):
        x = np.sqrt(v) if predictor == "sei" else v
    elif ni is None:
        raise InputRefused(f"predictor {predictor} needs ni, the sample size of every study")
    else:
        n = table({"yi": y, "ni": ni}, names)["ni"]
        refuse_where(np.isnan(n), "ni", n, names, "it is missing; fill it in or leave the study out")
        x = n ** {"ni": 1.0, "ninv": -1.0, "sqrtni": 0.5, "sqrtninv": -0.5}[predictor]
    how, dispersion = (method, test) if model == "rma" else ("EE", "knha")
    fit = regress(y, v, {predictor: x}, method=how, test=dispersion, level=level, study=names or None)
    return RegressionTest.of("Egger", predictor, fit)


def harbord(
    ai: Column, bi: Column, ci: Column, di: Column, *, level: float = 95.0, study: Sequence[object] | None = None
) -> RegressionTest:
    """Regress the efficient score of a log odds ratio on its standard error (Harbord, Egger & Sterne 2006)."""
    a, b, c, d, names = _tables(ai, bi, ci, di, study)
    n1, n2, events, n = a + b, c + d, a + c, a + b + c + d
    information = n1 * n2 * events * (n - events) / (n * n * (n - 1))
    remedy = "no events, or nothing but events, in both groups; leave the study out"
    refuse_where(information <= 0, "ai", a, names, remedy)
    score = a - n1 * events / n
    x = 1 / np.sqrt(information)
    fit = regress(score / information, 1 / information, {"sei": x}, method="EE", test="knha", level=level, study=study)
    return RegressionTest.of("Harbord", "sei", fit)


def peters(
    ai: Column, bi: Column, ci: Column, di: Column, *, level: float = 95.0, study: Sequence[object] | None = None
) -> RegressionTest:
    """Regress log odds ratios on the inverse sample size, weighted by events and non-events (Peters et al. 2006)."""
    a, b, c, d, names = _tables(ai, bi, ci, di, study)
    effects = escalc("OR", ai=a, bi=b, ci=c, di=d, study=names or None)
    if effects.why_not:
        row = min(effects.why_not)
        raise NotPoolable(f"study {effects.labels[row]}: {effects.why_not[row]}; leave it out")
    variance = 1 / (a + c) + 1 / (b + d)
    x = 1 / (a + b + c + d)
    fit = regress(effects.yi, variance, {"ninv": x}, method="EE", test="knha", level=level, study=names or None)
    return RegressionTest.of("Peters", "ninv", fit)


def _tables(
    ai: Column, bi: Column, ci: Column, di: Column, study: Sequence[object] | None
) -> tuple[Array, Array, Array, Array, tuple[str, ...]]:
    names = labels(study)
    columns = table({"ai": ai, "bi": bi, "ci": ci, "di": di}, names)
    for field, column in columns.items():
        refuse_where(np.isnan(column), field, column, names, "it is missing; fill it in or leave the study out")
    return columns["ai"], columns["bi"], columns["ci"], columns["di"], names


@dataclass(frozen=True)
class RankTest(Result):
    """Kendall's tau of standardised effects and variances; ``exact`` where its exact distribution gave the p-value."""

    tau: float
    pval: float
    exact: bool


def rank_test(yi: Column, vi: Column, *, study: Sequence[object] | None = None) -> RankTest:
    """Correlate effects, standardised around the common effect, with their variances (Begg & Mazumdar 1994).

    The p-value is exact for up to 170 studies without ties, else normal with the variance corrected for ties.
    """
    from scipy.stats import kendalltau  # noqa: PLC0415  (scipy.stats takes most of a second to load)

    y, v, _ = given(yi, vi, study, least=3, what="a rank test")
    if np.ptp(v) == 0:
        raise NotPoolable("all variances are equal, so there is no small study; the rank test does not apply")
    total = math.fsum(1 / v)
    standard = (y - math.fsum(y / v) / total) / np.sqrt(v - 1 / total)
    if np.ptp(standard) == 0:
        raise NotPoolable("all effects are equal, so there is nothing to rank")
    tau = float(kendalltau(standard, v, method="asymptotic").statistic)
    ties = [np.unique(column, return_counts=True)[1].astype(np.float64) for column in (standard, v)]
    if y.size <= LARGEST_EXACT and all((t == 1).all() for t in ties):
        return RankTest(tau, _kendall_p(tau, y.size), exact=True)
    return RankTest(tau, _normal_p(tau, y.size, ties[0], ties[1]), exact=False)


def _kendall_p(tau: float, n: int) -> float:
    """Return the two-sided p-value from the numbers of inversions of all permutations."""
    share = np.ones(1)
    for i in range(2, n + 1):
        wide = np.concatenate([share, np.zeros(i - 1)])
        summed = np.cumsum(wide)
        share = (summed - np.concatenate([np.zeros(i), summed[:-i]])) / i
    concordant = round((tau + 1) * n * (n - 1) / 4)
    below, above = math.fsum(share[: concordant + 1]), math.fsum(share[concordant:])
    return min(1.0, 2 * min(below, above))


def _normal_p(tau: float, n: int, x: Array, y: Array) -> float:
    pairs = n * (n - 1) / 2
    s = tau * math.sqrt((pairs - float((x * (x - 1)).sum()) / 2) * (pairs - float((y * (y - 1)).sum()) / 2))
    whole = n * (n - 1) * (2 * n + 5) - float((x * (x - 1) * (2 * x + 5)).sum() + (y * (y - 1) * (2 * y + 5)).sum())
    two = float((x * (x - 1)).sum() * (y * (y - 1)).sum())
    three = float((x * (x - 1) * (x - 2)).sum() * (y * (y - 1) * (y - 2)).sum())
    variance = whole / 18 + two / (2 * n * (n - 1)) + three / (9 * n * (n - 1) * (n - 2))
    return float(2 * ndtr(-abs(s) / math.sqrt(variance)))
