"""Standard errors of tau2, as metafor gives them."""

from __future__ import annotations

from typing import Any

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.either import at_least, root, where
from kg.pooling.studies import Weighted, weigh, weigh_at
from kg.pooling.tau2 import crude_variance


def tau2_standard_error(method: str, at: Weighted, tau2: Any, weights: Array | None = None) -> Any:
    """Return the standard error of the tau2 that ``at`` has, by the method of its estimate; nan for one study.

    ML and REML: from the expected information (Viechtbauer 2005). The others are a scale times y'Py for some weights,
    with variance scale^2 (2 tr(PVPV) + 4 tau2 tr(PVP) + 2 tau2^2 tr(PP)) for normal effects (Jackson et al. 2014).
    """
    studies = at.studies
    if method in {"ML", "REML"}:
        information = at.sum(at.w**2) if method == "ML" else at.traces()[1]
        variance = 2.0 / where(studies.several, information, 1.0)
    else:
        at, scale = _quadratic_form(method, at, weights)
        variance = scale * scale * _variance(at, tau2)
    return where(studies.several, root(variance), np.nan)


def _quadratic_form(method: str, at: Weighted, weights: Array | None) -> tuple[Weighted, Any]:
    studies = at.studies
    df = at_least(studies.k - 1, 1.0)
    if method == "SJ":
        t0 = crude_variance(studies)
        return weigh_at(studies, t0), t0 / df
    if method in {"EB", "PM"}:
        return at, studies.k / df / at.total
    if method in {"HS", "HSk"}:
        at = weigh(studies, 1.0 / studies.v)
        return at, (studies.k / df if method == "HSk" else 1.0) / at.total
    if weights is None:
        weights = np.ones(studies.v.size) if method == "HE" else 1.0 / studies.v
    at = weigh(studies, weights)
    return at, 1.0 / where(studies.several, at.trace_p(), 1.0)


def _variance(at: Weighted, tau2: Any) -> Any:
    """Variance of y'Py when the effects vary by V + tau2."""
    v, one = at.studies.v, np.ones_like(at.w)
    return 2 * at.trace_pdpd(v, v) + 4 * tau2 * at.trace_pdpd(v, one) + 2 * (tau2 * tau2) * at.traces()[1]
