"""Effects and variances against metafor's escalc and R meta's metacont."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import pytest

from kg.errors import InputRefused, NotPoolable
from kg.pooling import escalc
from kg.pooling.regression import regress

COLUMNS = re.compile(r"(\w+) = (?:d\$)?(\w+)")
DATA_NAMES = {"m1": "m1i", "s1": "sd1i", "n1": "n1i", "m2": "m2i", "s2": "sd2i", "n2": "n2i"}
OPTIONS = {"measure", "to", "add", "drop00", "vtype", "correct"}


def arguments(case: Any) -> dict[str, Any]:
    """The call of the oracle as keyword arguments of ours."""
    call = case.case["call"]
    given: dict[str, Any] = {name: case.case[name] for name in OPTIONS if name in case.case}
    for name, value in re.findall(r'(measure|vtype) = "(\w+)"', call):
        given[name] = value
    for name, column in COLUMNS.findall(call):
        source = DATA_NAMES.get(column, column)
        if name not in OPTIONS and source in case.data:
            given[name] = case.data[source]
    return given


def check(effects: Any, output: dict[str, Any], close: Any, skip: Collection[int] = ()) -> None:
    shown = effects.to_dict()
    for column, floor in (("yi", 1e-14), ("vi", 1e-18)):
        for row, expected in enumerate(output[column]):
            assert row in skip or close(shown[column][row], expected, floor=floor), (row, column)


def test_escalc_agrees_with_metafor(escalc_case: Any, close: Any) -> None:
    effects = escalc(**arguments(escalc_case))
    check(effects, escalc_case.case["output"], close, skip=overflown(escalc_case))


def overflown(case: Any) -> set[int]:
    """Rows for which the oracle has no phi: R multiplies the four margins as 32-bit integers, NA from 2^31 on."""
    if case.case.get("measure") != "PHI":
        return set()
    tables = zip(*(case.data[cell] for cell in ("ai", "bi", "ci", "di")), case.case["output"]["yi"], strict=True)
    return {
        row
        for row, (a, b, c, d, phi) in enumerate(tables)
        if phi is None and None not in (a, b, c, d) and (a + b) * (c + d) * (a + c) * (b + d) >= 2**31
    }


def test_smd_agrees_with_r_meta(meta_smd_case: Any, close: Any) -> None:
    case, data = meta_smd_case.case, meta_smd_case.data
    hows: dict[tuple[str, bool], dict[str, Any]] = {
        ("Hedges", True): {"measure": "SMD", "vtype": "WT"},
        ("Hedges", False): {"measure": "SMD", "vtype": "REVMAN"},
        ("Cohen", True): {"measure": "SMD", "vtype": "WT", "correct": False},
        ("Cohen", False): {"measure": "SMD", "vtype": "LS", "correct": False},
        ("Glass", True): {"measure": "SMD1", "vtype": "META", "correct": False},
        ("Glass", False): {"measure": "SMD1", "vtype": "META", "correct": False},
    }
    how = hows[case["method_smd"], case["exact_smd"]]
    effects = escalc(**how, **{name: data[name] for name in ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")})
    assert close(effects.yi.tolist(), case["output"]["TE"])
    assert close((effects.vi**0.5).tolist(), case["output"]["seTE"])


def test_single_means_agree_with_metafor(single_mean_case: Any, close: Any) -> None:
    case = single_mean_case.case
    check(escalc(case["measure"], **case["input"]), case["output"], close)


def test_paired_means_agree_with_metafor(paired_case: Any, close: Any) -> None:
    case = paired_case.case
    check(escalc(case["measure"], **case["input"]), case["output"], close)


def test_impossible_input_is_refused(refuse_case: Any) -> None:
    data = refuse_case.data
    with pytest.raises((NotPoolable, InputRefused)):
        if "mods" in data:
            regress(**data | {"mods": {"moderator": data["mods"]}})
        else:
            escalc(measure_for(refuse_case), **data)


def measure_for(case: Any) -> str:
    """A measure that the columns of a case fit; ratios only where the case is about them."""
    if "rom" in case.dataset:
        return "ROM"
    return next(m for column, m in {"ai": "RR", "m1i": "MD", "ri": "ZCOR", "yi": "GEN"}.items() if column in case.data)
