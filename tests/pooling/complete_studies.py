"""Studies of a reference case that have an effect: the methods under test refuse a missing one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def complete(case: Any) -> tuple[Array, Array, list[int]]:
    """Effects and variances without nulls, and the rows they came from."""
    yi, vi = case.model_input["yi"], case.model_input["vi"]
    rows = [i for i, (y, v) in enumerate(zip(yi, vi, strict=True)) if y is not None and v is not None]
    return np.array([yi[i] for i in rows], float), np.array([vi[i] for i in rows], float), rows


def typical(vi: Array) -> float:
    """The scale of a variance, for floors: the harmonic mean."""
    return len(vi) / math.fsum(1 / v for v in vi)


def simulated(k: int, seed: int) -> tuple[Array, Array, Array]:
    """Effects, variances and a moderator, heterogeneous."""
    draw = np.random.default_rng(seed)
    vi = draw.uniform(0.02, 0.4, k)
    x = draw.normal(size=k)
    return 0.3 + 0.2 * x + draw.normal(size=k) * np.sqrt(vi + 0.1), vi, x
