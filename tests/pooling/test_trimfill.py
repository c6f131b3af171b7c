"""Trim and fill against metafor.

Known difference: metafor fits the filled studies with its default control, whatever that of the model, so its REML
tau2 stops within 1e-5 of the maximum. There ours must be within that of it, and have the higher restricted likelihood.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kg.errors import InputRefused, NotPoolable
from kg.pooling.trimfill import trim_and_fill
from kg.pooling.weighted_fit import Rows
from tests.pooling.complete_studies import complete, simulated

DEFAULT_THRESHOLD = 1e-5


def test_trimfill_agrees_with_metafor(trimfill_case: Any, close: Any) -> None:
    yi, vi, _ = complete(trimfill_case)
    case, expected = trimfill_case.case, trimfill_case.case["output"]
    found = trim_and_fill(yi, vi, estimator=case["estimator"], method=case["method"])
    stopped_early = case["method"] == "REML" and expected["k0"] > 0
    for word in ("k0", "se_k0", "side", "p_k0", "filled_yi", "filled_vi"):
        assert close(found.to_dict()[word], expected[word], floor=1e-12), word
    words = {"beta": found.pooled.beta[0], "se": found.pooled.se[0], "tau2": found.pooled.tau2}
    words |= {"ci_lb": found.pooled.ci_lb[0], "ci_ub": found.pooled.ci_ub[0]}
    if stopped_early:
        everyone = np.ones((yi.size + found.k0, 1))
        filled = Rows(np.append(yi, found.filled_yi), np.append(vi, found.filled_vi), everyone)
        ours, theirs = (filled.at(t).log_likelihood(restricted=True) for t in (words["tau2"], expected["tau2"]))
        assert ours >= theirs - 1e-12
        assert abs(words["tau2"] - expected["tau2"]) <= DEFAULT_THRESHOLD
        at_theirs = filled.at(expected["tau2"])
        words |= {"tau2": expected["tau2"], "beta": at_theirs.beta[0], "se": np.sqrt(at_theirs.unscaled[0, 0])}
        half = found.pooled.ci_ub[0] - found.pooled.beta[0]
        half *= words["se"] / found.pooled.se[0]
        words |= {"ci_lb": words["beta"] - half, "ci_ub": words["beta"] + half}
    for word, value in words.items():
        assert close(value, expected[word], floor=1e-10), word


@pytest.mark.parametrize("estimator", ["L0", "R0"])
def test_mirrored_effects_fill_the_other_side(estimator: str) -> None:
    yi, vi, _ = simulated(14, seed=7)
    here, there = (trim_and_fill(c * yi, vi, estimator=estimator, method="DL") for c in (1, -1))
    assert {here.side, there.side} == {"left", "right"}
    assert here.k0 == there.k0
    assert here.pooled.beta[0] == pytest.approx(-there.pooled.beta[0], rel=1e-12)
    assert np.allclose(here.filled_yi, -there.filled_yi)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputRefused, match="L0, R0"):
        trim_and_fill([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], estimator="Q0")
    with pytest.raises(InputRefused, match="left, right"):
        trim_and_fill([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], side="up")
    with pytest.raises(NotPoolable, match="needs 3 studies"):
        trim_and_fill([0.1, 0.2], [0.1, 0.2])
