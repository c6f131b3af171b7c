"""A small trial as rows of our tables, and the files that hold them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import openpyxl

from kg.sources.cells import columns
from kg.sources.tables import BY_STEM

Cells = dict[str, str]
Tables = dict[str, list[Cells]]
COMMON = {"source": "https://example.org/report", "locator": "table 2", "source_kind": "primary"}


def trial(
    name: str, events: tuple[int, int] = (12, 5), total: int = 40, drug: str = "ketamine", **facts: str
) -> Tables:
    """Return the rows of a trial of a drug against placebo that counted nausea in two arms."""
    own = {**COMMON, "record_source": "mine", "trial": name}
    return {
        "trials": [
            {**own, "study_label": name, "label": f"A trial called {name}", "year": "2020", "design": "parallel",
             "condition": "fibromyalgia", **facts}
        ],
        "arms": [
            {**own, "arm": arm, "intervention_text": arm, "role": role, "studied": studied, "randomised": str(total)}
            for arm, role, studied in (("treated", "experimental", drug), ("placebo", "placebo", "placebo"))
        ],
        "dichotomous-results": [
            {**own, "number": str(number), "arm": arm, "outcome": "nausea", "events": str(count), "total": str(total)}
            for number, (arm, count) in enumerate(zip(("treated", "placebo"), events, strict=True), 1)
        ],
    }  # fmt: skip


def together(*tables: Tables) -> Tables:
    """Return the rows of several trials."""
    return {
        stem: [row for t in tables for row in t.get(stem, [])] for stem in BY_STEM if any(stem in t for t in tables)
    }


def header(stem: str, rows: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the columns that must be there, and those that a row fills."""
    used = {name for row in rows for name in row}
    return [name for name, column in columns(BY_STEM[stem]).items() if column.required or name in used]


def written(folder: Path, tables: Tables) -> Path:
    """Write tables as CSV files and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, rows in tables.items():
        with (folder / f"{stem}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header(stem, rows), restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def workbook(path: Path, tables: Tables, cells: Mapping[tuple[str, int, str], object] | None = None) -> Path:
    """Write tables as a workbook; ``cells`` are values of single cells, by sheet, row and column, of any type."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for stem, rows in tables.items():
        sheet = book.create_sheet(stem)
        names = header(stem, rows)
        sheet.append(names)
        for row in rows:
            sheet.append([row.get(name) or None for name in names])
        for (title, number, column), value in (cells or {}).items():
            if title == stem:
                sheet.cell(number, names.index(column) + 1, value)
    book.save(path)
    return path
