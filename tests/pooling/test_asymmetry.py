"""Tests of funnel-plot asymmetry against metafor, and against their definitions."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from kg.errors import InputRefused, NotPoolable
from kg.pooling.asymmetry import harbord, peters, rank_test, regression_test
from tests.pooling.complete_studies import complete

REPORTED_AS = {"coef": "beta", "coef_se": "se"}
A, B = [4, 6, 3, 62, 33], [119, 300, 228, 13536, 5036]
C, D = [11, 29, 11, 248, 47], [128, 274, 209, 12619, 5761]


def test_regtest_agrees_with_metafor(regtest_case: Any, close: Any) -> None:
    yi, vi, _ = complete(regtest_case)
    case = regtest_case.case
    options = {"method": case["method"]} if "method" in case else {}
    found = regression_test(yi, vi, model=case["model"], predictor=case["predictor"], **options).to_dict()
    for word, value in case["output"].items():
        floor = 1e-10 if word == "tau2" else 1e-300
        assert close(found[REPORTED_AS.get(word, word)], value, floor=floor), word


def test_ranktest_agrees_with_metafor(ranktest_case: Any, close: Any) -> None:
    yi, vi, _ = complete(ranktest_case)
    found = rank_test(yi, vi)
    for word, value in ranktest_case.case["output"].items():
        assert close(getattr(found, word), value), word


def test_the_exact_p_counts_all_permutations() -> None:
    yi, vi = np.array([0.3, -0.2, 0.5, 0.1, 0.7, -0.4]), np.array([0.01, 0.3, 0.02, 0.2, 0.1, 0.4])
    found = rank_test(yi, vi)
    assert found.exact
    pairs = list(itertools.combinations(range(6), 2))
    counts = [sum(p[i] < p[j] for i, j in pairs) for p in itertools.permutations(range(6))]
    concordant = round((found.tau + 1) * len(pairs) / 2)
    below = sum(c <= concordant for c in counts) / len(counts)
    above = sum(c >= concordant for c in counts) / len(counts)
    assert found.pval == pytest.approx(min(1, 2 * min(below, above)), rel=1e-12)


def test_peters_is_a_weighted_regression_on_inverse_size() -> None:
    a, b, c, d = (np.array(x, float) for x in (A, B, C, D))
    fit = sm.WLS(np.log(a * d / (b * c)), sm.add_constant(1 / (a + b + c + d)), 1 / (1 / (a + c) + 1 / (b + d))).fit()
    found = peters(A, B, C, D)
    assert found.stat == pytest.approx(fit.tvalues[1], rel=1e-9)
    assert found.pval == pytest.approx(fit.pvalues[1], rel=1e-9)


def test_harbord_is_a_regression_of_the_score() -> None:
    a, b, c, d = (np.array(x, float) for x in (A, B, C, D))
    n1, n = a + b, a + b + c + d
    z, v = a - n1 * (a + c) / n, n1 * (c + d) * (a + c) * (b + d) / (n**2 * (n - 1))
    fit = sm.OLS(z / np.sqrt(v), np.column_stack([np.sqrt(v), np.ones(5)])).fit()
    found = harbord(A, B, C, D)
    assert found.stat == pytest.approx(fit.tvalues[1], rel=1e-9)
    assert found.pval == pytest.approx(fit.pvalues[1], rel=1e-9)


def test_what_cannot_be_tested_is_refused() -> None:
    with pytest.raises(NotPoolable, match="all variances are equal"):
        rank_test([0.1, 0.2, 0.3], [0.1] * 3)
    with pytest.raises(NotPoolable, match="sei has the same value in every study"):
        regression_test([0.1, 0.2, 0.3], [0.1] * 3)
    with pytest.raises(InputRefused, match="needs ni"):
        regression_test([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], predictor="ninv")
    with pytest.raises(InputRefused, match="sqrtninv"):
        regression_test([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], predictor="weight")
    with pytest.raises(NotPoolable, match="no events"):
        harbord([0, 1, 2], [5, 6, 7], [0, 2, 3], [5, 5, 5])
    assert math.isfinite(regression_test([0.1, 0.2, 0.5], [0.1, 0.2, 0.3], predictor="ninv", ni=[9, 8, 7]).stat)
