"""One analysis is computed on numbers, a batch on arrays: both give the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kg.pooling import TAU2, Pooled, pool, pool_many

SIZES = (1, 2, 3, 4, 5, 8, 9, 10, 17, 40, 130, 300)
TESTS = ("z", "t", "knha", "adhoc", "knha-ci", "knha-iqwig")


def analyses() -> list[dict[str, Any]]:
    """Analyses of every size: alike, homogeneous, of wildly different or equal variances, and with equal effects."""
    draw = np.random.default_rng(5)
    found = []
    for index in range(120):
        k = SIZES[index % len(SIZES)]
        kind = (index // len(SIZES)) % 5
        vi = [draw.uniform(0.02, 0.4, k), 10 ** draw.uniform(-8, 8, k), np.full(k, 0.1), 10 ** draw.uniform(-3, 1, k)][
            kind % 4
        ]
        yi = 0.3 + draw.normal(size=k) * np.sqrt(vi + (0.1 if kind != 2 else 0.0))
        found.append({"yi": np.full(k, 0.3) if kind == 4 else yi, "vi": vi})
    return found


@pytest.mark.parametrize("method", ["EE", *TAU2])
@pytest.mark.parametrize("test", TESTS)
def test_one_analysis_has_the_bits_of_a_batch(method: str, test: str) -> None:
    if method == "EE" and test not in {"z", "t"}:
        pytest.skip("a common effect has no Hartung-Knapp test")
    for interval in ("QP", "PL") if method in {"ML", "REML"} else ("QP", None):
        how: dict[str, Any] = {"method": method, "test": test, "tau2_ci": interval}
        how |= {"pi_df": "k-2"} if test == "t" else {}
        batch = pool_many(analyses(), **how)
        for analysis, together in zip(analyses(), batch, strict=True):
            assert isinstance(together, Pooled)
            assert pool(**analysis, **how).to_dict() == together.to_dict()
