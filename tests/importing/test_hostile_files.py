"""Files that are not what they seem: refused with the place, nothing written, nothing unpacked."""

from __future__ import annotations

import os
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kg.evidence_base import EvidenceBase
from kg.importing import ImportReport, import_paths
from tests.importing.table_files import Tables, trial, workbook, written
from tests.intake_support import state

ONE = trial("one-2020")


def refused(base: EvidenceBase, path: Path) -> str:
    before = state(base)
    report = import_paths(base, [path])
    assert report.counts == {"refused": 1}, report.names
    assert state(base) == before
    return " ".join(f"{fault.place}: {fault.remedy}" for fault in report.refused[0].faults)


def changed(folder: Path, stem: str, change: Callable[[bytes], bytes]) -> Path:
    written(folder, ONE)
    path = folder / f"{stem}.csv"
    path.write_bytes(change(path.read_bytes()))
    return folder


FILES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "UTF-16": ("arms", lambda b: b.decode().encode("utf-16"), "arms.csv: not UTF-8 at byte 0"),
    "Latin-1": ("arms", lambda b: b.replace(b"report", "r\xe9port".encode("latin-1"), 1), "in line 2"),
    "semicolons": ("arms", lambda b: b.replace(b",", b";"), "save it with commas"),
    "a column twice": ("arms", lambda b: b.replace(b"arm,", b"role,", 1), "twice"),
    "a column that is unknown": ("arms", lambda b: b.replace(b"randomised", b"randomized"), "did you mean randomised?"),
    "a column missing": ("arms", lambda b: b.replace(b"role,", b"roll,", 1), "roll unknown"),
    "quotes that do not close": ("arms", lambda b: b + b'mine,one-2020,"', "not readable as CSV"),
    "a NUL": ("arms", lambda b: b.replace(b"treated", b"trea\0ted", 1), ""),
    "a line without end": ("arms", lambda b: b + b"x" * 2_000_000, "a line of more than"),
    "a huge cell": ("trials", lambda b: b.replace(b"fibromyalgia", b"y" * 120_000), "characters"),
    "cells too many": ("arms", lambda b: b.rstrip() + b",1,2\n", "cells under"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_table_that_is_none_is_refused_with_its_place(base: EvidenceBase, tmp_path: Path, case: str) -> None:
    stem, change, words = FILES[case]
    assert words in refused(base, changed(tmp_path / "tables", stem, change))


def test_a_mark_of_byte_order_is_taken(base: EvidenceBase, tmp_path: Path) -> None:
    folder = changed(tmp_path / "tables", "arms", lambda b: b"\xef\xbb\xbf" + b.replace(b"\n", b"\r\n"))
    assert import_paths(base, [folder]).counts == {"new": 1}


def test_the_same_row_twice_is_refused_with_both_places(base: EvidenceBase, tmp_path: Path) -> None:
    doubled: Tables = {**ONE, "arms": [*ONE["arms"], ONE["arms"][0]]}
    told = refused(base, written(tmp_path / "tables", doubled))
    assert "arms.csv:4" in told
    assert "stands already at arms.csv:2" in told


CELLS: dict[str, tuple[tuple[str, int, str], object, str]] = {
    "a formula": (("dichotomous-results", 2, "events"), "=6*2", "holds a formula"),
    "an error": (("dichotomous-results", 2, "events"), "#DIV/0!", "#DIV/0!"),
    "a date for a number": (("dichotomous-results", 2, "events"), datetime(2024, 5, 3), "holds the date 2024-05-03"),
    "a date for a text": (("arms", 2, "intervention_text"), datetime(2024, 2, 1), "format the cell as text"),
    "a part of a person": (("dichotomous-results", 2, "events"), 12.5, "'12.5'; write a whole number"),
    "true for a count": (("dichotomous-results", 2, "events"), True, "'true'; write a whole number"),
}  # fmt: skip


@pytest.mark.parametrize("case", CELLS)
def test_a_cell_that_is_not_what_was_typed_is_refused_with_its_place(
    base: EvidenceBase, tmp_path: Path, case: str
) -> None:
    place, value, words = CELLS[case]
    told = refused(base, workbook(tmp_path / "one.xlsx", ONE, {place: value}))
    assert words in told
    assert f"one.xlsx/{place[0]}:2" in told


def test_a_percentage_of_a_workbook_is_refused(base: EvidenceBase, tmp_path: Path) -> None:
    path = workbook(tmp_path / "one.xlsx", ONE, {("dichotomous-results", 2, "events"): 1})
    book = openpyxl.load_workbook(path)
    sheet = book["dichotomous-results"]
    for cell in sheet[2]:
        cell.number_format = "0%"
    book.save(path)
    assert "shown as a percentage" in refused(base, path)


def test_numbers_and_dates_of_a_workbook_are_read_as_they_were_typed(base: EvidenceBase, tmp_path: Path) -> None:
    facts: dict[str, Any] = {"started_on": "x", "mean_age": "x"}
    tables = trial("one-2020", **facts)
    cells = {
        ("trials", 2, "started_on"): datetime(2019, 3, 4),
        ("trials", 2, "mean_age"): 0.1 + 0.2,
        ("trials", 2, "year"): 2020.0,
        ("dichotomous-results", 2, "events"): 12,
    }
    assert import_paths(base, [workbook(tmp_path / "one.xlsx", tables, cells)]).counts == {"new": 1}
    text = base.store.content("mine", "one-2020").decode()
    assert '"2019-03-04"' in text
    assert 'meanAge> "0.3"^^' in text
    assert 'year> "2020"^^' in text


def test_a_sheet_that_is_no_table_is_refused_and_notes_are_not_read(base: EvidenceBase, tmp_path: Path) -> None:
    path = workbook(tmp_path / "one.xlsx", ONE)
    book = openpyxl.load_workbook(path)
    book.create_sheet("Notes").append(["=1/0", "anything"])
    book.save(path)
    assert import_paths(base, [path]).counts == {"new": 1}
    book.create_sheet("Sheet9")
    book.save(path)
    assert "sheet Sheet9 is no table" in refused(base, path)


def bomb(path: Path, name: str, size: int, before: bytes = b"") -> Path:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as entry,
    ):
        entry.write(before)
        for _ in range(size // (1 << 20)):
            entry.write(b" " * (1 << 20))
    return path


@pytest.mark.parametrize("name", ["bomb.xlsx", "bomb.zip"])
def test_an_archive_that_unpacks_to_much_is_not_unpacked(base: EvidenceBase, tmp_path: Path, name: str) -> None:
    path = bomb(tmp_path / name, "xl/worksheets/sheet1.xml" if name.endswith("xlsx") else "NCT00000001.json", 600 << 20)
    tracemalloc.start()
    begun = time.monotonic()
    told = refused(base, path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert name in told
    assert peak < 100 << 20
    assert time.monotonic() - begun < 60


def test_a_workbook_with_entities_is_refused(base: EvidenceBase, tmp_path: Path) -> None:
    path = workbook(tmp_path / "one.xlsx", ONE)
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    copy = tmp_path / "evil.xlsx"
    with zipfile.ZipFile(path) as good, zipfile.ZipFile(copy, "w") as archive:
        for name in good.namelist():
            archive.writestr(name, evil if name.endswith("sheet1.xml") else good.read(name))
    assert "declares a document type" in refused(base, copy)


def test_a_sheet_with_one_far_cell_is_not_filled_up(base: EvidenceBase, tmp_path: Path) -> None:
    path = workbook(tmp_path / "one.xlsx", ONE)
    book = openpyxl.load_workbook(path)
    book["arms"].cell(1_048_576, 16_384, "x")
    book.save(path)
    begun = time.monotonic()
    assert "more than" in refused(base, path)
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("name", ["fake.zip", "fake.xlsx", "fake.rm5", "NCT00000001.json", "fake.ttl", "empty.csv"])
def test_a_file_that_is_not_of_its_name_is_refused(base: EvidenceBase, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"" if name.startswith("empty") else b"\x00\x01 not of its name \xff")
    assert refused(base, path)


def test_an_archive_that_leads_out_of_itself_is_refused_and_leaves_no_file(base: EvidenceBase, tmp_path: Path) -> None:
    path = tmp_path / "slip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../evil.json", '{"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}')
    assert refused(base, path)
    assert not list(tmp_path.parent.rglob("evil.json"))


def test_others_of_a_folder_come_in_beside_a_bad_file(base: EvidenceBase, tmp_path: Path) -> None:
    folder = written(tmp_path / "tables", ONE)
    (folder / "broken.ttl").write_text("this is not Turtle", encoding="utf-8")
    (folder / ".hidden.ttl").write_text("nor is this", encoding="utf-8")
    (folder / "readme.txt").write_text("for people", encoding="utf-8")
    report: ImportReport = import_paths(base, [folder])
    assert report.counts == {"new": 1, "refused": 1}
    assert "broken.ttl" in report.refused[0].place


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_refused(base: EvidenceBase, tmp_path: Path) -> None:
    folder = written(tmp_path / "tables", ONE)
    (folder / "arms.csv").chmod(0)
    assert "cannot be read" in refused(base, folder)
