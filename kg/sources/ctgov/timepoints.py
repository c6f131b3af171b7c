"""When something was measured, in days, as far as the words say it without doubt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_DAYS = {
    "min": Decimal(1) / 1440,
    "hour": Decimal(1) / 24,
    "day": Decimal(1),
    "week": Decimal(7),
    "month": Decimal("365.25") / 12,
    "year": Decimal("365.25"),
}
_PLACES = Decimal("0.0001")
_LONGEST = 300
"""Characters of words that are read for a time; a longer text is no time."""
_UNITS = (
    ("min", r"min(?:ute)?s?"),
    ("hour", r"(?:hours?|hrs?|h)"),
    ("day", r"days?"),
    ("week", r"(?:weeks?|wks?)"),
    ("month", r"(?:months?|mos?)"),
    ("year", r"(?:years?|yrs?)"),
)
_NUMBER = r"(\d{1,5}(?:\.\d{1,4})?)"
_MENTIONS = tuple(
    (
        unit,
        re.compile(
            rf"\b{_NUMBER}(?:st|nd|rd|th)?[\s-]*{words}\b(?![\s-]*\d)|\b{words}[\s-]*{_NUMBER}\b", re.IGNORECASE
        ),
    )
    for unit, words in _UNITS
)
_BEFORE_TREATMENT = re.compile(
    r"(?:at )?(?:the )?(?:baseline|screening|pre[- ]?dos(?:e|ing)|pre[- ]?treatment|pre[- ]?randomi[sz]ation|"
    r"before (?:treatment|dosing|randomi[sz]ation))(?: (?:value|visit|period))?(?:,? \(?(?:day|week|month) -?[01]\)?)?",
    re.IGNORECASE,
)
_TIME_ZERO = re.compile(r"(?:day|week|month|hour) (?:0|-\d+)", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*[,:;()]\s*|\s+[-\u2013]\s+|\s+(?=at\s)", re.IGNORECASE)
_FILLERS = re.compile(
    r"\b(?:post[- ]?\w+|at|the|end|of|study|treatment|trial|visit|follow|up|time|point|on|in|after|post|from|since|to|"
    r"change|changes|mean|baseline|dose|dosing|randomi[sz]ation|first|start|therapy|intervention|assessment)\b|[\s().,:;/-]+",
    re.IGNORECASE,
)
_FIRST_DAY = re.compile(r"\bbaseline \((?:study )?(?:day|week|month|visit) [01]\)", re.IGNORECASE)
_NUMBERS_ANALYSED = re.compile(r"[(\[]\s*n\s*=\s*\d+(?:\s*[;,/]\s*n\s*=\s*\d+)*\s*[)\]]", re.IGNORECASE)
_COUNTS = re.compile(r"n\s*=\s*(\d+)", re.IGNORECASE)
_NOT_ONE_TIME = re.compile(
    r"\b(?:up to|through(?:out)?|over|during|average|approximately|every|between|until|within|per|daily|weekly|"
    r"monthly)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Timepoint:
    """A time point as worded, in days since the start; 0 before treatment, so that no effect can be read from it."""

    words: str
    days: Decimal


def of_class(title: str) -> tuple[str | None, Timepoint | None]:
    """Return what the title of a class says beside a time, and the time: ``SBP, 2 hours post-dose`` says both.

    The time stands alone, before or behind everything else; anywhere else it is part of the words.
    """
    plain = without_numbers(title)
    if len(plain) > _LONGEST:
        return plain, None
    if whole := _timepoint(plain):
        return None, whole
    for cut in _SEPARATOR.finditer(plain):
        before, after = plain[: cut.start()].strip(), plain[cut.end() :].strip(" ).")
        for words, time in ((before, after), (after, before)):
            if words and (found := _timepoint(time)):
                return words, found
    return plain, None


def _timepoint(words: str) -> Timepoint | None:
    if _BEFORE_TREATMENT.fullmatch(words) or _TIME_ZERO.fullmatch(words):
        return Timepoint(words, Decimal(0))
    found = _mentions(words)
    if len(found) != 1:
        return None
    (start, end, days) = found[0]
    return Timepoint(words, days) if not _FILLERS.sub("", words[:start] + " " + words[end:]) else None


def of_time_frame(words: str | None) -> Decimal | None:
    """Return the days of a time frame, where it names one time, or the baseline and one."""
    if not words or len(words) > _LONGEST or _NOT_ONE_TIME.search(words):
        return None
    plain = _FIRST_DAY.sub("baseline", words).strip(" .")
    if _BEFORE_TREATMENT.fullmatch(plain):
        return Decimal(0)
    found = _mentions(plain)
    later = {days for _, _, days in found if days}
    starts, ends = [start for start, _, _ in found], [end for _, end, _ in found]
    between = "".join(plain[a:b] for a, b in zip([0, *ends], [*starts, None], strict=True))
    return later.pop() if len(later) == 1 and not any(c.isdigit() for c in between) else None


def mentioned(words: str) -> set[Decimal]:
    """Return the times that words mention anywhere, in days."""
    return {days for _, _, days in _mentions(words)}


def numbers_analysed(title: str, groups: int) -> tuple[int, ...] | None:
    """Return the numbers analysed in brackets of a title, ``(N=65, N=66)``, where there is one for each group."""
    found = _NUMBERS_ANALYSED.search(title)
    counts = tuple(map(int, _COUNTS.findall(found[0]))) if found else ()
    return counts if groups and len(counts) == groups else None


def without_numbers(title: str) -> str:
    """Return a title without the numbers analysed in brackets."""
    return " ".join(_NUMBERS_ANALYSED.sub(" ", title).split()) or title


def _mentions(text: str) -> list[tuple[int, int, Decimal]]:
    """Return where times stand in a text, with their days."""
    found = []
    for unit, pattern in _MENTIONS:
        for match in pattern.finditer(text):
            value = Decimal(match[1] or match[2]) * _DAYS[unit]
            found.append((match.start(), match.end(), Decimal(format(value.quantize(_PLACES).normalize(), "f"))))
    return sorted(found)
