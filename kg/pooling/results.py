"""From arrays over analyses to one result an analysis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from kg.pooling.columns import Array
from kg.pooling.effects import Effects
from kg.pooling.fit import Fits, Model
from kg.pooling.measures import frozen
from kg.pooling.pooled import Pooled


def results(
    fits: Fits, how: Model, effects: Sequence[Effects], weights: Sequence[Array], tau2_ci: Array | None
) -> Iterator[Pooled]:
    """One result an analysis, in order; ``tau2_ci`` (n, 3) has estimate, lower and upper."""
    het = fits.het
    numbers = (
        fits.beta, fits.se, fits.stat, fits.df, fits.pval, fits.ci_lb, fits.ci_ub, fits.s2w, fits.tau2, fits.se_tau2,
        het.Q, het.Q_df, het.Q_p, het.I2, het.H2, het.I2_Q, het.H2_Q, fits.pi_lb, fits.pi_ub, fits.pi_df, fits.ll_ml,
        fits.ll_reml, fits.k,
    )  # fmt: skip
    columns = [column.tolist() for column in numbers]
    intervals = [None] * len(effects) if tau2_ci is None else [(a, b, c) for a, b, c in tau2_ci.tolist()]
    for row, of, share, interval in zip(zip(*columns, strict=True), effects, weights, intervals, strict=True):
        (beta, se, stat, df, pval, ci_lb, ci_ub, s2w, tau2, se_tau2, q, q_df, q_p, i2, h2, i2_q, h2_q,
         pi_lb, pi_ub, pi_df, ll_ml, ll_reml, k) = row  # fmt: skip
        stat, df, pval = defined(stat), defined(df), defined(pval)
        aic, bic = information_criteria(how.method, ll_ml, ll_reml, k)
        yield Pooled(
            k=k, beta=(beta,), se=(se,), stat=(stat,), df=(df,), pval=(pval,), ci_lb=(ci_lb,), ci_ub=(ci_ub,),
            tau2=tau2, se_tau2=defined(se_tau2), tau2_ci=interval, I2=i2, H2=h2, I2_Q=i2_q, H2_Q=h2_q,
            Q=q, Q_df=int(q_df), Q_p=q_p, QM=None if stat is None else stat * stat, QM_df=(1, df),
            QM_p=None if stat is None else pval, pi_lb=defined(pi_lb), pi_ub=defined(pi_ub), pi_df=defined(pi_df),
            weights=frozen(share), yi=of.yi, vi=of.vi, study=of.study, why_not=of.why_not, measure=of.measure,
            method=how.method, test=how.test, level=how.level, s2w=s2w, ll_ml=ll_ml, ll_reml=ll_reml, aic=aic, bic=bic,
        )  # fmt: skip


def defined(x: float) -> float | None:
    """The number, or None where it is nan or infinite."""
    return x if math.isfinite(x) else None


def information_criteria(method: str, ll_ml: float, ll_reml: float, k: int) -> tuple[float | None, float | None]:
    """AIC and BIC of the restricted likelihood under REML, of the likelihood otherwise; None where k is too small."""
    parameters = 1 if method in {"EE", "MH", "PETO"} else 2
    ll, n = (ll_reml, k - 1) if method == "REML" else (ll_ml, k)
    return -2 * ll + 2 * parameters, -2 * ll + parameters * math.log(n) if n > 0 else None
