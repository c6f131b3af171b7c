"""Whether the number of a cell counts participants, is a percentage of them, or is something else."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum

from kg.sources.ctgov.codes import code
from kg.sources.ctgov.numbers import number
from kg.sources.ctgov.posted import Measure

_PEOPLE = r"(?:participants?|subjects?|patients?|persons?|people|individuals?|volunteers?|infants?|children|women|men)"
_COUNT = re.compile(
    rf"(?:(?:number|count|no\.?) of )?(?:study )?{_PEOPLE}(?: (?:with|who|having|in) .*)?", re.IGNORECASE
)
_PERCENTAGE = re.compile(
    rf"(?:percent(?:age)?s?|%|per cent)(?: \(%\))? (?:of )?(?:the )?(?:\w+ )?(?:{_PEOPLE}|(?:group|arm|cohort)s?)\b.*",
    re.IGNORECASE,
)
_BARE_PERCENTAGE = re.compile(r"percent(?:age)?s?|%|per cent", re.IGNORECASE)
_TITLE_OF_PEOPLE = re.compile(
    rf"\b(?:percent(?:age)?s?|proportion|%|rate) of (?:the )?(?:\w+ )?{_PEOPLE}\b", re.IGNORECASE
)


class Kind(Enum):
    """What the values of a measure are."""

    COUNT = "participants"
    PERCENTAGE = "percentage of participants"
    MEASUREMENT = "measurement"


def kind(measure: Measure) -> Kind:
    """Return what the values of a measure are, by its parameter type and its unit.

    A number in a unit that is no people is never taken for a count.
    """
    parameter, unit = code(measure.parameter), measure.unit or ""
    if parameter == "COUNT_OF_PARTICIPANTS":
        return Kind.COUNT
    if parameter != "NUMBER":
        return Kind.MEASUREMENT
    if _PERCENTAGE.fullmatch(unit) or (_BARE_PERCENTAGE.fullmatch(unit) and _TITLE_OF_PEOPLE.search(measure.title)):
        return Kind.PERCENTAGE
    if _COUNT.fullmatch(unit):
        return Kind.COUNT
    return Kind.MEASUREMENT


def percentage(value: str) -> Decimal | None:
    """Return a value from 0 to 100."""
    found = number(value.removesuffix("%"))
    return found if found is not None and 0 <= found <= 100 else None
