"""The number of a cell and its spread, each put where it belongs by the statistic that the record says it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypedDict

from kg.sources.ctgov.codes import code
from kg.sources.ctgov.numbers import number
from kg.sources.ctgov.posted import Measure, Measurement

_CENTRES = {
    "MEAN": ("mean", "arithmeticMean"),
    "LEAST_SQUARES_MEAN": ("mean", "leastSquaresMean"),
    "GEOMETRIC_MEAN": ("geometric_mean", "geometricMeanStatistic"),
    "GEOMETRIC_LEAST_SQUARES_MEAN": ("geometric_mean", "geometricLeastSquaresMean"),
    "LOG_MEAN": ("geometric_mean", "logMean"),
    "MEDIAN": ("median", "medianStatistic"),
}
_SPREADS = {
    "STANDARD_DEVIATION": "sd",
    "STANDARD_ERROR": "se",
    "STANDARD_ERROR_OF_THE_MEAN": "se",
    "STANDARD_ERROR_OF_MEAN": "se",
    "GEOMETRIC_COEFFICIENT_OF_VARIATION": "geometric_cv",
}
_LIMITS = {
    "INTER_QUARTILE_RANGE": ("q1", "q3"),
    "INTERQUARTILE_RANGE": ("q1", "q3"),
    "FULL_RANGE": ("minimum", "maximum"),
}
_LEVEL = re.compile(r"(\d{1,2}(?:\.\d+)?)\s*%?")


class Numbers(TypedDict, total=False):
    """Columns of a continuous result that hold its numbers."""

    mean: Decimal | None
    median: Decimal | None
    geometric_mean: Decimal | None
    number_value: Decimal | None
    sd: Decimal | None
    se: Decimal | None
    geometric_cv: Decimal | None
    ci_low: Decimal | None
    ci_high: Decimal | None
    ci_level: Decimal | None
    q1: Decimal | None
    q3: Decimal | None
    minimum: Decimal | None
    maximum: Decimal | None


@dataclass
class Reading:
    """A cell as read: its numbers, what is missing, what is doubtful, and its digits as posted."""

    statistic: str
    numbers: Numbers
    reported: str
    missing: list[str] = field(default_factory=list)
    doubt: list[str] = field(default_factory=list)


def read(measure: Measure, cell: Measurement) -> Reading:
    """Read the centre and the spread of a cell; a value that is no number is a gap, never a number."""
    column, statistic = _CENTRES.get(code(measure.parameter) or "", ("number_value", "number"))
    made = Reading(statistic, Numbers(), _as_posted(measure, cell))
    centre = number(cell.value)
    made.numbers[column] = centre  # type: ignore[literal-required]
    if centre is None:
        made.missing.append(column)
    if statistic in ("leastSquaresMean", "geometricLeastSquaresMean"):
        made.doubt.append("a least-squares mean: adjusted by a model, not the mean of the values")
    _spread(measure, cell, made)
    return made


def as_number(measure: Measure, cell: Measurement) -> Reading:
    """Read the value of a cell as a number of unknown kind."""
    value = number(cell.value)
    missing = [] if value is not None else ["number_value"]
    made = Reading("number", Numbers(number_value=value), _as_posted(measure, cell), missing)
    _spread(measure, cell, made)
    return made


def confidence_level(words: str | None) -> Decimal | None:
    """Return the level in percent of a dispersion that is a confidence interval."""
    if not words or "confidence" not in words.casefold():
        return None
    found = _LEVEL.search(words)
    return Decimal(found[1]) if found else None


def _spread(measure: Measure, cell: Measurement, made: Reading) -> None:
    kind = code(measure.dispersion) or ""
    if column := _SPREADS.get(kind):
        value = number(cell.spread)
        if value == 0:
            made.doubt.append(
                f"the {(measure.dispersion or '').lower()} is posted as 0, which says that it is not known"
            )
            value = None
        made.numbers[column] = value  # type: ignore[literal-required]
        if column == "sd" and made.statistic == "leastSquaresMean":
            made.doubt.append("the SD beside a least-squares mean may not be that of the values")
    elif limits := _LIMITS.get(kind) or (("ci_low", "ci_high") if "CONFIDENCE" in kind else None):
        low, high = number(cell.lower), number(cell.upper)
        if low is not None and high is not None:
            made.numbers[limits[0]], made.numbers[limits[1]] = low, high  # type: ignore[literal-required]
            if limits[0] == "ci_low":
                made.numbers["ci_level"] = confidence_level(measure.dispersion)
        elif cell.lower or cell.upper:
            made.doubt.append("one limit is posted without the other")
    elif kind:
        made.doubt.append(f"the dispersion is one that is not known here: {measure.dispersion}")
    known = ("sd", "se", "geometric_cv", "ci_low", "q1", "minimum")
    if not any(made.numbers.get(name) is not None for name in known):
        made.missing.append("sd")


def _as_posted(measure: Measure, cell: Measurement) -> str:
    parts = [f"{(measure.parameter or 'value').lower().replace('_', ' ')} {cell.value or 'absent'}"]
    if cell.spread:
        parts.append(f"{(measure.dispersion or 'spread').lower()} {cell.spread}")
    if cell.lower or cell.upper:
        name = "limits" if cell.spread else (measure.dispersion or "limits").lower()
        parts.append(f"{name} {cell.lower or 'absent'} to {cell.upper or 'absent'}")
    return "; ".join(parts)
