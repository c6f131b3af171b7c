"""Cochran's Q, and I2 and H2 in both definitions: from tau2 (metafor, RevMan 2025) and from Q (R meta, RevMan 5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from kg.errors import NotPoolable
from kg.pooling.columns import Array
from kg.pooling.either import at_least, where
from kg.pooling.quantiles import chi2_p, normal_quantile
from kg.pooling.studies import Weighted


@dataclass(frozen=True, eq=False)
class Heterogeneity:
    """Statistics of each analysis (n,); ``I2`` and ``I2_Q`` in percent.

    ``I2`` and ``H2`` are 100 tau2 / (tau2 + s2) and 1 + tau2 / s2 with s2 the typical sampling variance
    (Higgins & Thompson 2002, eq. 9); under a common-effect model, where there is no tau2, they come from Q.
    ``I2_Q`` is 100 (Q - df) / Q, not below 0, and ``H2_Q`` is Q / df (ibid., eq. 6 and 10).
    """

    Q: Array
    Q_df: Array
    Q_p: Array
    I2: Array
    H2: Array
    I2_Q: Array
    H2_Q: Array


def heterogeneity(at: Weighted, tau2: Any) -> Heterogeneity:
    """Describe how much effects differ, from common-effect weights; without ``tau2``, I2 and H2 are those of Q."""
    df = at.studies.k - 1
    q = at.q()
    i2, h2 = i2_q, h2_q = from_q(q, df)
    if tau2 is not None:
        trace = at.trace_p()  # the typical variance is (k - 1) / tr(P) (Higgins & Thompson 2002, eq. 9)
        i2, h2 = from_tau2(tau2, where(df > 0, df, 1.0) / where(df > 0, trace, 1.0))
    return Heterogeneity(q, df, chi2_p(q, df), i2, h2, i2_q, h2_q)


def from_tau2(tau2: Any, typical: Any) -> tuple[Any, Any]:
    """I2 in percent and H2 of a tau2, given the typical sampling variance."""
    return 100.0 * tau2 / (tau2 + typical), 1.0 + tau2 / typical


def from_q(q: Any, df: Any) -> tuple[Any, Any]:
    """Return I2 in percent and H2 of Q; 0 and 1 for one study."""
    above = at_least(q - df, 0.0)
    return 100.0 * above / where(above > 0, q, 1.0), where(df > 0, q, 1.0) / at_least(df, 1.0)


@dataclass(frozen=True)
class QInterval:
    """I2 (percent) and H (the square root of H2) from Q, each as estimate, lower and upper."""

    I2: tuple[float, float, float]
    H: tuple[float, float, float]


def q_interval(q: float, k: int, level: float = 95.0) -> QInterval:
    """Test-based interval of I2 and H from Q alone, as R meta prints it (Higgins & Thompson 2002, appendix A2).

    Needs more than two studies, else NotPoolable.
    """
    if k < 3:
        raise NotPoolable(f"the interval of I2 from Q needs 3 studies or more, here {k}; use the Q-profile interval")
    if q > k:
        se = 0.5 * (math.log(q) - math.log(k - 1)) / (math.sqrt(2 * q) - math.sqrt(2 * k - 3))
    else:
        se = math.sqrt(1 / (2 * (k - 2)) * (1 - 1 / (3 * (k - 2) ** 2)))
    log_h = 0.5 * math.log(max(q / (k - 1), 1.0))
    half = normal_quantile(level) * se
    h, low, high = (math.exp(max(x, 0.0)) for x in (log_h, log_h - half, log_h + half))
    return QInterval((_i2(h), _i2(low), _i2(high)), (h, low, high))


def _i2(h: float) -> float:
    return 100.0 * (1.0 - 1.0 / h**2)
