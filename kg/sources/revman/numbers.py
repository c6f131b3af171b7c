"""Numbers as RevMan's files write them, read strictly; an empty cell is a number that is not given."""

from __future__ import annotations

import re
from decimal import Decimal

from kg.errors import InputRefused

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?")
_LEAST, _MOST = -30, 20
_NOISE = Decimal("1e-17")
_SHOWN = 40
ZERO = Decimal(0)


def decimal(text: str | None, name: str, place: object) -> Decimal | None:
    """Return a number, or nothing for an empty cell and for NaN, which RevMan writes where it could not compute.

    Raises InputRefused for anything else, and for a number beyond 10**20.
    """
    cell = (text or "").strip()
    if not cell or cell.lower() in ("nan", "#n/a", "n/a"):
        return None
    if not _NUMBER.fullmatch(cell):
        raise InputRefused(f"{place}: {name} is {shown(cell)}; write a plain number such as 27.93, or leave it empty")
    value = Decimal(cell)
    if value and value.adjusted() >= _MOST:
        raise InputRefused(f"{place}: {name} is {shown(cell)}; a number of 10**{_MOST} and more is not read")
    return ZERO if value and value.adjusted() < _LEAST else value


def whole(text: str | None, name: str, place: object) -> int | None:
    """Return a whole number, which may be written as 47.0, or nothing for an empty cell.

    Raises InputRefused for anything else.
    """
    value = decimal(text, name, place)
    if value is None:
        return None
    if value != value.to_integral_value():
        raise InputRefused(f"{place}: {name} is {shown((text or '').strip())}; people are counted in whole numbers")
    return int(value)


def kept(value: Decimal | None) -> Decimal | None:
    """Return a computed number as it can be stored: what is closer to zero than any result is zero."""
    return value if value is None or abs(value) >= _NOISE else ZERO


def shown(text: str) -> str:
    """Return a cell as messages repeat it."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
