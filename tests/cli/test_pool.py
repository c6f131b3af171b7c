"""``kg pool``: a CSV file in, metafor's numbers out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import kg


@pytest.fixture
def bcg(shared: Path, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """The BCG trials as a CSV file, and the reference results."""
    reference = json.loads((shared / "reference/metafor/bcg.json").read_text(encoding="utf-8"))
    data = {name: column for name, column in reference["data"].items() if name in ("label", "ai", "bi", "ci", "di")}
    names = ["study" if name == "label" else name for name in data]
    lines = [",".join(names), *(",".join(map(str, row)) for row in zip(*data.values(), strict=True))]
    path = tmp_path / "bcg.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path, reference


def test_json_has_the_reference_numbers(bcg: tuple[Path, dict[str, Any]]) -> None:
    path, reference = bcg
    done = kg("memory:", "pool", str(path), "--measure", "RR", "--method", "REML", "--test", "hk", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    case = next(
        c
        for c in reference["cases"]
        if c["kind"] == "rma" and c["method"] == "REML" and c["test"] == "knha" and c.get("level", 95) == 95
    )
    for word in ("beta", "se", "ci_lb", "ci_ub"):
        assert found[word] == pytest.approx(case["output"][word], rel=1e-9)
    assert found["tau2"] == pytest.approx(case["output"]["tau2"], rel=1e-9)


def test_text_reads_like_the_print_of_metafor(bcg: tuple[Path, dict[str, Any]]) -> None:
    told = kg("memory:", "pool", str(bcg[0]), "--measure", "RR", "--leave1out", "--set", "ranktest=true").stdout
    for part in ("Random-Effects Model (k = 13", "tau^2", "I^2", "Test for Heterogeneity", "estimate", "ci.lb"):
        assert part in told, told


@pytest.mark.parametrize(
    ("content", "more", "status", "told"),
    [
        ("yi,vi\n1,0\n", (), 1, "vi"),
        ("yi,vi\n1,x\n", (), 1, "vi"),
        ("yi,vi\n1\n", (), 1, ":2:"),
        ("yi,yi\n1,2\n", (), 1, ":1:"),
        ("yi,vi\n1,1\n", ("--measure", "XX"), 1, "XX"),
        ("yi,vi\n1,1\n", ("--method", "EE", "--test", "hk"), 1, "EE"),
        ("yi,vi\n1,1\n", ("--set", "nothing"), 2, "name=value"),
    ],
)
def test_what_cannot_be_pooled_is_refused(
    tmp_path: Path, content: str, more: tuple[str, ...], status: int, told: str
) -> None:
    path = tmp_path / "data.csv"
    path.write_text(content, encoding="utf-8")
    done = kg("memory:", "pool", str(path), *more)
    assert done.returncode == status
    assert told in done.stderr
    assert done.stdout == ""
