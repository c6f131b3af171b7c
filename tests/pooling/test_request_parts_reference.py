"""The parts of an answer and the models beyond one effect through the request layer, against the reference numbers.

Kinds with known differences (trim and fill, selection models, generalised linear mixed models) are held against the
library instead, number by number: its tests hold them against the reference.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from kg.pooling import glmm, multilevel, step_selection, trim_and_fill
from tests.pooling.asked import CLOSER, ask, complete_effects
from tests.pooling.complete_studies import complete, typical
from tests.pooling.test_multilevel import PRECISION


def check_series(found: dict[str, Any], expected: dict[str, Any], vi: Any, close: Any) -> None:
    floors = {"tau2": 1e-7 * typical(vi), "I2": 1e-5, "Q": 1e-12}
    for word, value in expected.items():
        floor = floors.get(word, 1e-9 * math.sqrt(typical(vi) / len(vi)))
        assert close(found[word], value, floor=floor), word


def test_leave1out(leave1out_case: Any, close: Any) -> None:
    data, case = complete_effects(leave1out_case), leave1out_case.case
    answer = ask(data, method=case["method"], leave1out=True)
    check_series(answer["leave1out"], case["output"], np.array(data["vi"]), close)


def test_cumul(cumul_case: Any, close: Any) -> None:
    data, case = complete_effects(cumul_case), cumul_case.case
    year, rows = cumul_case.data.get("year"), complete(cumul_case)[2]
    by = "year" if year else True
    answer = ask(data | ({"year": [year[i] for i in rows]} if year else {}), method=case["method"], cumul=by)
    check_series(answer["cumul"], case["output"], np.array(data["vi"]), close)


def test_blup(blup_case: Any, close: Any) -> None:
    data, case = complete_effects(blup_case), blup_case.case
    answer = ask(data, method=case["method"], blup=True)
    check_series(answer["blup"], case["output"], np.array(data["vi"]), close)


def test_influence(influence_case: Any, close: Any) -> None:
    case = influence_case.case
    found = ask(complete_effects(influence_case), method=case["method"], influence=True)["influence"]
    found["dfbs"] = [row[0] for row in found["dfbs"]]
    for word, value in case["output"].items():
        assert close(found[word], value, floor=1e-12), word


def test_regtest(regtest_case: Any, close: Any) -> None:
    case = regtest_case.case
    wanted = {"model": case["model"], "predictor": case["predictor"]}
    found = ask(complete_effects(regtest_case), method=case.get("method", "REML"), regtest=wanted)["regtest"]
    for word, value in case["output"].items():
        floor = 1e-10 if word == "tau2" else CLOSER
        assert close(found[{"coef": "beta", "coef_se": "se"}.get(word, word)], value, floor=floor), word


def test_ranktest(ranktest_case: Any, close: Any) -> None:
    found = ask(complete_effects(ranktest_case), ranktest=True)["ranktest"]
    assert all(close(found[word], value) for word, value in ranktest_case.case["output"].items())


def test_fsn(fsn_case: Any, close: Any) -> None:
    case, expected = fsn_case.case, fsn_case.case["output"]
    wanted = {"type": case["type"], "alpha": expected["alpha"], "target": expected["target"]}
    found = ask(complete_effects(fsn_case), fsn=wanted)["fsn"]
    assert all(close(found[word], value) for word, value in expected.items())


def test_pet(pet_case: Any, close: Any) -> None:
    found = ask(complete_effects(pet_case), pet=True)["pet"]
    assert all(close(found[word], value) for word, value in pet_case.case["output"].items())


def test_trimfill(trimfill_case: Any) -> None:
    yi, vi, _ = complete(trimfill_case)
    case = trimfill_case.case
    found = ask(complete_effects(trimfill_case), method=case["method"], trimfill=case["estimator"])["trimfill"]
    library = trim_and_fill(yi, vi, estimator=case["estimator"], method=case["method"]).to_dict()
    pooled = library.pop("pooled")
    assert {word: found[word] for word in library} == as_json(library)
    words = ("beta", "se", "tau2", "k")
    assert {word: found[word] for word in words} == as_json({word: pooled[word] for word in words})


def test_selmodel(selmodel_case: Any) -> None:
    yi, vi, _ = complete(selmodel_case)
    found = ask(complete_effects(selmodel_case), selmodel=selmodel_case.case["steps"])["selmodel"]
    study = [str(i + 1) for i in range(yi.size)]
    assert found == as_json(step_selection(yi, vi, steps=selmodel_case.case["steps"], study=study).to_dict())


def test_glmm(glmm_case: Any) -> None:
    case = glmm_case.case
    columns = ("ai", "bi", "ci", "di") if case["measure"] == "OR" else ("x1i", "t1i", "x2i", "t2i")
    data = {name: glmm_case.data[name] for name in columns}
    answer = ask(data, measure=case["measure"], method="GLMM", model=case["model"])
    library = as_json(glmm(case["measure"], case["model"], data).to_dict())
    assert {word: answer[word] for word in library} == library


def test_rma_mv(rma_mv_case: Any, close: Any) -> None:
    expected = rma_mv_case.case["output"]
    found = multilevel_answer(rma_mv_case, rma_mv_case.case["random"], expected["names"])
    for word in ("beta", "se", "ci_lb", "ci_ub", "Q", "ll_reml"):
        assert word not in expected or close(found[word], expected[word], rtol=PRECISION), word


def multilevel_answer(case: Any, random: str, names: list[str], **more: Any) -> dict[str, Any]:
    data = dict(case.data)
    k = len(data["yi"])
    options: dict[str, Any] = {}
    if "V" in data:
        options["V"] = np.array(data.pop("V"), float).reshape(k, k).tolist()
    inner, outer = (part.strip() for part in random.removeprefix("~").split("|"))
    options |= {"nested": outer.split("/")} if inner == "1" else {"inner": inner, "outer": outer}
    mods = [n for n in data if n not in {"yi", "vi"} and any(x.startswith(n) for x in names)]
    if mods:
        options |= {"mods": mods, "intercept": "intrcpt" in names}
    return ask(data, **options, **more)


def test_robust(robust_case: Any, close: Any) -> None:
    from tests.pooling.conftest import reference_cases

    case = robust_case.case
    of = next(
        c for c in reference_cases("rma_mv") if (c.dataset, c.case["structure"]) == (robust_case.dataset, case["of"])
    )
    names = of.case["output"]["names"]
    answer = multilevel_answer(of, of.case["random"], names, cluster="district", robust=case["type"][:3])
    for word, value in case["output"].items():
        found = answer["robust"][word]
        theirs = value * len(found) if word == "df" and len(value) == 1 else value
        assert close(found, theirs, rtol=PRECISION), word


def test_nma(nma_case: Any, close: Any) -> None:
    expected, options = nma_case.case["output"], {"small_values": nma_case.case["small_values"]}
    answer = ask(nma_case.case["input"], network=options)
    place = [answer["trts"].index(t) for t in expected["trts"]]
    floor = 1e-9 * max(max(row) for row in expected["seTE_common"])
    for word in ("TE_common", "seTE_common", "TE_random", "seTE_random", "pi_lb", "pi_ub"):
        for i, row in zip(place, expected[word], strict=True):
            assert close([answer[word][i][j] for j in place], row, floor=floor), word
    scores = dict(zip(answer["trts"], answer["pscores"], strict=True))
    assert close([scores[t] for t in expected["rank"]["trts"]], expected["rank"]["random"])
    assert answer["decomposition"]["total"]["Q"] == pytest.approx(expected["Q"], rel=1e-9)


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


def test_the_library_and_the_request_give_the_same_bits() -> None:
    data: dict[str, Any] = {"yi": [0.1, 0.4, 0.2, 0.5], "vi": [0.1, 0.2, 0.1, 0.1], "g": [1, 1, 2, 2]}
    answer = ask(data, nested=["g"])
    library = multilevel(data["yi"], data["vi"], nested=[data["g"]])
    assert answer["beta"] == library.beta.tolist()
