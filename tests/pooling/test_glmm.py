"""Generalised linear mixed models against metafor.

Known differences. Standard errors under UM.RS: the oracle's come from lme4's second differences of a deviance that its
inner iterations give to about 1e-7, and are off by up to 0.6 percent; ours must be the curvature of the profile
likelihood. Estimates under UM.FS: lme4 searches over all study effects and stops early; our likelihood must be higher.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom, nchypergeom_fisher, norm

from kg.errors import InputRefused, NotPoolable
from kg.pooling.glmm import FIELDS, FITTED, Glmm, Likelihood, glmm
from kg.pooling.search import gradient, hessian, maximum

PRECISION = 1e-4


@cache
def likelihood(dataset: str, measure: str, model: str) -> Likelihood:
    from tests.pooling.conftest import reference_cases

    data = next(c for c in reference_cases("glmm") if c.dataset == dataset).data
    counts = [np.array(data[name], float) for name in FIELDS[measure]]
    told = (counts[0] + counts[2] > 0) & (counts[1] + counts[3] > 0)
    return FITTED[model](measure, *(column[told] for column in counts))


def point(found: Glmm | dict[str, Any]) -> tuple[float, float]:
    if isinstance(found, dict):
        return found["beta"], float(np.sqrt(found["tau2"]))
    return float(found.beta[0]), float(np.sqrt(found.tau2))


def test_glmm_agrees_with_metafor(glmm_case: Any, close: Any) -> None:
    case, expected = glmm_case.case, glmm_case.case["output"]
    found = glmm(case["measure"], case["model"], glmm_case.data)
    ours = found.to_dict() | {word: found.to_dict()[word][0] for word in ("beta", "se", "ci_lb", "ci_ub")}
    floors = {"tau2": 1e-6, "ll": 1e-4}
    same = {w: close(ours[w], v, rtol=PRECISION, floor=floors.get(w, 1e-300)) for w, v in expected.items()}
    assert same["k"]
    if all(same.values()):
        return
    assert case["model"] in {"UM.FS", "UM.RS"}, same
    marginal = likelihood(glmm_case.dataset, case["measure"], case["model"]).marginal
    if case["model"] == "UM.FS":
        assert marginal(np.array(point(found))) > marginal(np.array(point(expected)))
        assert close(point(found)[0], point(expected)[0], rtol=1e-3)
        assert close(ours["se"], expected["se"], rtol=1e-3)
    else:
        assert same["beta"]
        assert same["tau2"]
        assert same["ll"]
        assert ours["se"] == pytest.approx(profile_error(marginal, found), rel=1e-4)


def at_theta(marginal: Any, theta: float, others: Any) -> float:
    return float(marginal(np.array([theta, *others])))


def profile_error(marginal: Any, found: Glmm) -> float:
    """The standard error from the profile likelihood of theta, the other parameters maximised anew."""
    start, h, tops = np.array([np.sqrt(found.tau2) + 0.05, -3.0, 1.0]), 0.005, []
    for theta in (found.beta[0] - h, found.beta[0], found.beta[0] + h):
        at, _ = maximum(partial(at_theta, marginal, theta), start, [(None, None)] * 3, "profile")
        tops.append(marginal(np.array([theta, *at])))
    return float(1 / np.sqrt((2 * tops[1] - tops[0] - tops[2]) / h**2))


@pytest.mark.parametrize(("model", "rel"), [("CM.AL", 1e-6), ("CM.EL", 1e-10)])
def test_the_likelihood_is_that_of_brute_integration(model: str, rel: float) -> None:
    a, b, c, d = (np.array(x, float) for x in ([3, 0, 5], [30, 25, 40], [6, 4, 2], [28, 30, 45]))
    theta, tau = -0.4, 0.7
    total = 0.0
    for x, n1, n2, m in zip(a, a + b, c + d, a + c, strict=True):

        def given_effect(e: float, x: Any = x, n1: Any = n1, n2: Any = n2, m: Any = m) -> float:
            if model == "CM.EL":
                return float(nchypergeom_fisher.pmf(x, n1 + n2, n1, m, np.exp(e)) * norm.pdf(e, theta, tau))
            odds = np.exp(e) * n1 / n2
            return float(binom.pmf(x, m, odds / (1 + odds)) * norm.pdf(e, theta, tau))

        total += np.log(quad(given_effect, theta - 9 * tau, theta + 9 * tau, epsabs=0, epsrel=1e-11, limit=200)[0])
    assert FITTED[model]("OR", a, b, c, d).marginal(np.array([theta, tau])) == pytest.approx(total, rel=rel)


def test_the_maximum_is_one() -> None:
    a, b, c, d = (np.array(x, float) for x in ([3, 1, 5, 9], [30, 25, 40, 60], [6, 4, 2, 11], [28, 30, 45, 50]))
    for model in FITTED:
        if model == "UM.RS":  # its search returns the same test of a maximum, but not all of its parameters
            continue
        found = glmm("OR", model, dict(zip(FIELDS["OR"], (a, b, c, d), strict=True)))
        marginal, at = FITTED[model]("OR", a, b, c, d).marginal, np.array(point(found))
        slope, bend = gradient(marginal, at), hessian(marginal, at)
        assert float(slope @ np.linalg.solve(-bend, slope)) < 1e-10, model


def test_swapping_the_arms_turns_the_sign() -> None:
    data = {"ai": [3, 1, 5, 9], "bi": [30, 25, 40, 60], "ci": [6, 4, 2, 11], "di": [28, 30, 45, 50]}
    turned = {"ai": data["ci"], "bi": data["di"], "ci": data["ai"], "di": data["bi"]}
    for model in FITTED:
        here, there = glmm("OR", model, data), glmm("OR", model, turned)  # type: ignore[arg-type]
        assert here.beta[0] == pytest.approx(-there.beta[0], rel=1e-6, abs=1e-8)
        assert here.se[0] == pytest.approx(there.se[0], rel=1e-5)
    order = [2, 0, 3, 1]
    moved = {name: [column[i] for i in order] for name, column in data.items()}
    assert glmm("OR", "CM.EL", moved).to_dict() == glmm("OR", "CM.EL", data).to_dict()  # type: ignore[arg-type]


def test_what_cannot_be_fitted_is_refused() -> None:
    data: dict[str, Any] = {"ai": [0, 0], "bi": [9, 8], "ci": [1, 2], "di": [8, 7]}
    with pytest.raises(NotPoolable, match="no event"):
        glmm("OR", "CM.EL", data)
    with pytest.raises(NotPoolable, match="0 studies have both"):
        glmm("OR", "CM.EL", data | {"ci": [0, 0]})
    with pytest.raises(NotPoolable, match="ai of study B is -1"):
        glmm("OR", "CM.EL", data | {"ai": [1, -1]}, study=["A", "B"])
    with pytest.raises(InputRefused, match=r"UM\.FS, UM\.RS, CM\.EL, CM\.AL"):
        glmm("OR", "XX", data)
    with pytest.raises(InputRefused, match="OR, IRR"):
        glmm("RR", "UM.FS", data)
    with pytest.raises(NotPoolable, match="x1i is missing"):
        glmm("IRR", "UM.FS", data)
    with pytest.raises(NotPoolable, match=r"use CM\.AL"):
        glmm("OR", "CM.EL", {"ai": [1e6, 2e6], "bi": [9e6, 8e6], "ci": [1.1e6, 2.2e6], "di": [8e6, 7e6]})
