"""The reference numbers through the request layer, kind by kind, at the tolerances of the library's own tests.

Kinds with known differences (trim and fill, selection models, generalised linear mixed models) are held against the
library instead, number by number: its tests hold them against the reference.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from kg.errors import EvidenceError, NotPoolable
from kg.pooling import glmm, multilevel, step_selection, trim_and_fill
from tests.pooling.asked import ask
from tests.pooling.complete_studies import complete, typical
from tests.pooling.test_escalc_reference import OPTIONS, arguments, measure_for, overflown
from tests.pooling.test_multilevel import PRECISION
from tests.pooling.test_pool_reference import check_rma
from tests.pooling.test_stratified_reference import tables

CLOSER = 1e-300


def effects_of(case: Any) -> dict[str, Any]:
    return {"yi": case.model_input["yi"], "vi": case.model_input["vi"]}


def complete_effects(case: Any) -> dict[str, Any]:
    yi, vi, _ = complete(case)
    return {"yi": yi.tolist(), "vi": vi.tolist()}


def check_effects(answer: dict[str, Any], output: dict[str, Any], close: Any, skip: Any = ()) -> None:
    assert set(answer) == {"yi", "vi"}
    for column, floor in (("yi", 1e-14), ("vi", 1e-18)):
        for row, expected in enumerate(output[column]):
            assert row in skip or close(answer[column][row], expected, floor=floor), (row, column)


def test_escalc(escalc_case: Any, close: Any) -> None:
    given = arguments(escalc_case)
    options = {name: given.pop(name) for name in OPTIONS if name in given}
    answer = ask(given, method="none", **options)
    check_effects(answer, escalc_case.case["output"], close, overflown(escalc_case))


def test_single_mean(single_mean_case: Any, close: Any) -> None:
    case = single_mean_case.case
    check_effects(ask(case["input"], method="none", measure=case["measure"]), case["output"], close)


def test_paired(paired_case: Any, close: Any) -> None:
    case = paired_case.case
    check_effects(ask(case["input"], method="none", measure=case["measure"]), case["output"], close)


def test_rma(rma_case: Any, close: Any) -> None:
    case, data = rma_case.case, effects_of(rma_case)
    how = {name: case[name] for name in ("method", "test", "level")}
    if case["method"] == "EE" and case["test"] in {"knha", "adhoc"}:
        with pytest.raises(NotPoolable, match="ask for test z"):
            ask(data, **how)
        return
    if "weights" in case:
        data["weights"] = [1 / math.sqrt(v) for v in data["vi"]]
    check_rma(ask(data, **how), case["output"], close, data["vi"])


def test_tau2_ci(tau2_ci_case: Any, close: Any) -> None:
    case, data = tau2_ci_case.case, effects_of(tau2_ci_case)
    answer = ask(data, method=case["method"], level=case["level"], tau2_ci=case["ci_type"])
    assert close(answer["tau2_ci"], case["output"]["tau2"], floor=1e-7 * typical(data["vi"]))


def test_meta_metagen(meta_metagen_case: Any, close: Any) -> None:
    case, expected, data = meta_metagen_case.case, meta_metagen_case.case["output"], effects_of(meta_metagen_case)
    test = {"": "hk", "se": "hk-adhoc", "IQWiG6": "hk-iqwig", "ci": "hk-ci"}[case["adhoc_hakn"]]
    answer = ask(data, method=case["method"], test="wald" if case["random_ci"] == "classic" else test)
    scale = typical(data["vi"])
    se = answer["se"][0] or 1e-3 * math.sqrt(scale)
    pairs = {"TE": "beta", "seTE": "se", "lower": "ci_lb", "upper": "ci_ub"}
    for theirs, ours in pairs.items():
        assert close(answer[ours][0], expected[theirs], floor=1e-9 * se), theirs
    assert close(answer["tau2"], expected["tau2"], floor=1e-7 * scale)
    assert close(answer["I2_Q"] / 100, expected["I2"], floor=1e-9)
    predicted = ask(data, method=case["method"], pi_df={"HTS": "k-2", "V": "k-1", "S": "z"}[case["method_predict"]])
    floor = 1e-9 * (predicted["se"][0] + math.sqrt(predicted["tau2"]))
    assert close([predicted["pi_lb"], predicted["pi_ub"]], [expected["pi_lb"], expected["pi_ub"]], floor=floor)


def test_mh(mh_case: Any, close: Any) -> None:
    case, expected = mh_case.case, mh_case.case["output"]
    to = {"default": "only0", "add_half_all": "all", "none": "none"}[case["correction"]]
    how = {"measure": case["measure"], "method": "MH", "to": to, "correct_cmh": case.get("correct_cmh", True)}
    if expected["beta"] is None:
        with pytest.raises(NotPoolable):
            ask(tables(mh_case), **how)
        return
    answer = ask(tables(mh_case), **how)
    check_common(answer, expected, close)
    for word in ("CMH", "CMH_p", "BD", "BD_p", "TA", "TA_p"):
        assert word not in expected or close((answer["tests"] or {}).get(word), expected[word], floor=1e-12), word


def check_common(answer: dict[str, Any], expected: dict[str, Any], close: Any) -> None:
    z = abs(answer["stat"][0] or 0.0)
    for theirs, ours in {"beta": "beta", "se": "se", "ci_lb": "ci_lb", "ci_ub": "ci_ub", "zval": "stat"}.items():
        wanted = expected.get(theirs, answer[ours][0])
        assert close(answer[ours][0], wanted, floor=1e-9 * expected["se"]), theirs
    assert "pval" not in expected or close(answer["pval"][0], expected["pval"], 1e-9 * (1 + z))
    for word in ("Q", "Q_p", "I2", "k"):
        assert word not in expected or close(answer[word], expected[word], floor=1e-9), word


def test_peto(peto_case: Any, close: Any) -> None:
    check_common(ask(tables(peto_case), measure="PETO", method="PETO"), peto_case.case["output"], close)


def test_meta_metabin(meta_metabin_case: Any, close: Any) -> None:
    case, expected = meta_metabin_case.case, meta_metabin_case.case["output"]
    method, sm, data = case["method"], case["sm"], tables(meta_metabin_case)
    how: dict[str, Any] = {"measure": "PETO", "to": "none"} if method == "Peto" else {"measure": sm}
    how |= {"vtype": "META"} if sm in {"RR", "RD"} and method != "Peto" else {}
    how |= {"drop00": {"OR": True, "RR": "events", "RD": False}[sm], "mh_add": 0.5}
    common = {"MH": "MH", "Peto": "PETO", "Inverse": "FE"}[method]
    if expected["TE_common"] is None:
        with pytest.raises(NotPoolable):
            ask(data, method=common, **how)
        return
    for name, chosen in (("common", common), ("random", "DL-MH" if method == "MH" else "DL")):
        answer = ask(data, method=chosen, **how)
        theirs = [expected[f"TE_{name}"], expected[f"se_{name}"]]
        assert close([answer["beta"][0], answer["se"][0]], theirs, floor=1e-12), name


def test_metareg(metareg_case: Any, close: Any) -> None:
    case, data = metareg_case.case, effects_of(metareg_case)
    names = [name for name in case["design_names"] if name != "(Intercept)"]
    place = {name: case["design_names"].index(name) for name in names}
    data |= {f"mod {name}": [row[j] for row in case["design"]] for name, j in place.items()}
    answer = ask(
        data,
        mods=[f"mod {name}" for name in names],
        intercept="(Intercept)" in case["design_names"],
        method=case["method"],
        test=case["test"],
        tau2_ci="tau2_ci_qp" in case["output"],
    )
    scale = typical(np.array([v for v in data["vi"] if v is not None]))
    floors = {"tau2": 1e-7 * scale, "tau2_ci_qp": 1e-7 * scale, "se_tau2": 1e-9 * scale, "I2": 1e-5, "R2": 1e-5}
    floors |= dict.fromkeys(("beta", "ci_lb", "ci_ub", "fitted"), 1e-9 * min(answer["se"]))
    for word, value in case["output"].items():
        got: Any = answer.get("tau2_ci" if word == "tau2_ci_qp" else word)
        if word in {"names", "vb", "aic_ml", "bic_ml"}:
            continue
        assert close(got[:1] if word == "df" else got, value, floor=floors.get(word, CLOSER)), word


def test_subgroup(subgroup_case: Any, close: Any) -> None:
    case, data = subgroup_case.case, effects_of(subgroup_case)
    keep = [i for i, label in enumerate(case["group"]) if label is not None and data["yi"][i] is not None]
    data = {name: [column[i] for i in keep] for name, column in data.items()}
    answer = ask(data | {"group": [case["group"][i] for i in keep]}, method=case["method"], subgroup="group")
    assert [part["label"] for part in answer["subgroup"]] == case["levels"]
    for part, expected in zip(answer["subgroup"], case["output"]["separate_tau2"], strict=True):
        for word, value in expected.items():
            got = part["label"] if word == "level" else part[word]
            floor = {"tau2": 1e-10, "I2": 1e-6, "Q": 1e-12}.get(word, CLOSER)
            assert close(got[0] if isinstance(got, list) else got, value, floor=floor), word
    found = answer["subgroup_test"]
    renamed = {"Q_between_separate": "Q_between"}
    for word, value in case["output"].items():
        if word != "separate_tau2":
            assert close(found[renamed.get(word, word)], value, floor=1e-10 if word == "common_tau2" else CLOSER), word


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


def test_what_must_be_refused(refuse_case: Any) -> None:
    data = {name: column if isinstance(column, list) else [column] for name, column in refuse_case.data.items()}
    mods = data.pop("mods", None)
    options: dict[str, Any] = {"mods": ["moderator"]} if mods else {}
    data |= {"moderator": mods} if mods else {}
    with pytest.raises(EvidenceError):
        ask(data, measure=measure_for(refuse_case), **options)


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


def test_the_library_and_the_request_give_the_same_bits() -> None:
    data: dict[str, Any] = {"yi": [0.1, 0.4, 0.2, 0.5], "vi": [0.1, 0.2, 0.1, 0.1], "g": [1, 1, 2, 2]}
    answer = ask(data, nested=["g"])
    library = multilevel(data["yi"], data["vi"], nested=[data["g"]])
    assert answer["beta"] == library.beta.tolist()
