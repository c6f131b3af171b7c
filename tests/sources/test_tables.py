"""The tables are read strictly: every bad cell is refused with file, line, column and remedy."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

from kg.errors import InputRefused
from kg.model.records import Arm, ContinuousResult, DichotomousResult
from kg.sources import tables
from tests.conftest import ROOT

NAME = "evidence/dichotomous-results.csv"
COLUMNS = [
    *("record_source", "trial", "number", "arm", "outcome", "outcome_text", "timepoint_text", "band", "period"),
    *("denominator", "events", "total", "source", "locator", "source_kind", "basis", "doubt", "note", "not_reported"),
]
REQUIRED = ("record_source", "trial", "number", "arm", "outcome", "source", "locator", "source_kind")
NO_DECIMALS = ["1e5", "NaN", "Infinity", ".5", "5.", "1,5", "٣.٥", "2.68±0.5", "<0.1", "0." + "1" * 16]
GOOD = dict.fromkeys(COLUMNS, "") | {
    "record_source": "reports",
    "trial": "one-2020",
    "number": "1",
    "arm": "ketamine",
    "outcome": "nausea",
    "events": "3",
    "total": "20",
    "source": "https://example.org/one",
    "locator": "table 2",
    "source_kind": "primary",
}


def written(rows: list[dict[str, str]], columns: list[str] = COLUMNS, end: str = "\n") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator=end, extrasaction="ignore", restval="x")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def read(folder: Path, content: str | bytes, kind: type = DichotomousResult) -> list[DichotomousResult]:
    path = folder / "table.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(tables.table(path, NAME, kind))  # type: ignore[arg-type]


def refused(folder: Path, content: str | bytes) -> str:
    with pytest.raises(InputRefused) as caught:
        read(folder, content)
    return str(caught.value)


@pytest.mark.parametrize(
    "cell",
    ["three", "NaN", "inf", "-inf", "1e5", "3.0", "3,0", "0x1f", "٣", "３", "1_000", "--3", "3 4", "½", "9" * 16, "+"],
)
def test_a_whole_number_is_digits_alone(tmp_path: Path, cell: str) -> None:
    message = refused(tmp_path, written([GOOD, {**GOOD, "number": "2", "events": cell}]))
    assert message.startswith(f"{NAME}:3: column events has ")
    assert "write a whole number such as 28, or leave it empty" in message


@pytest.mark.parametrize(
    "cell", ["1e5", "NaN", "Infinity", ".5", "5.", "1,5", "٣.٥", "2.68±0.5", "<0.1", "0." + "1" * 16]
)
def test_a_decimal_is_plain(tmp_path: Path, cell: str) -> None:
    path = ROOT / "data/evidence/continuous-results.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        row, columns = next(reader), list(reader.fieldnames or ())
    (tmp_path / "t.csv").write_text(written([{**row, "mean": cell}], columns), encoding="utf-8")
    with pytest.raises(InputRefused, match=r"continuous\.csv:2: column mean has .* write a plain decimal number"):
        list(tables.table(tmp_path / "t.csv", "continuous.csv", ContinuousResult))


def test_a_very_long_cell_is_refused_in_a_short_message(tmp_path: Path) -> None:
    message = refused(tmp_path, written([{**GOOD, "events": "9" * 100_000}]))
    assert "column events" in message
    assert len(message) < 300
    assert "not readable as CSV" in refused(tmp_path, written([{**GOOD, "note": "n" * 200_000}]))


@pytest.mark.parametrize(
    "column", ["record_source", "trial", "number", "arm", "outcome", "source", "locator", "source_kind"]
)
@pytest.mark.parametrize("empty", ["", "   ", "\u00a0"])
def test_a_required_cell_that_is_empty_is_refused(tmp_path: Path, column: str, empty: str) -> None:
    assert (
        refused(tmp_path, written([{**GOOD, column: empty}])) == f"{NAME}:2: column {column} is empty; it is required"
    )


def test_columns_that_are_missing_unknown_or_doubled_are_named(tmp_path: Path) -> None:
    assert "column total missing; the columns are " in refused(
        tmp_path, written([GOOD], [c for c in COLUMNS if c != "total"])
    )
    assert f"{NAME}:1: column totl unknown" in refused(tmp_path, written([GOOD], [*COLUMNS, "totl"]))
    assert f"{NAME}:1: column events twice" in refused(tmp_path, written([GOOD], [*COLUMNS, "events"]))
    assert f"{NAME}:1: column Events unknown" in refused(
        tmp_path, written([GOOD], [c.replace("events", "Events") for c in COLUMNS])
    )


@pytest.mark.parametrize("content", ["", "\n", ",,,\n", "{}", "<html>"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: str) -> None:
    assert f"{NAME}:1: column " in refused(tmp_path, content)


@pytest.mark.parametrize(("more", "count"), [(",extra", 20), ("", 18)])
def test_too_many_or_too_few_cells_are_refused(tmp_path: Path, more: str, count: int) -> None:
    line = written([GOOD]).splitlines()[1]
    bad = line + more if more else line.rpartition(",")[0]
    message = refused(tmp_path, written([GOOD]) + bad + "\n")
    assert message == f"{NAME}:3: {count} cells under 19 columns; check commas and quotes"


def test_a_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    good = written([{**GOOD, "note": "naïve"}])
    for bad in (good.encode("latin-1"), good.encode("utf-16")):
        message = refused(tmp_path, bad)
        assert message.startswith(f"{NAME}: not UTF-8 at byte ")
        assert message.endswith("save the table as UTF-8")


@pytest.mark.parametrize("bad", ['"open', 'a"b"c"', '"a"b'])
def test_quotes_out_of_place_are_refused_with_the_line(tmp_path: Path, bad: str) -> None:
    message = refused(tmp_path, written([GOOD]) + f"{bad},x\n")
    assert message.startswith(f"{NAME}:")
    assert "check " in message
    assert "quotes" in message


def test_a_folder_in_the_place_of_a_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.csv").mkdir()
    with pytest.raises(InputRefused, match="cannot be read"):
        list(tables.table(tmp_path / "table.csv", NAME, DichotomousResult))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_byte_order_mark_and_blank_lines_change_nothing(tmp_path: Path, end: str, mark: str) -> None:
    (row,) = read(tmp_path, mark + written([GOOD], end=end) + end + end)
    assert (row.events, row.total, row.origin.line) == (3, 20, 2)
    assert row.reported_text == "events 3; total 20"
    assert row.band is None


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    assert read(tmp_path, written([GOOD], COLUMNS[::-1])) == read(tmp_path, written([GOOD]))


def test_a_cell_keeps_commas_quotes_and_line_breaks(tmp_path: Path) -> None:
    first, second = read(tmp_path, written([{**GOOD, "note": 'a, "b"\nc'}, {**GOOD, "number": "2"}]))
    assert first.note == 'a, "b"\nc'
    assert (second.number, second.origin.line) == (2, 4)


def test_several_values_and_doubts_are_separated(tmp_path: Path) -> None:
    (row,) = read(tmp_path, written([{**GOOD, "doubt": "one; two | three", "not_reported": "total;sd;"}]))
    assert row.doubt == ("one; two", "three")
    assert row.not_reported == ("total", "sd")


def test_digits_are_kept_as_printed(tmp_path: Path) -> None:
    results = list(tables.table(ROOT / "data/evidence/continuous-results.csv", "c", ContinuousResult))
    means = [r for r in results if isinstance(r, ContinuousResult) and r.mean is not None]
    assert means
    assert all(isinstance(r.mean, Decimal) for r in means)
    assert all(f"mean {r.mean}" in r.reported_text.split("; ") for r in means)


def test_every_bundled_table_is_known_and_read_whole() -> None:
    files = {p.relative_to(ROOT / "data").as_posix() for p in (ROOT / "data").rglob("*.csv")}
    assert files == set(tables.TABLES)
    rows = list(tables.read(ROOT / "data"))
    lines = 0
    for name in files:
        with (ROOT / "data" / name).open(encoding="utf-8", newline="") as file:
            lines += sum(1 for _ in csv.DictReader(file))
    assert len(rows) == lines
    assert sum(isinstance(r, Arm) for r in rows) > 150
