"""The CSV export of RevMan 5: comparison, outcome, subgroup and study lines in one table."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from kg import protocol
from kg.errors import InputRefused
from kg.model import records as r
from kg.sources import revman
from kg.sources.incoming import Incoming
from kg.sources.revman import rm5_csv
from tests.sources.revman.revman_files import faults, protocol_text, read, rows, table

MORE = ("Mean 1", "SD 1", "Mean 2", "SD 2", "Effect Estimate", "SE", "CI Start", "CI End", "O-E", "Variance",
        "I²(Q)", "Tau²", "Q", "P(Z)", "Group Label 1", "Group Label 2", "Year of study",
        "User defined order")  # fmt: skip


def line(outcome: str, subgroup: str, name: str, **more: object) -> dict[str, object]:
    return {"Comparison Number": "1", "Outcome Number": outcome, "Subgroup Number": subgroup, "Name": name, **more}


def head(
    outcome: str, name: str, kind: str, method: str, measure: str, model: str, **more: object
) -> dict[str, object]:
    said = {"Data Type": kind, "Statistical Method": method, "Effect Measure": measure, "Analysis Model": model}
    return line(outcome, "0", name, **said, **more)


def counts(outcome: str, subgroup: str, name: str, *cells: int) -> dict[str, object]:
    columns = ("Events 1", "Total 1", "Events 2", "Total 2")
    return line(
        outcome,
        subgroup,
        name,
        **dict(zip(columns, cells, strict=True)),
        **{"Year of study": 2001, "User defined order": 1},
    )


def made(*lines: Mapping[str, object]) -> list[Incoming]:
    return read(table((*rm5_csv.REQUIRED, *MORE), [line("0", "0", "Coffee or tea"), *lines]), "coffee.csv")


def test_the_export_of_fleiss_has_the_settings_rows_and_values_of_the_table(shared: Path) -> None:
    items = list(revman.read(shared / "data/revman/Fleiss1993_CR.csv"))
    found = protocol.read(protocol_text(items), "the test")
    one, two = (found.analysis(f"fleiss1993-cr-1.{n}") for n in (1, 2))
    assert (one.measure, one.method, two.measure, two.method) == ("OR", "MH", "MD", "EE")
    values = {x.analysis: x.estimate for x in rows(items, r.PublishedEstimate)}
    assert values == {"fleiss1993-cr-1.1": Decimal("0.89686556"), "fleiss1993-cr-1.2": Decimal("-0.70938839")}
    assert {x.sd for x in rows(items, r.ContinuousResult)} >= {Decimal("4.7"), Decimal("10.65")}
    assert len(rows(items, r.Trial)) == 12


def test_subgroup_lines_are_told_from_study_lines() -> None:
    items = made(
        head("1", "Awake", "DIC", "MH", "RR", "Random"),
        line("1", "1", "Morning", **{"Effect Estimate": "0.5", "CI Start": "0.25", "CI End": "1"}),
        counts("1", "1", "Ann 2001", 1, 10, 2, 10),
        counts("1", "1", "Ben 2002", 2, 10, 3, 10),
        line("1", "2", "Evening"),
        counts("1", "2", "Ann 2001", 3, 10, 4, 10),
    )
    levels = [(x.trial, x.stratum, x.subgroup_level) for x in rows(items, r.SubgroupLevel)]
    assert levels == [
        ("coffee-ann-2001", "Morning", "Morning"),
        ("coffee-ben-2002", None, "Morning"),
        ("coffee-ann-2001", "Evening", "Evening"),
    ]
    assert [(x.subgroup_level, x.estimate) for x in rows(items, r.PublishedEstimate)] == [("Morning", Decimal("0.5"))]
    assert protocol.read(protocol_text(items), "x").analysis("coffee-1.1").method == "DL-MH"


def test_estimates_are_read_on_the_scale_that_their_standard_error_tells() -> None:
    ratio = {
        "Effect Estimate": "0.5",
        "SE": "0.2",
        "CI Start": "0.337863",
        "CI End": "0.739944",
        "User defined order": 1,
    }
    logarithm = {
        "Effect Estimate": "0.5",
        "SE": "0.2",
        "CI Start": "0.108007",
        "CI End": "0.891993",
        "User defined order": 1,
    }
    items = made(
        head("1", "Dead", "IV", "IV", "Hazard Ratio", "Fixed"),
        line("1", "0", "Ann 2001", **ratio),
        line("1", "0", "Ben 2002", **logarithm),
    )
    first, second = (float(x.estimate or 0) for x in rows(items, r.ContrastResult))
    assert first == pytest.approx(0.5, rel=1e-12)
    assert second == pytest.approx(1.6487212707001282, rel=1e-12)


def test_text_outcomes_and_their_lines_are_left_to_the_note() -> None:
    items = made(
        head("1", "Said", "OTH", "", "", ""),
        line("1", "0", "Ann 2001"),
        head("2", "Awake", "DIC", "MH", "OR", "Fixed"),
        counts("2", "0", "Ann 2001", 1, 10, 2, 10),
    )
    assert [a.analysis for a in rows(items, r.Analysis)] == ["coffee-1.2"]
    assert "1.1 Said" in (rows(items, r.Review)[0].note or "")


def test_observed_minus_expected_is_read() -> None:
    items = made(
        head("1", "Dead", "IPD", "PETO", "Peto Odds Ratio", "Fixed"),
        line("1", "0", "Ann 2001", **{"O-E": "-1.5", "Variance": "2.5", "User defined order": 1}),
    )
    found = rows(items, r.ContrastResult)[0]
    assert (found.observed_minus_expected, found.variance, found.measure) == (Decimal("-1.5"), Decimal("2.5"), "PETO")


def test_a_row_that_cannot_be_read_is_told_and_others_go_on() -> None:
    items = made(
        head("1", "Awake", "DIC", "MH", "RR", "Fixed"),
        counts("1", "0", "Ann 2001", 1, 10, 2, 10) | {"Total 1": "ten"},
        counts("1", "0", "Ben 2002", 2, 10, 3, 10),
    )
    assert faults(items) == [
        ("coffee.csv:4", "Total 1 is 'ten'; write a plain number such as 27.93, or leave it empty")
    ]
    assert len(rows(items, r.DichotomousResult)) == 2


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([head("1", "Awake", "XYZ", "MH", "RR", "Fixed")], "Data Type is 'XYZ'"),
        ([counts("1", "0", "Ann 2001", 1, 10, 2, 10)], "no line of its own above"),
        ([head("1", "Awake", "DIC", "GUESS", "RR", "Fixed")], "'GUESS' is not known"),
        ([head("one", "Awake", "DIC", "MH", "RR", "Fixed")], "Outcome Number is 'one'"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(lines: list[dict[str, object]], said: str) -> None:
    with pytest.raises(InputRefused, match=r"coffee\.csv:") as refused:
        made(*lines)
    assert said in str(refused.value)


def test_a_missing_column_is_named() -> None:
    columns = [c for c in rm5_csv.REQUIRED if c != "Events 1"]
    with pytest.raises(InputRefused, match=r"coffee\.csv:1: column Events 1 missing"):
        read(table(columns, []), "coffee.csv")
