"""Numbers as a journal prints them: a true minus sign, constant decimals, nothing that looks more exact than it is."""

from __future__ import annotations

import math
from collections.abc import Iterable

from kg.charts.text import DASH, MINUS

Interval = tuple[float, float]

_WIDEST = 99_999.995


def fixed(value: float, decimals: int) -> str:
    """Return a number with so many decimals and a true minus sign, which zero never has."""
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", MINUS)


def effect(value: float, *, ratio: bool) -> str:
    """Return an effect with two decimals; one too small or too large for them says so instead."""
    if ratio and 0 < value < 0.005:
        return "<0.01"
    if abs(value) >= _WIDEST:
        return ">99999" if value > 0 else f"<{MINUS}99999"
    return fixed(value, 2)


def interval(ci: Interval, *, ratio: bool) -> str:
    """Return an interval in square brackets."""
    return f"[{effect(ci[0], ratio=ratio)}, {effect(ci[1], ratio=ratio)}]"


def weight(value: float | None) -> str:
    """Return a weight in percent with one decimal, or a dash where there is none."""
    return DASH if value is None else fixed(value, 1)


def count(value: float | None) -> str:
    """Return a count, with decimals only where it is not whole, or a dash where there is none."""
    if value is None:
        return DASH
    return fixed(value, 0) if value == round(value) else fixed(value, 1)


def plain(value: float) -> bool:
    """Say whether a number is short enough to be written without an exponent."""
    return value == 0 or 1e-5 <= abs(value) < 1e7


def tick(value: float) -> str:
    """Return the label of a tick."""
    return f"{value:.10f}".rstrip("0").rstrip(".") if plain(value) else f"{value:.0e}"


def p_value(value: float) -> str:
    """Return a p value with its sign, to three decimals."""
    return "p < 0.001" if value < 0.001 else f"p = {fixed(value, 3)}"


def variance(value: float) -> str:
    """Return a variance with two decimals, or two significant digits where those would be lost."""
    return fixed(value, 2) if value == 0 or value >= 0.095 else f"{value:.2g}"


def decimals(values: Iterable[float], most: int) -> int:
    """Return the fewest decimals, up to a limit, that print every value as it is."""
    return max(
        (next((d for d in range(most) if math.isclose(v, round(v, d), rel_tol=0, abs_tol=1e-9)), most) for v in values),
        default=0,
    )
