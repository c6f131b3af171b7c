"""Numbers as people type them into a registry."""

from __future__ import annotations

import re
from decimal import Decimal

from kg.sources.ctgov.faults import RecordRefused
from kg.sources.ctgov.posted import Place

_NUMBER = re.compile(
    r"[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][+-]?\d{1,2})?", re.ASCII
)
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-"})
_ABSENT = {"", "na", "n/a", "nd", "nr", "-", "--", "not applicable", "not available", "not reported", "not estimable"}
_P_VALUE = re.compile(
    r"(?:p\s*)?(?:(<=|>=|[<>=\u2264\u2265])\s*)?(0?\.\d{1,15}|[01](?:\.\d{0,15})?|\d(?:\.\d+)?[eE]-\d{1,2})"
)
_AS_KEPT = {None: "=", "=": "=", "<": "<", "<=": "<", "\u2264": "<", ">": ">", ">=": ">", "\u2265": ">"}


def number(text: str | None) -> Decimal | None:
    """Return the number a text is, with a comma between thousands; nothing where it is none (``NA``, ``<0.001``)."""
    plain = (text or "").strip().translate(_MINUS)
    if not _NUMBER.fullmatch(plain):
        return None
    return Decimal(plain.replace(",", ""))


def decimals(value: Decimal) -> int:
    """Return how many decimal places a number was given with."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def whole(text: str | None, what: str, place: Place) -> int | None:
    """Return a count of people or of episodes; nothing where it is absent or not applicable.

    Raises RecordRefused where it is anything but a whole number of at least 0.
    """
    if text is None or text.strip().casefold() in _ABSENT:
        return None
    found = number(text)
    if found is None or found < 0 or found != found.to_integral_value():
        raise RecordRefused(place, f"{what} is {text[:40]!r}; a count is a whole number, 0 or more")
    return int(found)


def p_value(text: str | None) -> tuple[str, Decimal] | None:
    """Return relation and value of a p value; ``0.000`` is below the last digit given, a bare ``0`` says nothing."""
    found = _P_VALUE.fullmatch((text or "").strip())
    if not found:
        return None
    value = Decimal(found[2])
    if value == 0:
        places = decimals(value)
        return ("<", Decimal(1).scaleb(-places)) if places else None
    return (_AS_KEPT[found[1]], value) if value <= 1 else None
