"""The empty tables that a person fills in: complete, explained, and taken in again as they are."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from kg.cli.app import app
from kg.errors import InputRefused
from kg.evidence_base import EvidenceBase, question
from kg.formats.table_template import WORKBOOK, notes, write_template
from kg.importing import import_paths
from kg.settings import Settings
from kg.sources.cells import columns
from kg.sources.tables import TABLES

SETTINGS = Settings.read("memory:")
COMMON = {"source": "https://example.org/report", "locator": "table 2", "source_kind": "primary"}
TRIAL = {**COMMON, "record_source": "mine", "trial": "smith-2020"}
FILLED = {
    "trials": [{**TRIAL, "study_label": "Smith 2020", "label": "A trial", "year": "2020", "design": "parallel",
                "condition": "fibromyalgia"}],
    "arms": [
        {**TRIAL, "arm": "ketamine", "intervention_text": "ketamine", "role": "experimental", "studied": "ketamine"},
        {**TRIAL, "arm": "placebo", "intervention_text": "placebo", "role": "placebo", "studied": "placebo"},
    ],
    "continuous-results": [
        {**TRIAL, "number": str(i), "arm": arm, "outcome": "pain-intensity", "instrument": "vas-pain-0-100", "n": "20",
         "value_kind": "final", "mean": mean, "sd": "10.5", "band": "short-term"}
        for i, (arm, mean) in enumerate((("ketamine", "40.25"), ("placebo", "50.75")), 1)
    ],
}  # fmt: skip


def test_every_column_says_what_it_means_and_what_it_takes() -> None:
    told = list(notes(SETTINGS.ontology, SETTINGS.data))
    assert len(told) == len([c for kind in TABLES.values() for c in columns(kind)])
    assert [note for note in told if not note.meaning or not note.takes] == []
    by_name = {(note.table, note.column): note for note in told}
    assert "placebo" in by_name["arms", "role"].takes
    assert by_name["arms", "role"].required == "a value"
    assert by_name["trials", "year"].required == "the column"
    assert by_name["trials", "mean_age"].required == ""
    assert by_name["trials", "trial"].example


def test_nothing_is_written_over(tmp_path: Path) -> None:
    made = write_template(tmp_path / "new", SETTINGS.ontology, SETTINGS.data)
    assert all(path.is_file() for path in made)
    before = {path: path.read_bytes() for path in made}
    with pytest.raises(InputRefused, match="there already"):
        write_template(tmp_path / "new", SETTINGS.ontology, SETTINGS.data)
    assert {path: path.read_bytes() for path in made} == before


@pytest.mark.parametrize("form", ["csv", "workbook"])
def test_what_is_filled_in_is_imported_and_answers(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "template"
    done = CliRunner().invoke(app, ["template", str(folder)])
    assert done.exit_code == 0, done.output
    if form == "csv":
        for name in TABLES:
            fill_csv(folder / name)
    else:
        fill_workbook(folder / WORKBOOK)
    with EvidenceBase.open(SETTINGS) as base:
        report = import_paths(base, [folder if form == "csv" else folder / WORKBOOK])
        assert (report.counts, report.refused) == ({"new": 1}, [])
        asked = question(
            intervention="ketamine",
            comparator="placebo",
            outcome="pain-intensity",
            instrument="vas-pain-0-100",
            condition="fibromyalgia",
            protocol="none",
        )
        (study,) = (s for s in base.ask(asked).studies if s.label == "Smith 2020")
        assert study.yi == pytest.approx(-10.5)


def fill_csv(path: Path) -> None:
    rows = FILLED.get(path.stem, [])
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([row.get(column, "") for column in header] for row in rows)


def fill_workbook(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    for title, rows in FILLED.items():
        header = [cell.value for cell in book[title][1]]
        for row in rows:
            book[title].append([row.get(str(column), "") for column in header])
    book.save(path)
