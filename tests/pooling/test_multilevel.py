"""Multilevel and multivariate models, and cluster-robust errors, against metafor and clubSandwich.

A p-value multiplies a relative error of its z by z^2, so its tolerance is the case's precision times that; where that
is needed, our restricted likelihood must be at least the one at the oracle's variances.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from kg.errors import InputRefused, NotConverged, NotPoolable
from kg.pooling import pool
from kg.pooling.mixed import evaluate
from kg.pooling.multilevel import Multilevel, multilevel
from kg.pooling.regression import regress
from kg.pooling.robust import robust
from tests.pooling.complete_studies import simulated

PRECISION = 1e-6


def of_case(case: Any, random: str, names: list[str]) -> Multilevel:
    """Fit the model that the words of R's formulas describe: ~1 | a/b is nested, ~inner | outer unstructured."""
    data = case.data
    k = len(data["yi"])
    V = np.array(data["V"], float).reshape(k, k) if "V" in data else np.array(data["vi"], float)
    inner, outer = (part.strip() for part in random.removeprefix("~").split("|"))
    structure: dict[str, Any] = {}
    if inner == "1":
        structure = {"nested": [data[name] for name in outer.split("/")]}
    else:
        structure = {"inner": data[inner], "outer": data[outer]}
    intercept = "intrcpt" in names
    columns = {n: data[n] for n in data if n not in {"yi", "vi", "V"} and any(x.startswith(n) for x in names)}
    return multilevel(data["yi"], V, columns or None, intercept=intercept, **structure)


def test_rma_mv_agrees_with_metafor(rma_mv_case: Any, close: Any) -> None:
    expected = rma_mv_case.case["output"]
    fit = of_case(rma_mv_case, rma_mv_case.case["random"], expected["names"])
    ours = fit.to_dict() | {"ll_reml": fit.ll_reml}
    for word, value in expected.items():
        got = ours[word]
        if word in {"sigma2", "tau2", "rho"} and not got:
            assert value == [0]
            continue
        if close(got, value, rtol=PRECISION):
            continue
        assert word == "pval", (word, got, value)
        z2 = [max(1.0, float(z) ** 2) for z in fit.stat]
        assert all(close(g, v, rtol=PRECISION * s) for g, v, s in zip(got, value, z2, strict=True))
        assert fit.ll >= at_theirs(fit, expected) - 1e-11


def at_theirs(fit: Multilevel, expected: dict[str, Any]) -> float:
    """Our restricted likelihood at the oracle's variances."""
    if fit.sigma2:
        theta = expected["sigma2"]
    else:
        (a, b), r = expected["tau2"], expected["rho"][0]
        theta = [a, r * np.sqrt(a * b), b]
    there = evaluate(fit._blocks, np.array(theta) / fit._unit**2, reml=True)
    assert there is not None
    return float(there.value) - (fit.k - fit.p) * float(np.log(fit._unit))


@cache
def fitted(dataset: str, of: str) -> Multilevel:
    from tests.pooling.conftest import reference_cases

    case = next(c for c in reference_cases("rma_mv") if c.dataset == dataset and c.case["structure"] == of)
    return of_case(case, case.case["random"], case.case["output"]["names"])


def test_robust_agrees_with_metafor_and_clubsandwich(robust_case: Any, close: Any) -> None:
    case, fit = robust_case.case, fitted(robust_case.dataset, robust_case.case["of"])
    found = robust(fit, robust_case.data["district"], case["type"][:3]).to_dict()
    for word, value in case["output"].items():
        theirs = value * len(found[word]) if word == "df" and len(value) == 1 else value
        assert close(found[word], theirs, rtol=PRECISION), word


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_one_effect_a_study_is_pooling(method: str) -> None:
    yi, vi, x = simulated(14, seed=21)
    labels = list(range(14))
    alone, pooled = multilevel(yi, vi, nested=[labels], method=method), pool(yi=yi, vi=vi, method=method)
    assert alone.sigma2[0] == pytest.approx(pooled.tau2, rel=1e-9)
    assert alone.beta[0] == pytest.approx(pooled.beta[0], rel=1e-10)
    assert alone.se[0] == pytest.approx(pooled.se[0], rel=1e-10)
    assert alone.ll == pytest.approx(pooled.ll_reml if method == "REML" else pooled.ll_ml, rel=1e-12)
    both = (multilevel(yi, vi, {"x": x}, nested=[labels]), regress(yi, vi, {"x": x}))
    assert both[0].beta == pytest.approx(both[1].beta, rel=1e-9)
    for kind in ("CR1", "CR2"):
        one, other = (robust(fit, [i // 2 for i in labels], kind) for fit in both)
        assert one.se == pytest.approx(other.se, rel=1e-8)
        assert one.df == pytest.approx(other.df, rel=1e-8)


def test_the_order_of_rows_changes_no_bit() -> None:
    yi, vi, x = simulated(18, seed=22)
    study, arm = [f"s{i // 3}" for i in range(18)], [f"a{i % 2}" for i in range(18)]
    order = np.random.default_rng(5).permutation(18)

    def both(rows: Any) -> tuple[Any, Any, Any]:
        pick = [[column[i] for i in rows] for column in (study, arm)]
        nested = multilevel(yi[rows], vi[rows], {"x": x[rows]}, nested=pick)
        UN = multilevel(yi[rows], vi[rows], inner=pick[1], outer=pick[0])
        return nested.to_dict(), UN.to_dict(), robust(nested, pick[0]).to_dict()

    assert both(np.arange(18)) == both(order)


def test_a_component_at_zero_is_zero() -> None:
    yi, vi, _ = simulated(12, seed=23)
    fit = multilevel(np.full(12, 0.3) + 1e-3 * yi, vi, nested=[[i // 2 for i in range(12)], list(range(12))])
    assert fit.sigma2 == (0.0, 0.0)


def test_what_cannot_be_fitted_is_refused() -> None:
    yi, vi = [0.1, 0.4, 0.2, 0.3], [0.1, 0.2, 0.1, 0.1]
    for options, says in (
        ({}, "needs random effects"),
        ({"nested": [[1, 2]]}, "has 2 labels for 4 effects"),
        ({"inner": [1, 2, 1, 2]}, "give both or neither"),
        ({"inner": [1, 1, 1, 1], "outer": [1, 1, 2, 2]}, "two levels of inner"),
    ):
        with pytest.raises(NotPoolable, match=says):
            multilevel(yi, vi, **options)
    with pytest.raises(NotPoolable, match="V of study in row 2 is -1"):
        multilevel(yi, [0.1, -1, 0.1, 0.1], nested=[[1, 1, 2, 2]])
    with pytest.raises(NotPoolable, match="positive definite"):
        multilevel(yi, np.full((4, 4), 0.1), nested=[[1, 1, 2, 2]])
    with pytest.raises(InputRefused, match="REML, ML"):
        multilevel(yi, vi, nested=[[1, 1, 2, 2]], method="DL")
    with pytest.raises(NotPoolable, match="cuts through"):
        robust(multilevel(yi, vi, nested=[[1, 1, 2, 2]]), [1, 2, 3, 4])
    assert issubclass(NotConverged, NotPoolable)
