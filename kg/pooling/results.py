"""From arrays over analyses to the result of one analysis."""

from __future__ import annotations

import math

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.effects import Effects
from kg.pooling.either import number
from kg.pooling.fit import Fits, Model
from kg.pooling.measures import frozen
from kg.pooling.pooled import Pooled


def result(fits: Fits, row: int, how: Model, effects: Effects, shares: Array) -> Pooled:
    """Return the result in a row of ``fits``; ``shares`` are the weights (percent) of its estimable studies."""
    het = fits.het
    k = int(fits.k[row])
    beta, se, tau2 = number(fits.beta, row), number(fits.se, row), number(fits.tau2, row)
    stat, df = defined(number(fits.stat, row)), defined(number(fits.df, row))
    pval, pi_df = defined(number(fits.pval, row)), defined(number(fits.pi_df, row))
    pi_lb, pi_ub = defined(number(fits.pi_lb, row)), defined(number(fits.pi_ub, row))
    se_tau2 = defined(number(fits.se_tau2, row))
    ll_ml, ll_reml = number(fits.ll_ml, row), number(fits.ll_reml, row)
    lower, upper = number(fits.tau2_lb, row), number(fits.tau2_ub, row)
    aic, bic = information_criteria(how.method, ll_ml, ll_reml, k)
    weights = shares
    if effects.why_not:
        weights = np.zeros(effects.yi.size)
        weights[effects.estimable] = shares
    return Pooled(
        k=k,
        beta=(beta,),
        se=(se,),
        stat=(stat,),
        df=(df,),
        pval=(pval,),
        ci_lb=(number(fits.ci_lb, row),),
        ci_ub=(number(fits.ci_ub, row),),
        tau2=tau2,
        se_tau2=se_tau2,
        tau2_ci=None if math.isnan(upper) else (tau2, lower, upper),
        I2=number(het.I2, row),
        H2=number(het.H2, row),
        I2_Q=number(het.I2_Q, row),
        H2_Q=number(het.H2_Q, row),
        Q=number(het.Q, row),
        Q_df=k - 1,
        Q_p=number(het.Q_p, row),
        QM=None if stat is None else stat * stat,
        QM_df=(1, df),
        QM_p=None if stat is None else pval,
        pi_lb=pi_lb,
        pi_ub=pi_ub,
        pi_df=pi_df,
        weights=frozen(weights),
        yi=effects.yi,
        vi=effects.vi,
        study=effects.study,
        why_not=effects.why_not,
        measure=effects.measure,
        method=how.method,
        test=how.test,
        level=how.level,
        s2w=number(fits.s2w, row),
        ll_ml=ll_ml,
        ll_reml=ll_reml,
        aic=aic,
        bic=bic,
    )


def defined(x: float) -> float | None:
    """Return the number, or None where it is nan or infinite."""
    return x if math.isfinite(x) else None


def information_criteria(method: str, ll_ml: float, ll_reml: float, k: int) -> tuple[float | None, float | None]:
    """AIC and BIC of the restricted likelihood under REML, of the likelihood otherwise; None where k is too small."""
    parameters = 1 if method in {"EE", "MH", "PETO"} else 2
    ll, n = (ll_reml, k - 1) if method == "REML" else (ll_ml, k)
    return -2 * ll + 2 * parameters, -2 * ll + parameters * math.log(n) if n > 0 else None
