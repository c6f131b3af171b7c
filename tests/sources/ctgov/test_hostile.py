"""Whatever is in a file: a record, or a clear message with its place; never anything else, and never for long."""

from __future__ import annotations

import io
import itertools
import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from kg.errors import InputRefused
from kg.sources import ctgov
from kg.sources.incoming import Incoming, Unit, Unreadable

from .study import measure, outcomes, study, taken

VALUES: tuple[Any, ...] = (
    True,
    [],
    {},
    [[]],
    [1],
    10**30,
    -1,
    "\x00",
    "x" * 200_000,
    "",
    None,
    1.5,
    "<script>",
    "\u202e\u200b",
    "1e999",
    "10.5",
)


def become(data: bytes) -> list[Incoming]:
    """What becomes of a file; a refusal of the whole stands as one unreadable record."""
    try:
        return list(ctgov.read_bytes(data, "x"))
    except InputRefused as refused:
        return [Unreadable("x", str(refused))]


def refused(record: Any) -> Unreadable:
    found = taken(record)
    assert isinstance(found, Unreadable), found
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_in_every_encoding(encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE clinical_study [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    text = declared + "<clinical_study><brief_title>&x;</brief_title></clinical_study>"
    with pytest.raises(InputRefused, match=r"^x:1:\d+: has a document type declaration"):
        list(ctgov.read_bytes(text.encode(encoding), "x"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"protocolSection": {"a": NaN}}', "NaN is no number"),
        (b'{"protocolSection": {"a": 1, "a": 2}}', "/protocolSection: the key 'a' stands there twice"),
        (b'{"protocolSection": ' + b"[" * 5000 + b"]" * 5000 + b"}", "nested deeper than 64"),
        (b'{"protocolSection": {"identificationModule": {"nctId"', "the text ends in the middle"),
        ('{"protocolSection": {}}'.encode("utf-16"), "not UTF-8"),
        (b'{"protocolSection": {"a": "\xff"}}', "not UTF-8"),
        (b"<clinical_study><id_info>", "the text ends in the middle"),
        (b"<clinical_study/>", "nct_id is None"),
        (b"<search_results/>", "the root is 'search_results'"),
        (b"<clinical_study><id_info><nct_id>NCT1</nct_id></id_info></clinical_study>", "nct_id is 'NCT1'"),
        (b"hello", "neither JSON nor XML nor zip"),
        (b"", "neither JSON nor XML nor zip"),
        (b"PK\x03\x04", "not a zip archive"),
        (b"[1, 2]", "not a study of the API"),
        (b'{"studies": {"a": 1}}', "not a study of the API"),
        (b'{"protocolSection": []}', "a list stands where an object is meant"),
        (b'{"protocolSection": {"identificationModule": {"nctId": 5}}}', "nctId is '5'"),
    ],
)
def test_what_is_no_record_is_refused(data: bytes, message: str) -> None:
    found = become(data)
    assert found
    assert all(isinstance(item, Unreadable) for item in found)
    assert message in str(found[0])


def test_a_bomb_in_a_zip_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("NCT00000001.json", b" " * 50_000_000)
    with pytest.raises(InputRefused, match="more than 200 times its size"):
        list(ctgov.read_bytes(packed.getvalue(), "x.zip"))


def test_true_is_no_count() -> None:
    events = {
        "eventGroups": [{"id": "EG000", "title": "Drug A"}],
        "otherEvents": [{"term": "Nausea", "stats": [{"groupId": "EG000", "numAffected": True, "numAtRisk": 10}]}],
    }
    found = refused(study(adverseEventsModule=events))
    assert found.place == "x.json#/resultsSection/adverseEventsModule/otherEvents/0/stats/0/numAffected"
    assert found.message == "true stands where text or a number is meant"
    events["otherEvents"][0]["stats"][0]["numAffected"] = 10.5  # type: ignore[index]
    assert refused(study(adverseEventsModule=events)).message.startswith("the number affected is '10.5'")


def test_a_bad_record_of_a_page_leaves_the_others() -> None:
    bad = study(statusModule={"overallStatus": ["COMPLETED"]})
    page = {"studies": [study(), bad, study()]}
    first, second, third = become(json.dumps(page).encode())
    assert isinstance(first, Unit)
    assert isinstance(third, Unit)
    assert second == Unreadable(
        "x#/studies/1/protocolSection/statusModule/overallStatus", "a list stands where text or a number is meant"
    )


def test_a_page_that_breaks_off_keeps_what_came_before() -> None:
    page = json.dumps({"studies": [study(), study()]}).encode()
    first, second = become(page[:-40])
    assert isinstance(first, Unit)
    assert second == Unreadable("x#/studies/1", "the text ends in the middle; fetch the whole file again")


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every holder and key in a JSON value."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


def test_any_value_in_any_place_of_a_json_record(folder: Path) -> None:
    record = json.loads((folder / "NCT05126836.json").read_text(encoding="utf-8"))
    read = {key: record[key] for key in ("protocolSection", "derivedSection", "resultsSection")}
    hostile = itertools.cycle(VALUES)
    changed = 0
    for holder, key in list(places(read)):
        before, holder[key] = holder[key], next(hostile)
        (found,) = become(json.dumps(read).encode())
        assert isinstance(found, Unit | Unreadable)
        holder[key] = before
        changed += 1
    assert changed > 500
    assert isinstance(become(json.dumps(read).encode())[0], Unit)


def test_any_text_and_any_absence_in_an_xml_record(folder: Path) -> None:
    root = ET.parse(folder / "NCT02438137.xml").getroot()
    kept = {
        "id_info",
        "arm_group",
        "intervention",
        "eligibility",
        "enrollment",
        "study_design_info",
        "clinical_results",
    }
    for child in list(root):
        if child.tag not in kept:
            root.remove(child)
    texts = itertools.cycle(("", "NA", "x" * 2_000, "-1", "1e999", "\u202e", "10.5", "<&>"))
    for parent in list(root.iter()):
        for child in list(parent)[:2]:
            text, attributes = child.text, dict(child.attrib)
            child.text = next(texts)
            for name in child.attrib:
                child.set(name, next(texts))
            (found,) = become(ET.tostring(root))
            assert isinstance(found, Unit | Unreadable)
            child.text = text
            child.attrib.update(attributes)
            at = list(parent).index(child)
            parent.remove(child)
            (found,) = become(ET.tostring(root))
            assert isinstance(found, Unit | Unreadable)
            parent.insert(at, child)
    assert isinstance(become(ET.tostring(root))[0], Unit)


@pytest.mark.parametrize("name", ["NCT05126836.json", "NCT02438137.xml"])
def test_a_file_cut_anywhere_is_refused_with_a_message(name: str, folder: Path) -> None:
    data = (folder / name).read_bytes().rstrip()
    for cut in range(0, len(data), len(data) // 50):
        (found,) = become(data[:cut])
        assert isinstance(found, Unreadable)
        assert re.search(r"middle|neither|not JSON", found.message)


def test_lists_without_end_and_texts_without_end_take_no_time() -> None:
    many = 5_000
    cells = [{"title": f"Week {n}", "categories": []} for n in range(many)]
    analyses = [
        {"groupIds": ["OG000", "OG001"], "paramValue": "1", "groupDescription": "week " * 50} for _ in range(many)
    ]
    groups = [{"id": f"OG{n}", "title": f"Group {n}"} for n in range(many)]
    arms = [{"label": f"Arm {n}", "type": "OTHER", "interventionNames": [f"Drug: {n}"]} for n in range(many)]
    records = [
        study(**outcomes(measure({}, classes=cells))),
        study(**outcomes(measure({}, analyses=analyses))),
        study(**outcomes(measure({}, groups=groups))),
        study(armsInterventionsModule={"armGroups": arms}),
        study(**outcomes(measure({}, title="Week 1, " * 12_000))),
        study(**outcomes(measure({}, timeFrame="week 1 " * 12_000))),
        study(**outcomes(measure({}, unitOfMeasure="percent of " + "a " * 40_000))),
        study(conditionsModule={"conditions": [f"condition {n}" for n in range(many)]}),
    ]
    for record in records:
        started = time.perf_counter()
        found = taken(record)
        assert time.perf_counter() - started < 5
        assert isinstance(found, Unit) or "more than" in found.message


def test_names_of_files_are_words_and_no_paths(tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "/etc/cron.d/x", "trial.json\x00.sh", "CON", "<img src=x>.json"):
        (found,) = ctgov.read_bytes(json.dumps(study()).encode(), name)
        assert isinstance(found, Unit)
        assert found.place == name
    assert not list(tmp_path.iterdir())
