"""Influence diagnostics against metafor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kg.errors import NotPoolable
from kg.pooling.influence import influence
from kg.pooling.regression import regress
from tests.pooling.complete_studies import complete, simulated


def test_influence_agrees_with_metafor(influence_case: Any, close: Any) -> None:
    yi, vi, _ = complete(influence_case)
    found = influence(regress(yi, vi, method=influence_case.case["method"])).to_dict()
    found["dfbs"] = [row[0] for row in found["dfbs"]]
    for word, value in influence_case.case["output"].items():
        assert close(found[word], value, floor=1e-12), word


@pytest.mark.parametrize("method", ["EE", "DL", "REML", "PM"])
def test_a_study_on_the_line_of_the_others_moves_nothing(method: str) -> None:
    yi, vi, x = simulated(12, seed=9)
    fit = regress(yi, vi, {"x": x}, method=method, test="t")
    found = influence(fit)
    assert np.sum(found.hat) == pytest.approx(2)
    assert np.sum(found.weight_pct) == pytest.approx(100)
    order = np.random.default_rng(0).permutation(12)
    again = influence(regress(yi[order], vi[order], {"x": x[order]}, method=method, test="t"))
    assert [found.cook_d[i] for i in order] == list(again.cook_d)


def test_a_study_that_carries_a_coefficient_alone_has_no_deletion() -> None:
    yi, vi, _ = simulated(6, seed=1)
    found = influence(regress(yi, vi, {"one": [1.0, 0, 0, 0, 0, 0]})).to_dict()
    assert found["rstudent"][0] is None
    assert found["dfbs"][0] == [None, None]
    assert found["cook_d"][1] is not None


def test_too_few_studies_are_refused() -> None:
    with pytest.raises(NotPoolable, match="influence needs 3 studies"):
        influence(regress([0.1, 0.4], [0.1, 0.1]))
