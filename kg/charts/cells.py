"""The part of a row that every chart prints and draws: an estimate with its interval."""

from __future__ import annotations

import math

from kg.charts import numbers
from kg.charts.axis import Axis
from kg.charts.layers import Spec
from kg.charts.layout import Part

Interval = tuple[float, float]

EFFECT = (Part("estimate_text"), Part("lower_text", gap=6), Part("upper_text", gap=4))


def effect_cells(estimate: float | None, ci: Interval | None, scale: Axis, *, ratio: bool) -> Spec:
    """Return the numbers of an effect, their texts, and how much of the interval the axis shows."""
    return {
        "estimate_text": "" if estimate is None else numbers.effect(estimate, ratio=ratio),
        "lower_text": "" if ci is None else f"[{numbers.effect(ci[0], ratio=ratio)},",
        "upper_text": "" if ci is None else f"{numbers.effect(ci[1], ratio=ratio)}]",
        "estimate": None if estimate is None else _finite(estimate),
        "lower": None if ci is None else _finite(ci[0]),
        "upper": None if ci is None else _finite(ci[1]),
        **_drawn(estimate, ci, scale),
    }


def _drawn(estimate: float | None, ci: Interval | None, scale: Axis) -> Spec:
    """Return the ends of an interval as drawn, and on which sides it goes on beyond the axis."""
    if ci is None:
        return {"from": None, "to": None, "within": False, "beyond_left": False, "beyond_right": False}
    low, high = scale.domain
    outside = ci[1] < low or ci[0] > high
    return {
        "from": None if outside else max(ci[0], low),
        "to": None if outside else min(ci[1], high),
        "within": estimate is not None and scale.holds(estimate),
        "beyond_left": ci[0] < low,
        "beyond_right": ci[1] > high,
    }


def _finite(value: float) -> float | None:
    """Return a number as JSON can hold it."""
    return value if math.isfinite(value) else None
