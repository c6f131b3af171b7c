"""Every cell, every count of adverse events and every analysis of two groups of all 37 records has its row.

The files are walked here by plain loops, apart from the importer.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from kg.model.records import ContinuousResult, ContrastResult, DichotomousResult
from kg.sources import ctgov
from kg.sources.incoming import Unit
from tests.conftest import SHARED

from .reading import Read, Rows

FILES = sorted(p.name for p in (SHARED / "data" / "ctgov").glob("NCT*"))
OUTCOMES = "/resultsSection/outcomeMeasuresModule/outcomeMeasures"
EVENTS = "/resultsSection/adverseEventsModule"
CENTRES = ("mean", "median", "geometric_mean", "number_value")
SPREADS = {"Standard Deviation": "sd", "Standard Error": "se", "Geometric Coefficient of Variation": "geometric_cv"}
LIMITS = {
    "Inter-Quartile Range": ("q1", "q3"),
    "Full Range": ("minimum", "maximum"),
    "95% Confidence Interval": ("ci_low", "ci_high"),
}


def decimal(text: str | None) -> Decimal | None:
    try:
        return Decimal((text or "").replace(",", ""))
    except InvalidOperation:
        return None


def value(row: ContinuousResult | DichotomousResult) -> Decimal | int | None:
    if isinstance(row, DichotomousResult):
        return row.percentage if row.percentage is not None else row.events
    return next((v for name in CENTRES if (v := getattr(row, name)) is not None), None)


def cells(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    measures = record.get("resultsSection", {}).get("outcomeMeasuresModule", {}).get("outcomeMeasures", [])
    for m, measure in enumerate(measures):
        for c, row in enumerate(measure.get("classes", [])):
            counts = {
                n["groupId"]: n["value"]
                for denominator in [*measure["denoms"], *row.get("denoms", [])]
                if denominator["units"] == "Participants"
                for n in denominator["counts"]
            }
            for k, category in enumerate(row.get("categories", [])):
                for i, cell in enumerate(category["measurements"]):
                    if counts.get(cell["groupId"]) != "0":
                        yield f"{OUTCOMES}/{m}/classes/{c}/categories/{k}/measurements/{i}", measure, cell


def test_there_are_37_records_and_each_is_a_unit(folder: Path) -> None:
    units = list(ctgov.read(folder))
    assert len(FILES) == len(units) == 37
    for unit, file in zip(units, FILES, strict=True):
        assert isinstance(unit, Unit)
        assert unit.source == "ctgov"
        assert unit.name == file[:11].lower()
        assert unit.place.split(":")[0] == file


@pytest.mark.parametrize("name", [f for f in FILES if f.endswith(".json")])
def test_every_cell_of_a_json_record_has_its_row(name: str, folder: Path, read: Read) -> None:
    record = json.loads((folder / name).read_text(encoding="utf-8"))
    rows = {row.locator: row for row in read(name).results if row.locator.startswith(OUTCOMES)}
    found = list(cells(record))
    assert set(rows) == {locator for locator, _, _ in found}
    for locator, measure, cell in found:
        row = rows[locator]
        assert row.group_id == cell["groupId"]
        assert value(row) == decimal(cell["value"]), locator
        dispersion: str = measure.get("dispersionType", "")
        if isinstance(row, DichotomousResult):
            assert measure["paramType"] in ("COUNT_OF_PARTICIPANTS", "NUMBER")
            continue
        spread = decimal(cell.get("spread"))
        if spread:
            assert getattr(row, SPREADS[dispersion]) == spread
        if dispersion in LIMITS and decimal(cell["lowerLimit"]) is not None and decimal(cell["upperLimit"]) is not None:
            low, high = LIMITS[dispersion]
            assert (getattr(row, low), getattr(row, high)) == (decimal(cell["lowerLimit"]), decimal(cell["upperLimit"]))
        others = {*SPREADS.values(), *(column for pair in LIMITS.values() for column in pair)}
        others -= {SPREADS.get(dispersion, ""), *LIMITS.get(dispersion, ())}
        assert not [column for column in others if getattr(row, column) is not None], locator


@pytest.mark.parametrize("name", [f for f in FILES if f.endswith(".json")])
def test_every_adverse_event_of_a_json_record_has_its_row(name: str, folder: Path, read: Read) -> None:
    record = json.loads((folder / name).read_text(encoding="utf-8"))
    module = record.get("resultsSection", {}).get("adverseEventsModule", {})
    rows = {r.locator: r for r in read(name).results if r.locator.startswith(EVENTS) and "/stats/" in r.locator}
    expected = {
        f"{EVENTS}/{kind}/{e}/stats/{s}": (kind, event, stats)
        for kind in ("seriousEvents", "otherEvents")
        for e, event in enumerate(module.get(kind, []))
        for s, stats in enumerate(event["stats"])
        if int(stats["numAtRisk"])
    }
    assert set(rows) == set(expected)
    for locator, (kind, event, stats) in expected.items():
        row = rows[locator]
        assert isinstance(row, DichotomousResult)
        assert (row.events, row.total) == (int(stats["numAffected"]), int(stats["numAtRisk"]))
        assert row.episodes == (int(stats["numEvents"]) if "numEvents" in stats else None)
        assert row.outcome_text == " ".join(event["term"].split())
        assert row.category_text == kind.removesuffix("Events")
    totals = Counter(r.locator for r in read(name).results if "/eventGroups/" in r.locator)
    for g, group in enumerate(module.get("eventGroups", [])):
        asked = [k for k in ("serious", "other", "deaths") if int(group.get(f"{k}NumAtRisk") or 0)]
        assert totals[f"{EVENTS}/eventGroups/{g}"] == len(asked)


@pytest.mark.parametrize("name", [f for f in FILES if f.endswith(".json")])
def test_every_analysis_of_two_groups_has_its_contrast(name: str, folder: Path, read: Read) -> None:
    record = json.loads((folder / name).read_text(encoding="utf-8"))
    measures = record.get("resultsSection", {}).get("outcomeMeasuresModule", {}).get("outcomeMeasures", [])
    rows = {row.locator: row for row in read(name).contrasts}
    expected = {
        f"{OUTCOMES}/{m}/analyses/{a}": analysis
        for m, measure in enumerate(measures)
        for a, analysis in enumerate(measure.get("analyses", []))
        if len(analysis["groupIds"]) == 2 and ("paramValue" in analysis or "pValue" in analysis)
    }
    assert set(rows) == set(expected)
    for locator, analysis in expected.items():
        row = rows[locator]
        assert isinstance(row, ContrastResult)
        assert row.estimate == decimal(analysis.get("paramValue"))
        assert row.p_text == analysis.get("pValue")
        assert row.method_text == analysis.get("statisticalMethod")
        if "ciLowerLimit" in analysis and "ciUpperLimit" in analysis:
            assert (row.ci_low, row.ci_high) == (decimal(analysis["ciLowerLimit"]), decimal(analysis["ciUpperLimit"]))
            assert row.ci_level == decimal(analysis["ciPctValue"])
        assert (row.measure is None) == (row.direction_text is not None)


@pytest.mark.parametrize("name", [f for f in FILES if f.endswith(".xml")])
def test_every_cell_and_every_adverse_event_of_an_xml_record_has_its_row(name: str, folder: Path, read: Read) -> None:
    root = ET.parse(folder / name).getroot()
    rows = read(name)
    posted = Counter(_cells(root))
    found = Counter((row.group_id, value(row)) for row in rows.results if "outcome_list" in row.locator)
    assert found == posted
    assert _events(rows) == Counter(
        (c.get("group_id"), int(c.get("subjects_affected") or 0), int(c.get("subjects_at_risk") or 0))
        for c in root.iterfind(".//reported_events//counts")
        if int(c.get("subjects_at_risk") or 0)
    )


def _cells(root: ET.Element) -> Iterator[tuple[str | None, Decimal | None]]:
    for outcome in root.iterfind(".//outcome_list/outcome"):
        for measure in (*outcome.iterfind("measure"), *outcome.iterfind("measure_list/measure")):
            if measure.findtext("title") == "Number of Participants":
                continue
            for cell in measure.iter("measurement"):
                yield cell.get("group_id"), decimal(cell.get("value"))


def _events(rows: Rows) -> Counter[tuple[str | None, int | None, int | None]]:
    counted = (r for r in rows.results if isinstance(r, DichotomousResult) and "reported_events" in r.locator)
    return Counter((r.group_id, r.events, r.total) for r in counted)
