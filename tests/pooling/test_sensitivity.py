"""Leave-one-out, cumulative pooling and best linear unbiased prediction against metafor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kg.errors import InputRefused, NotPoolable
from kg.pooling.sensitivity import blup, cumulative, leave_one_out
from tests.pooling.complete_studies import Array, complete, simulated, typical


def agrees(found: Any, expected: dict[str, Any], vi: Array, close: Any) -> None:
    """Every word of the output, with the floors of the README."""
    floors = {"tau2": 1e-7 * typical(vi), "I2": 1e-5, "Q": 1e-12, "order": 0.0}
    for word, value in expected.items():
        floor = floors.get(word, 1e-9 * float(np.sqrt(typical(vi) / len(vi))))
        assert close(found.to_dict()[word], value, floor=floor), word


def test_leave1out_agrees_with_metafor(leave1out_case: Any, close: Any) -> None:
    yi, vi, _ = complete(leave1out_case)
    agrees(leave_one_out(yi, vi, method=leave1out_case.case["method"]), leave1out_case.case["output"], vi, close)


def test_cumul_agrees_with_metafor(cumul_case: Any, close: Any) -> None:
    yi, vi, rows = complete(cumul_case)
    year = cumul_case.data.get("year")
    by = [year[i] for i in rows] if year else None
    agrees(cumulative(yi, vi, by=by, method=cumul_case.case["method"]), cumul_case.case["output"], vi, close)


def test_blup_agrees_with_metafor(blup_case: Any, close: Any) -> None:
    yi, vi, _ = complete(blup_case)
    agrees(blup(yi, vi, method=blup_case.case["method"]), blup_case.case["output"], vi, close)


def test_the_order_of_rows_changes_no_bit() -> None:
    yi, vi, _ = simulated(9, seed=6)
    order = np.random.default_rng(2).permutation(9)
    for method in (leave_one_out, blup):
        here, there = method(yi, vi).to_dict(), method(yi[order], vi[order]).to_dict()
        for word in ("se", "estimate" if method is leave_one_out else "pred"):
            assert np.array_equal(np.array(here[word])[order], np.array(there[word]))


def test_what_cannot_be_done_is_refused() -> None:
    with pytest.raises(NotPoolable, match="leave-one-out needs 2 studies"):
        leave_one_out([0.1], [0.1])
    with pytest.raises(NotPoolable, match="by orders the studies"):
        cumulative([0.1, 0.2], [0.1, 0.1], by=[2001])
    with pytest.raises(NotPoolable, match="vi of study B is -1"):
        blup([0.1, 0.2], [0.1, -1], study=["A", "B"])
    with pytest.raises(InputRefused, match="REML"):
        blup([0.1, 0.2], [0.1, 0.1], method="none")
