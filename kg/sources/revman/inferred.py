"""What a table of rows does not say: the measure, from the effects that RevMan displays beside the figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from kg.sources.revman.reviewed import DataRow

_CLOSE = 2e-6  # effects are displayed to six decimals
Shown = tuple[DataRow, Decimal | None]
"""A row with the effect that is displayed for it, on the ratio scale for ratios."""


def measure(rows: Iterable[Shown]) -> tuple[str | None, bool]:
    """Return the measure that gives every displayed effect of counts or means, and whether non-events are counted.

    Nothing where no measure does, or where no row says (Deeks & Higgins 2010, Statistical algorithms in Review Manager
    5). A row that was not estimable is displayed with an effect of 0 or none and says nothing.
    """
    said = [(row, float(effect)) for row, effect in rows if effect is not None]
    counts = [(row, effect) for row, effect in said if row.kind == "dichotomous" and _whole(row)]
    means = [(row, effect) for row, effect in said if row.kind == "continuous" and _spread(row)]
    if means and not counts:
        return _fitting(means, (("MD", mean_difference), ("SMD", standardised_difference))), False
    known = [pair for pair in counts if pair[1] != 0]
    for swapped in (False, True):
        ways = ((m, _swapped(f) if swapped else f) for m, f in _COUNTS)
        if known and (found := _fitting(known, ways)):
            return found, swapped
    return None, False


def _fitting(
    rows: list[tuple[DataRow, float]], ways: Iterable[tuple[str, Callable[[DataRow], float | None]]]
) -> str | None:
    for code, effect in ways:
        made = [(effect(row), said) for row, said in rows]
        if made and all(own is not None and abs(own - said) <= _CLOSE * max(1.0, abs(said)) for own, said in made):
            return code
    return None


def _whole(row: DataRow) -> bool:
    return None not in (row.experimental.events, row.experimental.total, row.control.events, row.control.total)


def _spread(row: DataRow) -> bool:
    return bool(row.experimental.sd and row.control.sd and row.experimental.total and row.control.total)


def _cells(row: DataRow) -> tuple[float, float, float, float]:
    left, right = row.experimental, row.control
    a, c = float(left.events or 0), float(right.events or 0)
    return a, float(left.total or 0) - a, c, float(right.total or 0) - c


def _adjusted(cells: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    a, b, c, d = (cell + 0.5 if 0 in cells else cell for cell in cells)
    return a, b, c, d


def _risk_ratio(row: DataRow) -> float | None:
    cells = _cells(row)
    if cells[1] == cells[3] == 0:
        return 1.0
    a, b, c, d = _adjusted(cells)
    return a / (a + b) / (c / (c + d))


def _odds_ratio(row: DataRow) -> float | None:
    a, b, c, d = _adjusted(_cells(row))
    return a * d / (b * c)


def _risk_difference(row: DataRow) -> float | None:
    a, b, c, d = _cells(row)
    return a / (a + b) - c / (c + d) if a + b and c + d else None


def _peto(row: DataRow) -> float | None:
    a, b, c, d = _cells(row)
    n1, n2, n = a + b, c + d, a + b + c + d
    variance = n1 * n2 * (a + c) * (b + d) / (n * n * (n - 1)) if n > 1 else 0.0
    exponent = (a - (a + c) * n1 / n) / variance if variance else math.inf
    return math.exp(exponent) if abs(exponent) < 700 else None


def mean_difference(row: DataRow) -> float | None:
    """Return the difference of the means."""
    m1, m2 = row.experimental.mean, row.control.mean
    return None if m1 is None or m2 is None else float(m1 - m2)


def standardised_difference(row: DataRow) -> float | None:
    """Return the difference of the means in pooled standard deviations, by Hedges' correction 1 - 3 / (4 N - 9)."""
    left, right, gap = row.experimental, row.control, mean_difference(row)
    if gap is None or not _spread(row):
        return None
    n1, n2 = left.total or 0, right.total or 0
    if n1 + n2 <= 2:
        return None
    spread = math.sqrt(((n1 - 1) * float(left.sd or 0) ** 2 + (n2 - 1) * float(right.sd or 0) ** 2) / (n1 + n2 - 2))
    return gap / spread * (1 - 3 / (4 * (n1 + n2) - 9))


def _swapped(effect: Callable[[DataRow], float | None]) -> Callable[[DataRow], float | None]:
    def of_others(row: DataRow) -> float | None:
        sides = [replace(s, events=(s.total or 0) - (s.events or 0)) for s in (row.experimental, row.control)]
        return effect(replace(row, experimental=sides[0], control=sides[1]))

    return of_others


_COUNTS: tuple[tuple[str, Callable[[DataRow], float | None]], ...] = (
    ("RR", _risk_ratio),
    ("OR", _odds_ratio),
    ("RD", _risk_difference),
    ("PETO", _peto),
)
