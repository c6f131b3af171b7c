"""The reference numbers through the request layer, kind by kind, at the tolerances of the library's own tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from kg.errors import EvidenceError, NotPoolable
from tests.pooling.asked import CLOSER, ask
from tests.pooling.complete_studies import typical
from tests.pooling.test_escalc_reference import OPTIONS, arguments, measure_for, overflown
from tests.pooling.test_pool_reference import check_rma
from tests.pooling.test_stratified_reference import tables


def effects_of(case: Any) -> dict[str, Any]:
    return {"yi": case.model_input["yi"], "vi": case.model_input["vi"]}


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


def test_what_must_be_refused(refuse_case: Any) -> None:
    data = {name: column if isinstance(column, list) else [column] for name, column in refuse_case.data.items()}
    mods = data.pop("mods", None)
    options: dict[str, Any] = {"mods": ["moderator"]} if mods else {}
    data |= {"moderator": mods} if mods else {}
    with pytest.raises(EvidenceError):
        ask(data, measure=measure_for(refuse_case), **options)
