"""Meta-regression against metafor, its laws, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import InputRefused, NotPoolable
from kg.pooling import pool
from kg.pooling.permutation import permutation_test
from kg.pooling.regression import Regression, regress
from tests.pooling.complete_studies import simulated, typical

METHODS = ("EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM")
NOT_REPORTED = {"aic_ml", "bic_ml"}  # of the other likelihood under REML; ours follow the one that was maximised


def of_case(case: Any) -> Regression:
    names, parameters = case.case["design_names"], case.case
    mods = {name: [row[j] for row in parameters["design"]] for j, name in enumerate(names) if name != "(Intercept)"}
    wants_interval = "tau2_ci_qp" in parameters["output"]
    return regress(
        case.model_input["yi"],
        case.model_input["vi"],
        mods,
        intercept="(Intercept)" in names,
        method=parameters["method"],
        test=parameters["test"],
        tau2_ci="QP" if wants_interval else None,
    )


def test_metareg_agrees_with_metafor(metareg_case: Any, close: Any) -> None:
    ours = of_case(metareg_case).to_dict()
    scale = typical(np.array([v for v in metareg_case.model_input["vi"] if v is not None]))
    floors = {"tau2": 1e-7 * scale, "tau2_ci_qp": 1e-7 * scale, "se_tau2": 1e-9 * scale, "I2": 1e-5, "R2": 1e-5}
    floors |= dict.fromkeys(("beta", "ci_lb", "ci_ub", "fitted"), 1e-9 * min(ours["se"]))
    for word, value in metareg_case.case["output"].items():
        if word in NOT_REPORTED:
            continue
        got = ours["tau2_ci" if word == "tau2_ci_qp" else word]
        if word == "df":
            got = got[:1]
        if word == "vb":
            assert all(close(a, b) for a, b in zip(got, value, strict=True))
            continue
        assert close(got, value, floor=floors.get(word, 1e-300)), (word, got, value)


@pytest.mark.parametrize(
    ("method", "test"),
    [(m, t) for m in METHODS for t in ("z", "t", "knha", "adhoc") if m != "EE" or t in {"z", "t"}],
)
def test_an_intercept_alone_is_pooling(method: str, test: str) -> None:
    yi, vi, _ = simulated(17, seed=3)
    alone, pooled = regress(yi, vi, method=method, test=test), pool(yi=yi, vi=vi, method=method, test=test)
    words = ["beta", "se", "stat", "pval", "ci_lb", "ci_ub", "tau2", "I2", "H2", "I2_Q", "Q", "QM", "QM_p", "s2w"]
    assert np.allclose(alone.weights, pooled.weights, rtol=1e-11)
    assert alone.df == pooled.df
    for word in (*words, "ll_ml", "ll_reml", "aic", "bic", *([] if method == "EE" else ["se_tau2"])):
        assert getattr(alone, word) == pytest.approx(getattr(pooled, word), rel=1e-11), word


def test_genq_takes_weights() -> None:
    yi, vi, _ = simulated(12, seed=5)
    alone, pooled = (f(yi, vi) for f in (_genq_regression, _genq_pooled))
    for word in ("beta", "se", "tau2", "se_tau2"):
        assert getattr(alone, word) == pytest.approx(getattr(pooled, word), rel=1e-11), word
    with pytest.raises(InputRefused, match="GENQ needs weights"):
        regress(yi, vi, method="GENQ")


def _genq_regression(yi: Any, vi: Any) -> Any:
    return regress(yi, vi, method="GENQ", weights=1 / np.sqrt(vi))


def _genq_pooled(yi: Any, vi: Any) -> Any:
    return pool(yi=yi, vi=vi, method="GENQ", weights=1 / np.sqrt(vi))


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_rows_changes_no_bit(method: str) -> None:
    yi, vi, x = simulated(15, seed=8)
    group = np.where(x > 0, "high", "low")
    order = np.random.default_rng(1).permutation(15)
    here = regress(yi, vi, {"x": x, "group": group.tolist()}, method=method).to_dict()
    there = regress(yi[order], vi[order], {"x": x[order], "group": group[order].tolist()}, method=method).to_dict()
    for word, value in here.items():
        if word in {"yi", "vi", "weights", "fitted", "hat"}:
            assert np.array_equal(np.array(value)[order], np.array(there[word])), word
        elif word not in {"study", "not_estimable"}:
            assert value == there[word], word


@settings(deadline=None, max_examples=60)
@given(scale=st.sampled_from([-1e6, -1.0, 1e-6, 3.7]), seed=st.integers(0, 50), method=st.sampled_from(METHODS))
def test_scale_and_sign_go_through(scale: float, seed: int, method: str) -> None:
    yi, vi, x = simulated(11, seed)
    one, other = (regress(c * yi, c * c * vi, {"x": x}, method=method) for c in (1.0, scale))
    assert np.array(other.beta) == pytest.approx(scale * np.array(one.beta), rel=1e-8)
    assert np.array(other.se) == pytest.approx(abs(scale) * np.array(one.se), rel=1e-8)
    assert other.tau2 == pytest.approx(scale**2 * one.tau2, rel=1e-7, abs=1e-12 * scale**2)


def test_levels_are_coded_against_the_first() -> None:
    yi, vi, _ = simulated(9, seed=2)
    fit = regress(yi, vi, {"dose": ["b", "a", "c"] * 3})
    assert fit.names == ("intrcpt", "doseb", "dosec")
    assert regress(yi, vi, {"arm": [1, 2, 3] * 3}, factors=["arm"]).names == ("intrcpt", "arm2", "arm3")
    assert regress(yi, vi, {"dose": ["b", "a", "c"] * 3}, intercept=False).names == ("dosea", "doseb", "dosec")


def test_a_study_with_a_missing_moderator_is_left_out() -> None:
    yi, vi, x = simulated(9, seed=2)
    fit = regress(yi, vi, {"x": [None, *x[1:]]}, study=[f"s{i}" for i in range(9)])
    assert fit.k == 8
    assert fit.to_dict()["not_estimable"] == {"s0": "x missing"}
    assert fit.beta == regress(yi[1:], vi[1:], {"x": x[1:]}).beta


@pytest.mark.parametrize(
    ("mods", "says"),
    [
        ({"x": [1.0] * 6}, "x has the same value in every study"),
        ({"g": ["a"] * 6}, "g has the one level 'a'"),
        ({"x": [1, 2, 3, 4, 5, 6], "z": [2, 4, 6, 8, 10, 12]}, "z is determined by intrcpt, x"),
        ({"x": [1, 2, 3, 4, 5, float("nan")]}, "x of study in row 6 is nan"),
        ({"x": [1, 2]}, "x has 2 values for 6 studies"),
        ({"g": ["a", "b", "c", "d", "e", "f"]}, "6 studies for 6 coefficients"),
        ({f"m{j}": [float(i == j) for i in range(6)] for j in range(7)}, "coefficients for 6 studies"),
    ],
)
def test_moderators_that_cannot_be_fitted_are_refused(mods: Any, says: str) -> None:
    with pytest.raises((NotPoolable, InputRefused), match=says):
        regress([0.1, 0.3, 0.2, 0.5, 0.4, 0.0], [0.1] * 6, mods)


def test_unknown_options_list_the_known_ones() -> None:
    for options, says in (({"method": "XX"}, "REML"), ({"test": "XX"}, "knha"), ({"tau2_ci": "PL"}, "QP")):
        with pytest.raises(InputRefused, match=says):
            regress([0.1, 0.2, 0.4], [0.1, 0.2, 0.1], **options)  # type: ignore[arg-type]


def test_permutation_is_exact_where_all_arrangements_fit() -> None:
    yi, vi, x = simulated(5, seed=4)
    exact = permutation_test(regress(yi, vi, {"x": x}, method="DL"), iterations=200)
    assert exact.exact
    assert exact.permutations == 120
    assert exact.pval[1] * 120 == pytest.approx(round(exact.pval[1] * 120))
    assert exact.QM_p == exact.pval[1]
    signs = permutation_test(regress(yi, vi, method="DL"), iterations=32)
    assert signs.permutations == 32
    drawn = permutation_test(regress(*simulated(30, seed=1)[:2], {"x": simulated(30, seed=1)[2]}), iterations=99)
    assert not drawn.exact
    assert 1 / 99 <= drawn.QM_p <= 1
