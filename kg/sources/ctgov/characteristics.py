"""Mean age and women of the participants at the start, where a record posts them plainly."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from kg.sources.ctgov.numbers import number, whole
from kg.sources.ctgov.posted import Baseline, Measure, Measurement
from kg.sources.ctgov.words import folded, group_title

_SEX = frozenset(folded(title) for title in ("Sex: Female, Male", "Gender", "Sex/Gender, Customized"))
_COUNTED = ("COUNT_OF_PARTICIPANTS", "NUMBER")
_OLDEST = 120


def mean_age(baseline: Baseline) -> Decimal | None:
    """Return the mean age of all participants in years; nothing where it is posted otherwise."""
    everybody = _everybody(baseline)
    for measure in baseline.measures:
        if not folded(measure.title).startswith("age") or measure.parameter != "MEAN":
            continue
        if folded(measure.unit or "") != "years":
            continue
        for cell in _cells(measure):
            age = number(cell.value)
            if cell.group == everybody and age is not None and 0 <= age <= _OLDEST:
                return age
    return None


def women_of_all(baseline: Baseline, enrolled: int | None) -> int | None:
    """Return the women among all participants, where they are no more than were enrolled."""
    everybody = _everybody(baseline)
    found = _women(baseline).get(everybody) if everybody else None
    return found if found is not None and enrolled is not None and found <= enrolled else None


def women_by_title(baseline: Baseline) -> dict[str, int]:
    """Return the women of each group, by its title without case."""
    women = _women(baseline)
    return {folded(group_title(group.title)): women[group.id] for group in baseline.groups if group.id in women}


def _everybody(baseline: Baseline) -> str | None:
    totals = [group.id for group in baseline.groups if folded(group.title) == "total"]
    if len(baseline.groups) == 1:
        return baseline.groups[0].id
    return totals[0] if len(totals) == 1 else None


def _women(baseline: Baseline) -> dict[str, int]:
    found: dict[str, int] = {}
    for measure in baseline.measures:
        if folded(measure.title) in _SEX and measure.parameter in _COUNTED:
            for cell in _cells(measure, "female"):
                people = whole(cell.value, "the number of women", cell.place)
                if people is not None:
                    found.setdefault(cell.group, people)
    return found


def _cells(measure: Measure, title: str | None = None) -> Iterator[Measurement]:
    """Yield the cells of a measure, or those of the category or class of a title."""
    for row in measure.classes:
        for category in row.categories:
            named = folded(category.title or row.title or "")
            if title is None or named == title:
                yield from category.measurements
