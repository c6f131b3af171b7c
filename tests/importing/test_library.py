"""A library of Cochrane reviews through the gate, and every review answered: the numbers are metafor's."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cochrane_library import rows

SMALL = frozenset(
    {"CD001552_pub3", "CD013853_pub2", "CD012265_pub2", "CD010163_pub3", "CD009945_pub3", "CD014803_pub2",
     "CD007895_pub3"}
)  # fmt: skip
"""Small reviews; the first two have rows with an SD of zero."""


def kg(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    given = [sys.executable, "-m", "kg", "--quiet", "--json", "--store", f"oxigraph:{folder / 'store'}", *words]
    return subprocess.run(given, capture_output=True, text=True, check=False)


def answers(folder: Path) -> Iterator[dict[str, Any]]:
    done = kg(folder, "review", "--all")
    assert done.returncode == 0, done.stderr
    for review in json.loads(done.stdout)["reviews"]:
        yield from review["analyses"]


def agreeing(found: dict[tuple[str, str], dict[str, Any]], reference: list[dict[str, str]]) -> int:
    """Count the analyses that are as metafor has them."""
    for row in reference:
        answer = found[row["review"].lower().replace("_", "-"), row["analysis"]]
        assert answer["k"] == int(row["k"]), row
        for ours, theirs in (
            (answer["estimate"], "DL_beta"),
            *zip(answer["ci"], ("DL_ci_lb", "DL_ci_ub"), strict=True),
        ):
            scale = max(abs(float(row[theirs])), float(row["DL_se"]))
            assert abs(ours - float(row[theirs])) <= 1e-9 * scale, (row, theirs, ours)
    return len(reference)


def by_analysis(found: Iterator[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(parts[0], parts[2]): answer for answer in found if (parts := answer["analysis"].rpartition("-"))}


def imported(folder: Path, table: Path) -> dict[str, Any]:
    done = kg(folder, "import", str(table))
    assert done.returncode == 1, "rows with an SD of zero are refused"
    report: dict[str, Any] = json.loads(done.stdout)
    assert not report["refused"]
    for record in report["rows_left_out"]:
        assert all(fault["rule"] and fault["place"].startswith(table.name) for fault in record["faults"])
    return report


def test_reviews_of_the_library_come_in_and_their_pools_are_those_of_metafor(shared: Path, tmp_path: Path) -> None:
    with gzip.open(shared / "data/cochrane-library/rows.csv.gz", "rt", encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        assert table.fieldnames is not None
        with (tmp_path / "rows.csv").open("w", encoding="utf-8", newline="") as few:
            written = csv.DictWriter(few, table.fieldnames)
            written.writeheader()
            written.writerows(row for row in table if row["review"] in SMALL)
    kg(tmp_path, "build")
    report = imported(tmp_path, tmp_path / "rows.csv")
    kinds = Counter(name.partition("/")[0] for name in report["records"]["new"])
    assert (kinds["reviews"], kinds["protocols"], kinds["revman"]) == (7, 7, 41)
    assert report["counts"]["rows_left_out"] == 2
    reference = [row for row in rows("reference.csv.gz") if row["review"] in SMALL]
    assert agreeing(by_analysis(answers(tmp_path)), reference) > 20


@pytest.mark.lengthy
def test_the_whole_library_comes_in_and_every_pool_is_that_of_metafor(shared: Path, tmp_path: Path) -> None:
    kg(tmp_path, "build")
    report = imported(tmp_path, shared / "data/cochrane-library/rows.csv.gz")
    kinds = Counter(name.partition("/")[0] for name in report["records"]["new"])
    assert kinds == {"analyses": 6593, "revman": 4785, "reviews": 198, "protocols": 198}
    assert report["counts"]["rows_left_out"] == 123
    assert agreeing(by_analysis(answers(tmp_path)), rows("reference.csv.gz")) == 4047
