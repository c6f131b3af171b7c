"""Many analyses in one call."""

from __future__ import annotations

from kg.pooling.columns import Array
from kg.pooling.fit import Fits, fit, model
from kg.pooling.studies import Ints


def fit_many(
    yi: Array,
    vi: Array,
    sizes: Ints,
    *,
    method: str = "REML",
    test: str = "z",
    level: float = 95,
    pi_df: str = "test",
    weights: Array | None = None,
) -> Fits:
    """Pool analyses laid end to end: effects and variances (total,), the number of studies of each analysis (n,)."""
    return fit(yi, vi, sizes, model(method, test, level, pi_df), weights)
