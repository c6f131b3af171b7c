"""Subgroups against metafor."""

from __future__ import annotations

from typing import Any

import pytest

from kg.errors import NotPoolable
from kg.pooling.subgroups import subgroups
from tests.pooling.complete_studies import complete


def test_subgroup_agrees_with_metafor(subgroup_case: Any, close: Any) -> None:
    yi, vi, rows = complete(subgroup_case)
    case, group = subgroup_case.case, subgroup_case.case["group"]
    keep = [j for j, i in enumerate(rows) if group[i] is not None]
    found = subgroups(yi[keep], vi[keep], [group[rows[j]] for j in keep], method=case["method"])
    assert list(found.levels) == case["levels"]
    floors = {"tau2": 1e-10, "common_tau2": 1e-10, "I2": 1e-6, "Q": 1e-12}
    for word, value in case["output"].items():
        if word != "separate_tau2":
            assert close(getattr(found, word), value, floor=floors.get(word, 1e-300)), word
    for part, expected in zip(found.separate_tau2, case["output"]["separate_tau2"], strict=True):
        ours = part.to_dict()
        for word, value in expected.items():
            if word != "level":
                got = ours[word][0] if isinstance(ours[word], list) else ours[word]
                assert close(got, value, floor=floors.get(word, 1e-300)), word


def test_a_missing_label_names_the_study() -> None:
    with pytest.raises(NotPoolable, match="group of B is missing"):
        subgroups([0.1, 0.2, 0.3, 0.5], [0.1] * 4, ["x", None, "y", "y"], study=["A", "B", "C", "D"])
    with pytest.raises(NotPoolable, match="one level"):
        subgroups([0.1, 0.2], [0.1, 0.1], ["x", "x"])
