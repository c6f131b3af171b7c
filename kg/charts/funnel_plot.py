"""The funnel plot: effect against standard error, with contours of significance around no effect."""

from __future__ import annotations

from collections.abc import Sequence

from kg.charts.field import Field, Ruler
from kg.charts.layers import MUTED, Spec
from kg.charts.pooled_studies import PooledStudies, normal, spread

WIDE, HIGH = 440.0, 320.0
CONTOURS = ((99.0, "#d6d6d6"), (95.0, "#e8e8e8"), (90.0, "#ffffff"))  # percent, and what lies within
OUTSIDE = "#c4c4c4"
LEGEND = (
    ("#ffffff", "p > 0.10"),
    ("#e8e8e8", "0.05 < p ≤ 0.10"),
    ("#d6d6d6", "0.01 < p ≤ 0.05"),
    (OUTSIDE, "p ≤ 0.01"),
)


def funnel(pool: PooledStudies, filled: Sequence[tuple[float, float]] = (), *, contours: bool = True) -> Spec:
    """Return the funnel plot; ``filled`` are effects and variances that trim and fill added, drawn open.

    Contours as in Peters et al. (2008). Dashed: the pooled effect, and where so many percent of the studies are
    expected around it without heterogeneity.
    """
    errors = [v**0.5 for v in pool.vi]
    deepest = 1.06 * max([*errors, *(v**0.5 for _, v in filled)])
    reach = pool.quantile * deepest
    everything = [*pool.yi, *(y for y, _ in filled), pool.estimate - reach, pool.estimate + reach]
    low, high = spread(min(everything), max(everything))
    plot = Field(Ruler(low, high, WIDE, log=pool.log), Ruler(0.0, deepest, HIGH), down=True)
    if contours:
        plot.area([(low, 0), (high, 0), (high, deepest), (low, deepest)], OUTSIDE)
        for level, color in CONTOURS:
            edge = normal(level) * deepest
            plot.area([(0, 0), (-edge, deepest), (edge, deepest)], color)
        plot.line((0, 0), (0, deepest), "solid", MUTED)
    plot.line((pool.estimate, 0), (pool.estimate, deepest), "dashed")
    for side in (-1, 1):
        plot.line((pool.estimate, 0), (pool.estimate + side * reach, deepest), "dashed")
    for name, y, se in zip(pool.study, pool.yi, errors, strict=True):
        plot.point(y, se, 40.0, name, effect=y, se=se)
    for i, (y, v) in enumerate(filled):
        plot.point(y, v**0.5, 40.0, f"filled {i + 1}", effect=y, se=v**0.5, open=1)
    if contours:
        plot.legend(LEGEND)
    note = f"Dashed: pooled effect, and {pool.level:g}% limits around it without heterogeneity."
    plot.note(note + (" Open: filled in." if filled else ""))
    return plot.specification("Funnel plot", pool.described, (pool.axis_name, "Standard error"))
