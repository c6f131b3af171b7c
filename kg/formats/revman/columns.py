"""The columns of RevMan's tables, and how they are written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from kg.formats.answer_csv import text_cell

DATA_ROWS = (
    "Analysis group", "Analysis number", "Analysis name", "Subgroup", "Applicability", "Study", "Study year",
    "GIV Mean", "GIV SE", "Experimental mean", "Experimental SD", "Experimental cases", "Experimental N",
    "Control mean", "Control SD", "Control cases", "Control N", "O-E", "Variance", "Weight", "Mean", "CI start",
    "CI end", "Footnotes",
)  # fmt: skip
OVERALL = (
    "Analysis group", "Analysis number", "Analysis name", "Analysis group name", "Data source",
    "Data source eligibility", "Data type", "Log-scale data", "Outcome", "Intervention grouping",
    "Experimental intervention", "Control intervention", "Subgroup by", "Filter criteria", "Experimental group label",
    "Control group label", "Statistical method", "Effect measure", "Unit of effect measure", "Analysis model",
    "Heterogeneity estimator", "Tau² CI", "Subgroup estimates", "Overall estimates", "Test for subgroup differences",
    "Prediction interval", "Swap event and non-event", "CI method", "CI/PI level", "Experimental cases",
    "Experimental N", "Control cases", "Control N", "Mean", "CI start", "CI end", "PI start", "PI end",
    "Heterogeneity Tau²", "Heterogeneity Chi²", "Heterogeneity df", "Heterogeneity P", "Heterogeneity I²", "Effect P",
    "ID",
)  # fmt: skip
SUBGROUPS = (
    "Analysis group", "Analysis number", "Subgroup", "Subgroup number", "Experimental cases", "Experimental N",
    "Control cases", "Control N", "Weight", "Mean", "CI start", "CI end", "Heterogeneity Tau²", "Heterogeneity Chi²",
    "Heterogeneity df", "Heterogeneity P", "Heterogeneity I²", "Effect P", "ID",
)  # fmt: skip
INFORMATION = ("Study", "Year", "Data source")
ARMS = ("Study", "Arm", "Description", "Intervention")
RESULTS = (
    "Study", "Outcome", "Data type", "Effect measure", "Arm", "Reference arm", "Sample size", "Cases", "Mean", "SD",
    "SE", "Variance", "CI level", "CI start", "CI end", "Exp mean", "Exp CI start", "Exp CI end", "t-test", "z-test",
    "P value", "Covariance method", "Covariance", "Other arm 1", "Other arm 2", "Correlation arm 1",
    "Correlation arm 2", "Correlation", "Other mean", "Other SE", "Other variance", "Other CI level", "Other CI start",
    "Other CI end", "Other exp mean", "Other exp CI start", "Other exp CI end", "Other t-test", "Other z-test",
    "Other P value", "Footnotes",
)  # fmt: skip
Row = Mapping[str, object]


def written(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Return a table as CSV, as RevMan writes it: UTF-8 with its mark, numbers in full; no cell runs as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return text_cell(value)
