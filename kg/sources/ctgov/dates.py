"""Dates as the old files write them, in the form of the API."""

from __future__ import annotations

import re

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DATE = re.compile(r"(?P<month>[A-Za-z]+)\s+(?:(?P<day>\d{1,2}),\s*)?(?P<year>\d{4})")


def iso(words: str | None) -> str | None:
    """Return ``December 1, 2014`` as ``2014-12-01`` and ``July 2001`` as ``2001-07``; other words as they are."""
    found = _DATE.fullmatch(words or "")
    if not found or found["month"].casefold() not in _MONTHS:
        return words
    month = _MONTHS.index(found["month"].casefold()) + 1
    day = f"-{int(found['day']):02}" if found["day"] else ""
    return f"{found['year']}-{month:02}{day}"
