"""A row that breaks a rule keeps everything out, and the refusal says file, line, column, rule and remedy."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import InputRefused
from kg.evidence_base import EvidenceBase
from kg.settings import Settings
from tests.conftest import ROOT

BROKEN = {
    "events above total": (
        "dichotomous-results",
        ",8,12,",
        ",18,12,",
        "column events",
        "DichotomousResultShape-events",
    ),
    "SD of zero": ("continuous-results", ",60.0339,38.0303,", ",60.0339,0,", "column sd", "ContinuousResultShape-sd"),
    "unknown drug": (
        "arms",
        ",experimental,esketamine,",
        ",experimental,nothing,",
        "column studied",
        "ArmShape-studied",
    ),
    "year of another age": (
        "trials",
        ",2009,10.1016/j.pain.2009.06.023,",
        ",1209,10.1016/j.pain.2009.06.023,",
        "year",
        "StudyShape-year",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_is_refused_with_its_place(case: str, store_url: str, tmp_path: Path) -> None:
    table, good, bad, column, rule = BROKEN[case]
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data", data)
    path = data / f"evidence/{table}.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    number = next(i for i, line in enumerate(lines) if good in line)
    lines[number] = lines[number].replace(good, bad)
    path.write_text("".join(lines), encoding="utf-8")
    settings = replace(Settings.read(store_url), data=data)
    with EvidenceBase.open(settings, "write") as base:
        before = base.store.fingerprint(), base.store.head().number
        with pytest.raises(InputRefused) as refused:
            base.build()
        assert (base.store.fingerprint(), base.store.head().number) == before
    told = str(refused.value)
    assert f"{table}.csv:{number + 1}: " in told
    assert column in told
    assert rule in told
    assert "nothing was written" in told
