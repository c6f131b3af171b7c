"""Step-function selection models against metafor.

Known difference: metafor maximises by quasi-Newton steps on log tau2, which stop early where the likelihood is flat
(tau2 towards 0, delta towards its bound of 100, few studies). Where a number differs by more than the precision of the
case, our likelihood, evaluated independently of the search, must be the higher one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from kg.errors import InputRefused, NotPoolable
from kg.pooling import pool
from kg.pooling.selection import step_selection
from tests.pooling.complete_studies import Array, complete, simulated

PRECISION = 1e-4


def log_likelihood(yi: Array, vi: Array, beta: float, tau2: float, delta: float, alternative: str) -> float:
    """The one-step model written out study by study."""
    total, sign = 0.0, -1.0 if alternative == "less" else 1.0
    for y, v in zip(sign * yi, vi, strict=True):
        sd, cut = math.sqrt(v + tau2), math.sqrt(v) * float(ndtri(0.975))
        significant = float(ndtr((sign * beta - cut) / sd))
        total += (0.0 if y > cut else math.log(delta)) - math.log(significant + delta * (1 - significant))
        total -= 0.5 * math.log(2 * math.pi * sd * sd) + 0.5 * ((y - sign * beta) / sd) ** 2
    return total


def test_selmodel_agrees_with_metafor(selmodel_case: Any, close: Any) -> None:
    yi, vi, _ = complete(selmodel_case)
    expected = selmodel_case.case["output"]
    found = step_selection(yi, vi, steps=selmodel_case.case["steps"], alternative="sign")
    ours = found.to_dict() | {"beta": float(found.beta[0]), "se": float(found.se[0])}
    assert found.alternative == expected["alternative"]
    assert found.ll == pytest.approx(
        log_likelihood(yi, vi, ours["beta"], found.tau2, float(found.delta[1]), found.alternative), abs=1e-9
    )
    scale = float(np.median(vi))
    floors = {"tau2": 1e-5 * scale, "ll": 1e-4, "LRT": 2e-4, "LRT_p": 1e-4}
    same = {w: close(ours[w], v, rtol=PRECISION, floor=floors.get(w, 1e-9)) for w, v in expected.items()}
    if not all(same.values()):
        theirs = log_likelihood(
            yi, vi, expected["beta"], expected["tau2"], expected["delta"][1], expected["alternative"]
        )
        assert theirs == pytest.approx(expected["ll"], abs=1e-8)
        assert found.ll > theirs
        assert pytest.approx(2 * (found.ll - float(pool(yi=yi, vi=vi, method="ML").ll_ml or 0)), abs=1e-9) == found.LRT


@pytest.mark.parametrize("scale", [1e-3, -50.0])
def test_scale_and_sign_go_through(scale: float) -> None:
    yi, vi, _ = simulated(25, seed=13)
    one, other = step_selection(yi, vi), step_selection(scale * yi, scale**2 * vi)
    assert other.beta[0] == pytest.approx(scale * one.beta[0], rel=1e-6)
    assert other.tau2 == pytest.approx(scale**2 * one.tau2, rel=1e-5)
    assert other.delta[1] == pytest.approx(one.delta[1], rel=1e-5)
    assert {one.alternative, other.alternative} == ({"greater"} if scale > 0 else {"greater", "less"})


def test_a_step_without_studies_is_said_to_be_at_its_bound() -> None:
    found = step_selection([0.1, 0.15, 0.05, 0.2], [0.1, 0.2, 0.15, 0.3], alternative="greater")
    assert found.at_bound
    assert found.delta[1] == pytest.approx(100)


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(NotPoolable, match="steps are"):
        step_selection([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], steps=[1.5])
    with pytest.raises(InputRefused, match="greater, less, sign"):
        step_selection([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], alternative="up")
