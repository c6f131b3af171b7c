"""Estimators of the between-study variance tau2, by the code that the literature uses for them.

Each takes the studies of one or more analyses and gives one tau2, not below 0, an analysis. k studies, k - 1 degrees of
freedom; w are weights, S1 and S2 the sums of w and w^2, Q the weighted sum of squares around the weighted mean.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.studies import Studies, Weighted, weigh, weigh_at
from kg.pooling.tau2_likelihood import maximum_likelihood, restricted_maximum_likelihood
from kg.pooling.tau2_q import tau2_where_q_is


def _inverse_variance(studies: Studies) -> Weighted:
    return weigh(studies, 1.0 / studies.v)


def dersimonian_laird(studies: Studies) -> Array:
    """Solve Q for tau2 by its moments, (Q - (k - 1)) / (S1 - S2 / S1) with w = 1/v (DerSimonian & Laird 1986)."""
    at = _inverse_variance(studies)
    return _positive(at.q() - (studies.k - 1), at.trace_p())


def hedges(studies: Studies) -> Array:
    """Variance of the effects minus the mean sampling variance (Hedges & Olkin 1985)."""
    return generalised_q(studies, np.ones(studies.v.size))


def hunter_schmidt(studies: Studies) -> Array:
    """(Q - k) / S1 with w = 1/v (Hunter & Schmidt 2004)."""
    at = _inverse_variance(studies)
    return _positive(at.q() - studies.k, at.total)


def hunter_schmidt_corrected(studies: Studies) -> Array:
    """(Q k / (k - 1) - k) / S1, Hunter-Schmidt with the small-sample correction (Brannick et al. 2019)."""
    at = _inverse_variance(studies)
    return _positive(at.q() * _k_over_df(studies) - studies.k, at.total)


def sidik_jonkman(studies: Studies) -> Array:
    """t0 Q / (k - 1) with w = 1/(v + t0) and t0 the variance (divisor k) of the effects (Sidik & Jonkman 2005)."""
    t0 = crude_variance(studies)
    return t0 * weigh_at(studies, t0).q() / np.maximum(studies.k - 1, 1)


def crude_variance(studies: Studies) -> Array:
    """Return the variance of the effects with divisor k, where Sidik & Jonkman start."""
    mean = studies.sum(studies.y) / studies.k
    return studies.sum((studies.y - studies.spread(mean)) ** 2) / studies.k


def paule_mandel(studies: Studies) -> Array:
    """Return the tau2 with Q(tau2) = k - 1 (Paule & Mandel 1982); also the empirical Bayes estimate (Morris 1983)."""
    several = studies.sizes > 1
    tau2 = np.zeros(studies.sizes.size)
    if several.any():
        here = studies.where(several)
        tau2[several] = tau2_where_q_is(here.k - 1, here)
    return tau2


def generalised_q(studies: Studies, weights: Array) -> Array:
    """Solve Q for tau2 by its moments, with any weights a: (Q_a - tr(P_a V)) / tr(P_a) (DerSimonian & Kacker 2007)."""
    at = weigh(studies, weights)
    expected = at.sum(weights * studies.v * (1.0 - weights / studies.spread(at.total)))
    return _positive(at.q() - expected, at.trace_p())


def _positive(numerator: Array, denominator: Array) -> Array:
    """Return the quotient, truncated at 0; 0 for one study, which says nothing about tau2."""
    return np.where(numerator > 0, numerator, 0.0) / np.where(denominator > 0, denominator, 1.0)


def _k_over_df(studies: Studies) -> Array:
    return studies.k / np.maximum(studies.k - 1, 1)


TAU2: MappingProxyType[str, Callable[[Studies], Array]] = MappingProxyType(
    {
        "DL": dersimonian_laird,
        "HE": hedges,
        "HS": hunter_schmidt,
        "HSk": hunter_schmidt_corrected,
        "SJ": sidik_jonkman,
        "ML": maximum_likelihood,
        "REML": restricted_maximum_likelihood,
        "EB": paule_mandel,
        "PM": paule_mandel,
    }
)
"""Estimators by code; GENQ, which needs weights, is `generalised_q`."""
