"""Inverse-variance models against metafor's rma and R meta's metagen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from kg.errors import NotPoolable
from kg.pooling import fit_many, pool
from kg.pooling.heterogeneity import q_interval


def typical(vi: list[float]) -> float:
    """The scale of a variance, for floors: the harmonic mean."""
    return len(vi) / math.fsum(1 / v for v in vi)


def test_rma_agrees_with_metafor(rma_case: Any, close: Any) -> None:
    case, expected = rma_case.case, rma_case.case["output"]
    yi, vi = rma_case.model_input["yi"], rma_case.model_input["vi"]
    if case["method"] == "EE" and case["test"] in {"knha", "adhoc"}:
        check_refused_but_computed(yi, vi, case["test"], expected, close)
        return
    weights = [1 / math.sqrt(v) for v in vi] if "weights" in case else None
    p = pool(yi=yi, vi=vi, method=case["method"], test=case["test"], level=case["level"], weights=weights)
    check_rma(p.to_dict(), expected, close, vi)
    for pi_df in ("k-1", "k-2"):
        word = f"pi_t_km{pi_df[-1]}"
        if f"{word}_lb" in expected:
            p = pool(yi=yi, vi=vi, method=case["method"], test=case["test"], pi_df=pi_df)
            floor = 1e-9 * (p.se[0] + math.sqrt(p.tau2))
            assert close([p.pi_lb, p.pi_ub], [expected[f"{word}_lb"], expected[f"{word}_ub"]], floor=floor)


def check_rma(ours: dict[str, Any], expected: dict[str, Any], close: Any, vi: list[float]) -> None:
    """Every number of an rma output that ours has a word for; the floor of tau2 goes on to I2 (in percent) and H2."""
    se, scale = expected["se"][0] or math.sqrt(typical(vi) / len(vi)), typical(vi)
    floors = {
        "tau2": 1e-7 * scale,
        "se_tau2": 1e-9 * scale,
        "I2": 1e-5,
        "Q": 1e-12,
        "H2": 1e-7,
        "s2w": 1e-25,
    }
    for word, value in expected.items():
        if word in {"vb", "aic_ml", "bic_ml"} or word.startswith("pi_t_"):
            continue
        got = ours[word]
        if word == "QM_df":
            got = list(got)
        floor = floors.get(word, 1e-9 * se if word in {"beta", "ci_lb", "ci_ub", "pi_lb", "pi_ub"} else 1e-300)
        assert close(got, value, floor=floor), (word, got, value)


def check_refused_but_computed(yi: Any, vi: Any, test: str, expected: dict[str, Any], close: Any) -> None:
    """Hartung-Knapp without random effects: pool refuses it on purpose, the arrays beneath have metafor's numbers."""
    with pytest.raises(NotPoolable, match="ask for test z"):
        pool(yi=yi, vi=vi, method="EE", test=test)
    fits = fit_many(np.array(yi), np.array(vi), np.array([len(yi)]), method="EE", test=test)
    for word in ("beta", "se", "ci_lb", "ci_ub", "pval"):
        assert close(getattr(fits, word).tolist(), expected[word], floor=1e-300)
    assert close(float(fits.s2w[0]), expected["s2w"], floor=1e-25)


def test_tau2_interval_agrees_with_metafor(tau2_ci_case: Any, close: Any) -> None:
    case, expected = tau2_ci_case.case, tau2_ci_case.case["output"]
    yi, vi = tau2_ci_case.model_input["yi"], tau2_ci_case.model_input["vi"]
    p = pool(yi=yi, vi=vi, method=case["method"], level=case["level"], tau2_ci=case["ci_type"])
    assert close(list(p.tau2_ci or ()), expected["tau2"], floor=1e-7 * typical(vi))


def test_metagen_agrees_with_r_meta(meta_metagen_case: Any, close: Any) -> None:
    case, expected = meta_metagen_case.case, meta_metagen_case.case["output"]
    yi, vi = meta_metagen_case.model_input["yi"], meta_metagen_case.model_input["vi"]
    test = {"": "knha", "se": "adhoc", "IQWiG6": "knha-iqwig", "ci": "knha-ci"}[case["adhoc_hakn"]]
    p = pool(yi=yi, vi=vi, method=case["method"], test="z" if case["random_ci"] == "classic" else test)
    scale, se = typical(vi), p.se[0] or 1e-3 * math.sqrt(typical(vi))
    assert close(p.beta[0], expected["TE"], floor=1e-9 * se)
    assert close(p.se[0], expected["seTE"], floor=1e-12 * math.sqrt(scale))
    assert close([p.ci_lb[0], p.ci_ub[0]], [expected["lower"], expected["upper"]], floor=1e-9 * se)
    z = abs(p.stat[0] or 0.0)  # an error of 1e-9 se in the estimate is one of 1e-9 z, relatively, far out in the tail
    assert close(p.pval[0], expected["pval"], 1e-9 * (1 + z), floor=1e-300)
    assert close([p.df[0]], expected["df_random"])
    assert close(p.tau2, expected["tau2"], floor=1e-7 * scale)
    assert close([p.Q, p.Q_p], [expected["Q"], expected["pval_Q"]], floor=1e-12)
    assert close(p.I2_Q / 100, expected["I2"], floor=1e-9)
    if p.k > 2:
        interval = q_interval(p.Q, p.k)
        assert close([x / 100 for x in interval.I2[1:]], [expected["I2_lb"], expected["I2_ub"]], floor=1e-12)
        assert close(interval.H[0], expected["H"])
    pi_df = {"HTS": "k-2", "V": "k-1", "S": "z"}[case["method_predict"]]
    wald = pool(yi=yi, vi=vi, method=case["method"], pi_df=pi_df)  # R meta predicts with the Wald standard error
    floor = 1e-9 * (wald.se[0] + math.sqrt(wald.tau2))
    assert close([wald.pi_lb, wald.pi_ub], [expected["pi_lb"], expected["pi_ub"]], floor=floor)
    if wald.pi_lb is not None:
        assert close([wald.pi_df], expected["df_predict"])
