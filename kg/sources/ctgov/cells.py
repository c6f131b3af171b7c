"""What a class and a category of an outcome measure mean: a time, a period of a crossover, or another outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from kg.sources.ctgov import timepoints
from kg.sources.ctgov.posted import Category, Measure, ResultClass
from kg.sources.ctgov.words import folded

_ORDINALS = {"1": 1, "i": 1, "one": 1, "first": 1, "a": 1, "2": 2, "ii": 2, "two": 2, "second": 2, "b": 2}
_ORDINALS |= {"3": 3, "iii": 3, "three": 3, "third": 3, "4": 4, "iv": 4, "four": 4, "fourth": 4}
_PART = (
    r"(?:(?:treatment|intervention|study|crossover|dosing) )?(?:phase|period|intervention|treatment|sequence period)"
)
_PERIOD = re.compile(rf"{_PART} (?P<after>\w+)|(?P<before>first|second|third|fourth) {_PART}(?: \d+ \w+)?")
_CHANGE = re.compile(r"\bchange[sd]?\b|\bdifference from baseline\b", re.IGNORECASE)
_NO_CHANGE = re.compile(r"\bimpression of change\b|\bbaseline values?\b", re.IGNORECASE)
_BASELINE = "Baseline"


@dataclass(frozen=True)
class Cell:
    """One category of one class: what it is a result for, when, and in which period."""

    result_class: ResultClass
    folded_class: str
    category: Category
    outcome: str
    timepoint_text: str | None
    timepoint_days: Decimal | None
    at_class_time: bool
    period: str | None
    change: bool

    @property
    def class_text(self) -> str | None:
        """The class as worded; ``Baseline`` for whatever was measured before treatment."""
        if self.timepoint_days == 0:
            return _BASELINE
        return self.result_class.title

    @property
    def category_text(self) -> str | None:
        """The category as worded."""
        return self.category.title


def cells(measure: Measure, *, crossover: bool) -> Iterator[Cell]:
    """Yield the cells of an outcome measure.

    A class that is a time point or a period of a crossover is the same outcome at another time; any other class, and a
    category, is an outcome of its own, so that subscales, doses and subgroups never meet in one.
    """
    days_of_frame = timepoints.of_time_frame(measure.time_frame)
    changes = [bool(c.title and _CHANGE.search(c.title)) for c in measure.classes]
    for result_class, says_change in zip(measure.classes, changes, strict=True):
        title = result_class.title
        words, when = timepoints.of_class(title) if title else (None, None)
        period = _period(title) if title and crossover else None
        days = when.days if when else days_of_frame
        for category in result_class.categories:
            named = timepoints.without_numbers(category.title) if category.title and category.title != title else None
            parts = (measure.title, None if period else words, named)
            yield Cell(
                result_class=result_class,
                folded_class=folded(title or ""),
                category=category,
                outcome=": ".join(filter(None, parts)),
                timepoint_text=_when(when, measure.time_frame),
                timepoint_days=days,
                at_class_time=when is not None,
                period=period,
                change=says_change or (not any(changes) and days != 0 and _is_change(measure.title)),
            )


def _when(time: timepoints.Timepoint | None, time_frame: str | None) -> str | None:
    words = [time.words] if time else []
    return "; time frame: ".join([*words, *([time_frame] if time_frame else [])]) or None


def _is_change(title: str) -> bool:
    return bool(_CHANGE.search(title)) and not _NO_CHANGE.search(title)


def _period(title: str) -> str | None:
    found = _PERIOD.fullmatch(folded(title))
    number = _ORDINALS.get(found["after"] or found["before"]) if found else None
    if number is None:
        return None
    return "firstPeriod" if number == 1 else "laterPeriod"
