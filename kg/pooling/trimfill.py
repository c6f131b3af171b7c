"""Trim and fill: the studies that a symmetric funnel plot would have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.errors import NotConverged
from kg.pooling.columns import Array, Column
from kg.pooling.fit import known
from kg.pooling.given import given
from kg.pooling.pool import pool
from kg.pooling.pooled import Pooled
from kg.pooling.regression import regress
from kg.pooling.result import Result


@dataclass(frozen=True, eq=False)
class TrimFill(Result):
    """The studies filled in on one side, and the pooled effect with them.

    k0 studies are estimated to be missing; p_k0 tests that none is (R0 only). ``pooled`` has the filled studies last.
    """

    estimator: str
    k0: int
    se_k0: float
    p_k0: float | None
    side: str
    filled_yi: Array
    filled_vi: Array
    pooled: Pooled


def trim_and_fill(
    yi: Column,
    vi: Column,
    *,
    estimator: str = "L0",
    side: str | None = None,
    method: str = "REML",
    test: str = "z",
    level: float = 95.0,
    study: Sequence[object] | None = None,
) -> TrimFill:
    """Trim the extreme studies of one side, find the centre of the rest, and fill in the mirror images.

    Duval & Tweedie 2000; ``estimator`` L0 or R0. ``side``, where studies are missing, is by default the one that
    Egger's regression points to. Of equal effects at the edge the last given are trimmed first, as in metafor.
    Raises NotConverged where the number of missing studies keeps changing.
    """
    known("estimator", estimator, ("L0", "R0"))
    y, v, names = given(yi, vi, study, least=3, what="trim and fill")
    if side is None:
        slope = regress(y, v, {"sei": np.sqrt(v)}, method=method).beta[1] if np.ptp(v) > 0 else 0.0
        side = "right" if slope < 0 else "left"
    known("side", side, ("left", "right"))
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    towards, variance = sign * y[order], v[order]
    k, missing = y.size, 0
    for _ in range(100):
        centre = pool(yi=towards[: k - missing], vi=variance[: k - missing], method=method).beta[0]
        before, (missing, se) = missing, _missing(estimator, towards - centre)
        if missing == before:
            break
    else:
        raise NotConverged("trim and fill goes back and forth between two numbers; use the other estimator")
    filled_yi = sign * (2 * centre - towards[k - missing :])
    filled_vi = variance[k - missing :]
    labels = [*(names or map(str, range(1, k + 1))), *(f"filled {i + 1}" for i in range(missing))]
    both = pool(
        yi=np.append(y, filled_yi), vi=np.append(v, filled_vi), method=method, test=test, level=level, study=labels
    )
    return TrimFill(
        estimator=estimator,
        k0=missing,
        se_k0=se,
        p_k0=0.5 ** (missing + 1) if estimator == "R0" else None,
        side=side,
        filled_yi=filled_yi,
        filled_vi=filled_vi,
        pooled=both,
    )


def _missing(estimator: str, deviation: Array) -> tuple[int, float]:
    """Return the number of missing studies, and its standard error, from deviations sorted upward."""
    k = deviation.size
    rank = np.empty(k)
    rank[np.argsort(np.abs(deviation), kind="stable")] = np.arange(1, k + 1)
    if estimator == "R0":
        k0 = k - 1 - int(max(rank[deviation < 0], default=0))
        return max(0, k0), math.sqrt(2 * max(0, k0) + 2)
    wilcoxon = float(rank[deviation > 0].sum())
    l0 = (4 * wilcoxon - k * (k + 1)) / (2 * k - 1)
    cubic = 10 * l0**3 + 27 * l0**2 + 17 * l0 - 18 * k * l0**2 - 18 * k * l0 + 6 * k**2 * l0
    variance = (k * (k + 1) * (2 * k + 1) + cubic) / 24
    return max(0, round(l0)), 4 * math.sqrt(max(0.0, variance)) / (2 * k - 1)
