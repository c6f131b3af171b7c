"""Mantel-Haenszel and Peto against metafor and R meta."""

from __future__ import annotations

from typing import Any

import pytest

from kg.errors import NotPoolable
from kg.pooling import pool
from kg.pooling.stratified import Stratified

CELLS = ("ai", "bi", "ci", "di", "x1i", "t1i", "x2i", "t2i")


def tables(case: Any) -> dict[str, Any]:
    return {name: case.data[name] for name in CELLS if name in case.data}


def check(p: Any, expected: dict[str, Any], close: Any) -> None:
    p_rtol = 1e-9 * (1 + abs(p.stat[0] or 0))  # far out in the tail an error of 1e-9 in z is one of 1e-9 z in p
    ours = {"beta": p.beta, "se": p.se, "ci_lb": p.ci_lb, "ci_ub": p.ci_ub, "zval": p.stat, "pval": p.pval}
    floors = dict.fromkeys(("beta", "ci_lb", "ci_ub"), 1e-9 * expected["se"])
    for word in ours.keys() & expected.keys():
        rtol = p_rtol if word == "pval" else 1e-9
        assert close(ours[word][0], expected[word], rtol, floors.get(word, 0.0)), word
    whole = {"Q": p.Q, "Q_p": p.Q_p, "I2": p.I2, "k": p.k}
    for word in whole.keys() & expected.keys():
        assert close(whole[word], expected[word], floor=1e-9), word


def test_mantel_haenszel_agrees_with_metafor(mh_case: Any, close: Any) -> None:
    case, expected = mh_case.case, mh_case.case["output"]
    to = {"default": "only0", "add_half_all": "all", "none": "none"}[case["correction"]]
    how: dict[str, Any] = {
        "measure": case["measure"],
        "method": "MH",
        "to": to,
        "correct_cmh": case.get("correct_cmh", True),
    }
    if expected["beta"] is None:
        with pytest.raises(NotPoolable):
            pool(**how, **tables(mh_case))
        return
    p = pool(**how, **tables(mh_case))
    assert isinstance(p, Stratified)
    check(p, expected, close)
    if "H2" in expected:
        assert close(p.H2, expected["H2"], floor=1e-9)
    shown = p.tests.to_dict() if p.tests else {}
    for word in ("CMH", "CMH_p", "BD", "BD_p", "TA", "TA_p"):
        assert word not in expected or close(shown.get(word), expected[word], floor=1e-12), word


def test_peto_agrees_with_metafor(peto_case: Any, close: Any) -> None:
    check(pool(measure="PETO", method="PETO", **tables(peto_case)), peto_case.case["output"], close)


def test_metabin_agrees_with_r_meta(meta_metabin_case: Any, close: Any) -> None:
    case, expected = meta_metabin_case.case, meta_metabin_case.case["output"]
    method, sm, data = case["method"], case["sm"], tables(meta_metabin_case)
    how: dict[str, Any] = {"measure": "PETO", "to": "none"} if method == "Peto" else {"measure": sm}
    how |= {"vtype": "META"} if sm in {"RR", "RD"} and method != "Peto" else {}
    how |= {"drop00": {"OR": True, "RR": "events", "RD": False}[sm]}
    common_method = {"MH": "MH", "Peto": "PETO", "Inverse": "EE"}[method]
    if expected["TE_common"] is None:
        with pytest.raises(NotPoolable):
            pool(method=common_method, mh_add=0.5, **how, **data)
        return
    common = pool(method=common_method, mh_add=0.5, **how, **data)
    random = pool(method="DL-MH" if method == "MH" else "DL", mh_add=0.5, **how, **data)
    assert close([common.beta[0], common.se[0]], [expected["TE_common"], expected["se_common"]], floor=1e-12)
    assert close([random.beta[0], random.se[0]], [expected["TE_random"], expected["se_random"]], floor=1e-12)
    assert close(random.Q, expected["Q"], floor=1e-12)
    if expected["tau2"] is not None:
        assert close([random.tau2, random.I2_Q / 100], [expected["tau2"], expected["I2"]], floor=1e-12)
    for p, weights in ((common, expected["w_common"]), (random, expected["w_random"])):
        total = sum(w for w in weights if w)
        assert close(p.weights.tolist(), [100 * (w or 0) / total for w in weights], floor=1e-9)
