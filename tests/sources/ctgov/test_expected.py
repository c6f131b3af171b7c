"""Every value that was read by eye from a record is found again in its rows; a key that is not known here fails."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isclose, sqrt
from pathlib import Path
from typing import Any

import pytest

from kg.model.records import ContinuousResult, ContrastResult, DichotomousResult, Words
from kg.sources.ctgov.codes import code
from kg.sources.ctgov.words import folded, group_title

from .reading import Read, Result, Rows, text

NAMES = (
    *("NCT00281684.json", "NCT02863575.json", "NCT02251431.json", "NCT02742129.json", "NCT02552212.json"),
    *("NCT02438137.xml", "NCT02317510.xml"),
)
PLACES = {
    ".json": "/resultsSection/outcomeMeasuresModule/outcomeMeasures/{index}/",
    ".xml": "clinical_results/outcome_list/outcome[{number}]/",
}
STATISTICS = {"MEAN": "arithmeticMean", "LEAST_SQUARES_MEAN": "leastSquaresMean", "MEDIAN": "medianStatistic"}
SPREADS = {"SD": "sd", "SE": "se"}
TOTALS = {
    "serious": "serious-adverse-events",
    "other": "other (non-serious) adverse events above the threshold",
    "deaths": "deaths from any cause",
}
Check = Callable[[Rows, Any], None]


def same(found: object, expected: float) -> bool:
    return isinstance(found, Decimal | int) and found == Decimal(str(expected))


def each(checks: Mapping[str, Check], rows: Rows, expected: Mapping[str, Any], *passed: str) -> None:
    for key, value in expected.items():
        if key not in passed:
            assert key in checks, f"{key} is not checked"
            checks[key](rows, value)


def conditions(rows: Rows, expected: list[str]) -> None:
    assert set(expected) <= {text(c) for c in rows.trial.condition}
    assert rows.trial.condition_text == "; ".join(expected)


def mesh(rows: Rows, expected: list[str] | bool) -> None:
    ids = {i for c in rows.trial.condition if isinstance(c, Words) for i in c.ids}
    assert all(re.fullmatch(r"MESH:D\d+", i) for i in ids)
    assert bool(ids) if expected is True else {f"MESH:{i}" for i in expected or ()} <= ids


def allocation(rows: Rows, expected: str) -> None:
    assert rows.trial.allocation == code(expected)
    assert rows.trial.study_type == "RandomisedTrial"


def model(rows: Rows, expected: str) -> None:
    assert rows.trial.design == (code(expected) or "").lower()


def masking(rows: Rows, expected: str | None) -> None:
    assert (rows.trial.blinding or "").split(" (")[0] == (expected or "")


def enrolment(rows: Rows, expected: int) -> None:
    assert rows.trial.enrolled == expected


def arm_titled(rows: Rows, arm: str, title: str) -> None:
    assert folded(rows.arms[arm].arm_label or "") == folded(group_title(title))


def result(row: Result, expected: Mapping[str, Any], rows: Rows) -> None:
    known = {"group", "title", "n", "value", "dispersion", "spread", "sd", "events"}
    assert set(expected) <= known
    if "title" in expected:
        arm_titled(rows, row.arm, expected["title"])
    n = row.n if isinstance(row, ContinuousResult) else row.total
    assert n is not None and n == expected["n"]
    if isinstance(row, DichotomousResult):
        assert same(row.percentage if row.percentage is not None else row.events, expected["value"])
        if row.percentage is not None:
            assert row.events is None, "a percentage is not turned into events as if they were posted"
            assert round(row.percentage * n / 100) == expected["events"]
        return
    values = (row.mean, row.median, row.geometric_mean, row.number_value)
    assert [v for v in values if v is not None and same(v, expected["value"])]
    column = SPREADS[expected["dispersion"]]
    assert same(getattr(row, column), expected["spread"])
    assert getattr(row, {"sd": "se", "se": "sd"}[column]) is None
    if "sd" in expected and column == "se":
        assert isclose(float(row.se or 0) * sqrt(n), expected["sd"], abs_tol=1e-4)


def results(rows: list[Result], expected: list[Mapping[str, Any]], whole: Rows) -> None:
    for one in expected:
        found = [row for row in rows if row.group_id == one["group"]]
        assert len(found) == 1, f"{len(found)} rows for {one['group']}"
        result(found[0], one, whole)


def of_class(row: Result, title: str) -> bool:
    return row.class_text == title or (row.timepoint_text or "").startswith(f"{title}; time frame: ")


def outcome(rows: Rows, expected: Mapping[str, Any]) -> None:
    index = expected["index"]
    suffix = Path(rows.unit.place.split("#")[0].split(":")[0]).suffix
    place = PLACES[suffix].format(index=index, number=index + 1)
    own = [row for row in rows.results if row.locator.startswith(place)]
    assert own
    known = {"index", "type", "title", "title_starts", "time_frame", "unit", "param", "dispersion", "arms", "classes"}
    assert set(expected) <= known | {"analysis", "trap"}
    for row in own:
        assert (row.note or "").startswith(f"{expected['type'].capitalize()} outcome measure")
        assert text(row.outcome).startswith(expected.get("title", expected.get("title_starts", "")))
        assert expected.get("time_frame", "") in (row.timepoint_text or "")
        assert expected["unit"] in (row.unit_text or "" if isinstance(row, ContinuousResult) else row.reported_text)
        assert (expected["dispersion"] or "").lower() in row.reported_text
        if isinstance(row, ContinuousResult):
            assert row.statistic == STATISTICS[code(expected["param"]) or ""]
        else:
            assert expected["param"] in ("NUMBER", "COUNT_OF_PARTICIPANTS")
    if "arms" in expected:
        results(own, expected["arms"], rows)
    for one in expected.get("classes", ()):
        results([row for row in own if of_class(row, one["class"])], one["arms"], rows)
    if "analysis" in expected:
        arms = {row.group_id: row.arm for row in own}
        found = [row for row in rows.contrasts if row.locator.startswith(place)]
        analysis(found, expected["analysis"], arms)


def analysis(rows: list[ContrastResult], expected: Mapping[str, Any], arms: Mapping[str | None, str]) -> None:
    assert set(expected) <= {
        *("groups", "param_type", "value", "ci", "ci_pct", "p", "method", "dispersion", "dispersion_value"),
    }
    (row,) = (row for row in rows if same(row.estimate, expected["value"]))
    if "groups" in expected:
        assert {row.experimental_arm, row.control_arm} == {arms[g] for g in expected["groups"]}
    assert row.measure_text == expected.get("param_type", row.measure_text)
    if "ci" in expected:
        assert same(row.ci_low, expected["ci"][0])
        assert same(row.ci_high, expected["ci"][1])
        assert same(row.ci_level, expected.get("ci_pct", 95))
    assert (row.p_text or "").replace(" ", "") == expected.get("p", row.p_text)
    assert row.method_text == expected.get("method", row.method_text)
    if "dispersion_value" in expected:
        assert expected["dispersion"].startswith("Standard Error")
        assert same(row.se, expected["dispersion_value"])


def adverse_events(rows: Rows, expected: Mapping[str, Any]) -> None:
    for group in expected["groups"]:
        assert set(group) <= {"group", "title", *TOTALS}
        for kind, words in TOTALS.items():
            found = [row for row in rows.of_outcome(words) if row.group_id == group["group"]]
            if kind in group:
                (row,) = found
                assert isinstance(row, DichotomousResult)
                assert [row.events, row.total] == group[kind]
                if "title" in group:
                    arm_titled(rows, row.arm, group["title"])
    for term in expected.get("terms", ()):
        assert set(term) <= {"kind", "term", "counts", "events"}
        words = term["term"] if term["kind"] == "other" else f"serious: {term['term']}"
        for group, counts in term["counts"].items():
            row = rows.counted(words, group_id=group)
            assert [row.events, row.total] == counts
            assert row.episodes == term.get("events", {}).get(group, row.episodes)


def flow(folder: Path, name: str) -> Check:
    def check(rows: Rows, expected: Mapping[str, Mapping[str, int]]) -> None:
        record = json.loads((folder / name).read_text(encoding="utf-8"))
        titles = {g["id"]: g["title"] for g in record["resultsSection"]["participantFlowModule"]["groups"]}
        for group, counts in expected.items():
            (arm,) = (a for a in rows.arms.values() if folded(a.arm_label or "") == folded(titles[group]))
            assert {"started": arm.started, "completed": arm.completed} == counts

    return check


def found_again(rows: Rows, expected: Mapping[str, Any], folder: Path) -> None:
    """Fail for every value of an expected record that its rows do not have, and for keys that are not known here."""
    checks: dict[str, Check] = {
        "conditions": conditions,
        "mesh_conditions": mesh,
        "mesh_condition_ids": mesh,
        "allocation": allocation,
        "intervention_model": model,
        "masking": masking,
        "enrollment": enrolment,
        "outcome": outcome,
        "adverse_events": adverse_events,
        "flow": flow(folder, expected["file"]),
    }
    each(checks, rows, expected, "file")


@pytest.mark.parametrize("name", NAMES)
def test_every_expected_value_is_found(name: str, folder: Path, read: Read) -> None:
    listed = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["records"]
    assert {record["file"] for record in listed} == set(NAMES), "the list of records has changed"
    (expected,) = (record for record in listed if record["file"] == name)
    found_again(read(name), expected, folder)
