"""Step 2: one time per trial within a band, and never a value from before treatment (Handbook 3.2.4.3, 6.2.4)."""

from __future__ import annotations

import re

from kg.iris import BASE, EV, local
from kg.model.question import Question
from kg.model.trialset import ArmResult, ReportedContrast
from kg.protocol import Protocol

WITHIN = {"latest": -1, "earliest": 1}
BASELINE = "only values from before treatment are reported"
_BEFORE_TREATMENT = re.compile(
    r"(at )?(the )?(baseline|screening|pre[- ]?dos(e|ing)|pre[- ]?treatment|pre[- ]?randomi[sz]ation|"
    r"before (treatment|dosing|randomi[sz]ation))( (value|visit|period))?(,? \(?(day|week|month) -?[01]\)?)?|"
    r"(day|week|month|hour) (0|-\d+)",
    re.IGNORECASE,
)


def is_baseline(result: ArmResult) -> bool:
    """Tell whether a result was measured before treatment: by its class, else by its time in words or in days.

    Day 0 in words that name another moment, such as the end of an infusion, is not; a change has its baseline in it.
    """
    words = result.class_text or result.timepoint
    if words is not None:
        return bool(_BEFORE_TREATMENT.fullmatch(words.strip()))
    return result.days == 0 and result.value_kind == EV + "final"


def band_of(result: ArmResult | ReportedContrast, protocol: Protocol) -> str | None:
    """Return the time band of a result: as its source states it, else by its days and the limits of the protocol."""
    days = result.days if isinstance(result, ArmResult) else None
    if result.band is not None or days is None:
        return result.band
    within = (name for name, (start, end) in protocol.band_limits.items() if start <= days < end)
    return next((f"{BASE}band/{name}" for name in within), None)


def other_time(result: ArmResult | ReportedContrast, question: Question, protocol: Protocol) -> str | None:
    """Return why a result is not of the time that the question asks for, or nothing."""
    if question.band is None:
        return None
    band = band_of(result, protocol)
    if band == question.band.iri:
        return None
    return "no time band is stated for its results" if band is None else "the outcome at other times only"


def rank(result: ArmResult | ReportedContrast, protocol: Protocol) -> tuple[object, ...]:
    """Return the place of a result among those of other bands, by the order of the protocol."""
    band = band_of(result, protocol)
    return (position(local(band) if band else "", protocol.bands),)


def rank_within(result: ArmResult | ReportedContrast, protocol: Protocol) -> tuple[object, ...]:
    """Return the place of a result among those of one band: the latest or the earliest, as the protocol says."""
    days = result.days if isinstance(result, ArmResult) else None
    return days is None, WITHIN[protocol.within_band] * (days or 0.0), result.timepoint or ""


def position(name: str, order: tuple[str, ...]) -> int:
    """Return the place of a name in an order; names that it does not have come last."""
    return order.index(name) if name in order else len(order)


def told(result: ArmResult | ReportedContrast, protocol: Protocol) -> str:
    """Return the time of a result in words, and how its band was found where no source states it."""
    band = band_of(result, protocol)
    days = result.days if isinstance(result, ArmResult) else None
    words = result.timepoint or ("no time stated" if days is None else f"day {days:g}")
    if band is None:
        return words
    name = local(band).replace("-", " ")
    if result.band is None:
        return f"{name} (day {days:g}, by the limits of the protocol)"
    return name if result.timepoint is None else f"{name}, {words}"


def not_banded(left: int) -> list[str]:
    """Return what a question that names a band says of results that have none."""
    return [f"{left} results of eligible trials state no time band and are left out"] if left else []
