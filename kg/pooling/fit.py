"""Inverse-variance models of many analyses at once; every number of a result, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kg.errors import InputRefused
from kg.pooling.columns import Array
from kg.pooling.either import at_least, is_number, root, where
from kg.pooling.heterogeneity import Heterogeneity, heterogeneity
from kg.pooling.quantiles import two_sided, two_sided_p
from kg.pooling.studies import Ints, Sorted, Studies, arrange, weigh, weigh_at
from kg.pooling.tau2 import TAU2, generalised_q
from kg.pooling.tau2_error import tau2_standard_error
from kg.pooling.tau2_interval import INTERVALS, tau2_interval
from kg.pooling.tau2_likelihood import log_likelihoods

METHODS = ("EE", *TAU2, "GENQ")
METHOD_SYNONYMS = {"FE": "EE", "CE": "EE", "MP": "PM"}
TESTS = ("z", "t", "knha", "adhoc", "knha-ci", "knha-iqwig")
TEST_SYNONYMS = {
    "wald": "z",
    "hk": "knha",
    "hksj": "knha",
    "hk-adhoc": "adhoc",
    "hk-ci": "knha-ci",
    "hk-iqwig": "knha-iqwig",
}
PREDICTION_DF = ("test", "z", "k-1", "k-2")


@dataclass(frozen=True)
class Model:
    """How to pool: estimator, test, level in percent, degrees of freedom of the prediction, interval of tau2."""

    method: str = "REML"
    test: str = "z"
    level: float = 95.0
    pi_df: str = "test"
    tau2_ci: str | None = None


def model(method: str, test: str, level: float, pi_df: str, tau2_ci: str | None = None) -> Model:
    """Return a model by its names or their synonyms; InputRefused lists the known ones."""
    if not 0 < level < 100:
        raise InputRefused(f"level is {level}; give percent above 0 and below 100, as 95")
    return Model(
        known("method", METHOD_SYNONYMS.get(method, method), METHODS),
        known("test", TEST_SYNONYMS.get(test, test), TESTS),
        float(level),
        known("pi_df", pi_df, PREDICTION_DF),
        None if tau2_ci is None else known("tau2_ci", tau2_ci, INTERVALS),
    )


def known(what: str, name: str, names: tuple[str, ...]) -> str:
    """Return the name, if it is one of those known; InputRefused with the list otherwise."""
    if name not in names:
        raise InputRefused(f"{what} {name!r} is not known; known are {', '.join(names)}")
    return name


@dataclass(frozen=True, eq=False)
class Fits:
    """One number an analysis (n,), or a study (weights, total,), in the caller's order; nan where it is not defined.

    The words are those of `Pooled`. ``df`` and ``pi_df`` are infinite for the normal distribution.
    """

    k: Ints
    beta: Array
    se: Array
    stat: Array
    df: Array
    pval: Array
    ci_lb: Array
    ci_ub: Array
    s2w: Array
    tau2: Array
    se_tau2: Array
    tau2_lb: Array
    tau2_ub: Array
    het: Heterogeneity
    pi_lb: Array
    pi_ub: Array
    pi_df: Array
    ll_ml: Array
    ll_reml: Array
    weights: Array


def fit(yi: Array, vi: Array, sizes: Ints, how: Model, weights: Array | None = None) -> Fits:
    """Pool analyses laid end to end: effects and variances (total,), the number of studies of each analysis (n,)."""
    return fit_sorted(arrange(yi, vi, sizes), how, weights)


def fit_sorted(rows: Sorted, how: Model, weights: Array | None = None, fixed: Array | None = None) -> Fits:
    """Pool analyses whose studies have been put in summing order; with ``fixed``, tau2 (n,) is not estimated."""
    studies = rows.studies
    a = None if weights is None else weights[rows.order]
    estimated = _tau2(how.method, studies.batch, a) if fixed is None else fixed
    tau2 = estimated if studies.batch is studies else estimated[0]
    at = weigh_at(studies, tau2)
    given = weigh(studies, a) if a is not None else at
    wald_se = root(given.sum(given.w**2 / at.w)) / given.total if a is not None else root(1.0 / at.total)
    beta = rows.centre + given.mean
    residual = given.residual
    s2w = at.sum(at.w * residual * residual) / at_least(studies.k - 1, 1.0)
    s2w, df = _test(how, s2w, wald_se, studies)
    se = root(s2w) * wald_se
    defined = se > 0  # equal effects under Hartung-Knapp: se is 0, no statistic
    stat = where(defined, beta / where(defined, se, 1.0), np.nan)
    half = two_sided(how.level, df) * se
    pi_lb, pi_ub, pi_df = _prediction(how, beta, root(se * se + tau2), df, studies)
    share = np.empty(given.w.size)
    share[rows.order] = 100.0 * given.w / studies.spread(given.total)
    random = how.method != "EE"
    ll_ml, ll_reml = log_likelihoods(at)
    common = weigh(studies, 1.0 / studies.v)
    kind = how.tau2_ci if random else None
    tau2_lb, tau2_ub = tau2_interval(kind, common, estimated, how.method, how.level)
    return Fits(
        k=studies.sizes,
        beta=beta,
        se=se,
        stat=stat,
        df=df,
        pval=_p_value(beta, stat, df, defined),
        ci_lb=beta - half,
        ci_ub=beta + half,
        s2w=s2w,
        tau2=tau2,
        se_tau2=tau2_standard_error(how.method, at, tau2, a) if random and fixed is None else 0.0 * beta + np.nan,
        tau2_lb=tau2_lb,
        tau2_ub=tau2_ub,
        het=heterogeneity(common, tau2 if random else None),
        pi_lb=pi_lb,
        pi_ub=pi_ub,
        pi_df=pi_df,
        ll_ml=ll_ml,
        ll_reml=ll_reml,
        weights=share,
    )


def _p_value(beta: Any, stat: Any, df: Any, defined: Any) -> Any:
    """Return the p-value; without a standard error that of an infinite statistic, or none for an effect of 0."""
    limit = where(beta == 0, np.nan, np.inf)
    found = where(defined, stat, limit)
    known = is_number(found)
    return where(known, two_sided_p(where(known, found, 0.0), df), np.nan)


def _tau2(method: str, studies: Studies, weights: Array | None) -> Array:
    if method == "EE":
        return np.zeros(studies.sizes.size)
    if method == "GENQ":
        if weights is None:
            raise InputRefused("method GENQ needs weights; give one weight above 0 per study")
        return generalised_q(studies, weights)
    return TAU2[method](studies)


def _test(how: Model, s2w: Any, wald_se: Any, studies: Studies) -> tuple[Any, Any]:
    """Return the factor on the variance and the degrees of freedom (inf: normal); one study always has the normal test.

    Hartung & Knapp (2001), Sidik & Jonkman (2002); adhoc never lets the factor fall below 1 (Roever et al. 2015);
    knha-ci takes the Wald interval where that is wider (Wiksten et al. 2016; adhoc.hakn.ci = "ci" in R meta);
    knha-iqwig takes a factor of 1 where the interval is narrower than DerSimonian and Laird's (IQWiG 2020, "IQWiG6").
    """
    several, ones = studies.several, 0.0 * s2w + 1.0
    normal = ones * np.inf
    if how.test == "z":
        return ones, normal
    df = where(several, studies.k - 1, np.inf)
    if how.test == "t":
        return ones, df
    factor = where(several, at_least(s2w, 1.0) if how.test == "adhoc" else s2w, 1.0)
    if how.test in {"knha", "adhoc"}:
        return factor, df
    half, z = two_sided(how.level, df) * root(factor) * wald_se, two_sided(how.level, normal)
    if how.test == "knha-ci":
        narrower = half < z * wald_se
        return where(narrower, 1.0, factor), where(narrower, np.inf, df)
    dl = TAU2["DL"](studies.batch)
    dl_se = root(1.0 / weigh_at(studies, dl if studies.batch is studies else dl[0]).total)
    return where(half < z * dl_se, 1.0, factor), df


def _prediction(how: Model, beta: Any, sd: Any, df: Any, studies: Studies) -> tuple[Any, Any, Any]:
    """Interval for the effect of a new study (Higgins, Thompson & Spiegelhalter 2009; Riley et al. 2011)."""
    none = 0.0 * beta + np.nan
    if how.pi_df == "test":
        if how.method == "EE":
            return none, none, none
        pi_df = df
    elif how.pi_df == "z":
        pi_df = 0.0 * beta + np.inf
    else:
        left = studies.k - (1 if how.pi_df == "k-1" else 2)
        pi_df = where(left > 0, left, np.nan)
    defined = is_number(pi_df)
    half = where(defined, two_sided(how.level, where(defined, pi_df, np.inf)) * sd, np.nan)
    return beta - half, beta + half, pi_df
