"""The radial plot of Galbraith: standardised effect against precision, with an arc of effects."""

from __future__ import annotations

import math

from kg.charts import numbers
from kg.charts.axis import ticks
from kg.charts.field import Field, Ruler
from kg.charts.layers import HAIR, MUTED, Spec
from kg.charts.layout import FONT_SIZE
from kg.charts.pooled_studies import PooledStudies, spread

WIDE, HIGH = 400.0, 340.0
NEAR, FAR = 10.0, 1.35  # the arc: pixels beyond the plot at its ends, and its largest radius in widths of the plot
STEPS = 60
LABELS = 50.0  # right of the arc, for its labels


def radial(pool: PooledStudies) -> Spec:
    """Return the radial plot (Galbraith 1988): x = 1 / sqrt(v + tau2), y = effect times x.

    A line from the origin has the slope of an effect; its value stands on the arc. Dashed: the pooled effect, between
    limits that hold so many percent of the studies.
    """
    errors = [math.sqrt(v + pool.tau2) for v in pool.vi]
    precise = [1 / error for error in errors]
    standard = [y / error for y, error in zip(pool.yi, errors, strict=True)]
    wide = 1.05 * max(precise)
    z = pool.quantile
    low, high = spread(min([*standard, pool.estimate * wide - z, -z]), max([*standard, pool.estimate * wide + z, z]))
    plot = Field(Ruler(0.0, wide, WIDE), Ruler(low, high, HIGH))
    plot.line((0, 0), (wide, 0), "dotted", HAIR)
    plot.area([(0, -z), (wide, pool.estimate * wide - z), (wide, pool.estimate * wide + z), (0, z)], "#eeeeee")
    plot.line((0, 0), (wide, pool.estimate * wide), "dashed")
    for side in (-z, z):
        plot.line((0, side), (wide, pool.estimate * wide + side), "solid", MUTED)
    for name, x, y, effect in zip(pool.study, precise, standard, pool.yi, strict=True):
        plot.point(x, y, 40.0, name, precision=x, standardised=y, effect=effect)
    radius = _arc(plot, pool, wide)
    plot.note(f"Dashed: pooled effect; grey: {pool.level:g}% limits. Arc: {pool.axis_name.lower()}.")
    across = "Precision (1 / standard error" + (" with τ²)" if pool.tau2 > 0 else ")")
    names = (across, "Standardised effect")
    return plot.specification("Radial plot", pool.described, names, right=radius - WIDE + LABELS)


def _arc(plot: Field, pool: PooledStudies, wide: float) -> float:
    """Draw the arc of effects at the right, with a tick where a value's line from the origin meets it.

    Returns the radius, in pixels.
    """
    origin = plot.at(0, 0)
    steepness = {effect: _slope(plot, origin, effect, wide) for effect in (min(pool.yi), max(pool.yi), pool.estimate)}
    steepest = max(abs(slope) for slope in steepness.values())
    radius = min((WIDE + NEAR) * math.hypot(1, steepest), FAR * WIDE)
    most = math.sqrt((radius / (WIDE + NEAR)) ** 2 - 1)  # steeper lines meet the arc inside the plot
    per_effect = abs(_slope(plot, origin, 1.0, wide))
    first, last = (min(max(end, -most / per_effect), most / per_effect) for end in (min(steepness), max(steepness)))

    def meets(effect: float, away: float) -> tuple[float, float]:
        slope = _slope(plot, origin, effect, wide)
        x = away / math.hypot(1, slope)
        return round(origin[0] + x, 2), round(origin[1] + slope * x, 2)

    def drawn(name: str, points: list[tuple[float, float]]) -> None:
        plot.outside += [{"line": name, "order": order, "x": x, "y": y} for order, (x, y) in enumerate(points)]

    drawn("arc", [meets(first + (last - first) * i / STEPS, radius) for i in range(STEPS + 1)])
    ends = (pool.shown(first), pool.shown(last))
    values = ticks(ends, log=pool.log, pixels=HIGH) if ends[1] > ends[0] else ()
    for value in (v for v in values if ends[0] <= v <= ends[1]):
        effect = math.log(value) if pool.log else value
        drawn(f"tick {value}", [meets(effect, radius), meets(effect, radius + 5)])
        x, y = meets(effect, radius + 10)
        plot.text(numbers.tick(value).replace("-", "\N{MINUS SIGN}"), x, y, size=FONT_SIZE - 1)
    return radius


def _slope(plot: Field, origin: tuple[float, float], effect: float, wide: float) -> float:
    """Return how many pixels down the line of an effect goes for each pixel to the right."""
    x, y = plot.at(wide, effect * wide)
    return (y - origin[1]) / (x - origin[0])
