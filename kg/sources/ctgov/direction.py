"""Which side of an analysis is which: told by the figures of the two groups, never by their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from kg.sources.ctgov import timepoints
from kg.sources.ctgov.cells import Cell
from kg.sources.ctgov.codes import code
from kg.sources.ctgov.counting import Kind, kind
from kg.sources.ctgov.denominators import analysed
from kg.sources.ctgov.numbers import decimals, number
from kg.sources.ctgov.posted import Analysis, Measure, Measurement
from kg.sources.ctgov.words import folded

_HALF = Decimal("0.5")
_MEANS = {"MEAN", "LEAST_SQUARES_MEAN"}
_NO_DIFFERENCE = re.compile(
    r"\b(?:median|hodges|geometric|standardi[sz]ed|percent(?:age)?|proportion|risk|rate|ratio)\b"
)
_RISK_DIFFERENCE = re.compile(r"\b(?:risk difference|difference (?:in|of|between) (?:proportions?|risks?))\b")


class Side(Enum):
    """What an estimate is of the two groups it names."""

    FIRST_LESS_SECOND = "first"
    SECOND_LESS_FIRST = "second"


@dataclass(frozen=True)
class Verified:
    """An analysis whose figures fit: effect measure, side, and the cell it is about."""

    measure: str
    side: Side
    cell: Cell


def effect_measure(words: str | None, measure: Measure) -> str | None:
    """Return the effect measure of our vocabulary that an analysis estimates, where its words leave no doubt."""
    plain = (words or "").casefold()
    if "odds ratio" in plain:
        return "OR"
    if "risk ratio" in plain or "relative risk" in plain:
        return "RR"
    if _RISK_DIFFERENCE.search(plain):
        return "RD"
    if "difference" in plain and code(measure.parameter) in _MEANS and not _NO_DIFFERENCE.search(plain):
        return "MD"
    return None


def fitting(analysis: Analysis, cells: list[Cell]) -> list[Cell]:
    """Return the cells that an analysis may be about: those whose class, or whose time, its words name, else all."""
    words = " ".join(filter(None, (analysis.description, analysis.comment)))
    said = f" {folded(words)} "
    named = [cell for cell in cells if cell.folded_class and f" {cell.folded_class} " in said]
    longest = max((len(cell.folded_class) for cell in named), default=0)
    best = [cell for cell in named if len(cell.folded_class) == longest]
    times = timepoints.mentioned(words)
    timed = [cell for cell in cells if cell.at_class_time and cell.timepoint_days in times]
    return best or timed or cells


def verified(analysis: Analysis, measure: Measure, cells: list[Cell]) -> Verified | None:
    """Return what an analysis estimates, where the figures of the two groups give its estimate in one direction.

    Equal is equal within the digits posted. Nothing is returned where both directions fit (no difference), where
    cells disagree, where the estimate is adjusted so far that the figures do not give it, or where the groups are
    sequences by period: an estimate of a crossover is about what was given, not about sequences.
    """
    effect = effect_measure(analysis.parameter, measure)
    estimate = number(analysis.value)
    if effect is None or estimate is None or len(analysis.groups) != 2:
        return None
    about = [cell for cell in cells if not cell.period]
    found = [(side, cell) for cell in about for side in _sides(effect, estimate, analysis.groups, measure, cell)]
    if len({(side, cell.outcome, cell.timepoint_text) for side, cell in found}) != 1:
        return None
    return Verified(effect, *found[0])


def _sides(effect: str, estimate: Decimal, groups: tuple[str, ...], measure: Measure, cell: Cell) -> Iterator[Side]:
    posted = {m.group: m for m in cell.category.measurements}
    first, second = (posted.get(group) for group in groups)
    if first is None or second is None:
        return
    if effect == "MD":
        a, b = number(first.value), number(second.value)
        if a is None or b is None:
            return
        tolerance = _rounding(estimate) + _rounding(a) + _rounding(b)
        differences = (a - b, b - a)
        fits = [abs(estimate - d) <= tolerance for d in differences]
    else:
        one, other = _risk(measure, cell, first), _risk(measure, cell, second)
        if one is None or other is None:
            return
        fits = [_near(effect, estimate, *pair) for pair in ((one, other), (other, one))]
    if fits[0] != fits[1]:
        yield Side.FIRST_LESS_SECOND if fits[0] else Side.SECOND_LESS_FIRST


def _risk(measure: Measure, cell: Cell, posted: Measurement) -> Decimal | None:
    """Return the proportion of a group, strictly between 0 and 1."""
    people = analysed(measure, cell.result_class).get(posted.group)
    value, n = number(posted.value), people.n if people else None
    found = kind(measure)
    if value is None or not n or found is Kind.MEASUREMENT:
        return None
    risk = value / 100 if found is Kind.PERCENTAGE else value / n
    return risk if 0 < risk < 1 else None


def _near(effect: str, estimate: Decimal, a: Decimal, b: Decimal) -> bool:
    if effect == "RD":
        return abs(estimate - (a - b)) <= _rounding(estimate)
    value = a / b if effect == "RR" else a * (1 - b) / (b * (1 - a))
    return abs(estimate - value) <= _rounding(estimate)


def _rounding(value: Decimal) -> Decimal:
    return _HALF.scaleb(-decimals(value))
