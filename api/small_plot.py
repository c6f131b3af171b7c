"""The small plot of a row: an interval, its estimate and the line of no effect, as coordinates for a template."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kg.model.answer import Pool

WIDTH, HEIGHT = 120.0, 16.0
_EDGE = 6.0
_RATIO_REACH = math.log(20.0)  # a ratio beyond 20 or below 1/20 leaves the plot by an arrow


@dataclass(frozen=True)
class Scale:
    """Where no effect is, and how far the plot reaches on both sides of it, on the analysis scale."""

    reach: float

    def x(self, value: float) -> float:
        """Return the place of a value, at the edge where it lies beyond."""
        share = max(-1.0, min(1.0, value / self.reach))
        return round(WIDTH / 2 + share * (WIDTH / 2 - _EDGE), 1)


@dataclass(frozen=True)
class SmallPlot:
    """Coordinates of one row; the flags say that the interval goes on beyond the edge."""

    low: float
    high: float
    estimate: float
    beyond_left: bool
    beyond_right: bool
    null: float = WIDTH / 2


def scale(pools: Sequence[Pool], *, log: bool) -> Scale | None:
    """Return a scale that fits some pools, symmetrical about no effect; nothing where none is estimable."""
    ends = [abs(end) for pool in pools if pool.ci for end in pool.ci]
    widest = max(ends, default=0.0)
    if not widest:
        return None
    return Scale(min(max(widest, math.log(4)), _RATIO_REACH) if log else widest)


def small_plot(pool: Pool, shared: Scale) -> SmallPlot | None:
    """Return the coordinates of a pool."""
    if pool.estimate is None or pool.ci is None:
        return None
    low, high = pool.ci
    return SmallPlot(
        low=shared.x(low),
        high=shared.x(high),
        estimate=shared.x(pool.estimate),
        beyond_left=low < -shared.reach,
        beyond_right=high > shared.reach,
    )
