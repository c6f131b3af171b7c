"""Studies with their effects and the pool of them: what plots of study data are drawn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from kg.charts import wording
from kg.charts.text import capital, clean, elide_middle, width
from kg.errors import InputRefused

Interval = tuple[float, float]

LARGEST = 150.0  # square pixels of the heaviest study
LEAST = 18.0
CLEAR = 4.0  # pixels around a point that no name may enter


@dataclass(frozen=True)
class PooledStudies:
    """Effects and variances on the analysis scale (log for ratios), weights in percent, and the pooled effect."""

    study: tuple[str, ...]
    yi: tuple[float, ...]
    vi: tuple[float, ...]
    weights: tuple[float, ...]
    measure: str
    log: bool
    estimate: float
    se: float
    ci: Interval
    tau2: float = 0.0
    level: float = 95.0
    method: str = "REML"
    test: str = "z"
    prediction: Interval | None = None

    def __post_init__(self) -> None:
        if not self.study:
            raise InputRefused("there is no study with an effect, so there is nothing to plot")

    @property
    def quantile(self) -> float:
        """The normal quantile of the level."""
        return normal(self.level)

    @property
    def sizes(self) -> list[float]:
        """The area of each study's symbol, in proportion to its weight but never too small to be seen."""
        heaviest = max(self.weights) or 1.0
        return [max(LEAST, LARGEST * weight / heaviest) for weight in self.weights]

    @property
    def described(self) -> str:
        """The measure, the model and the number of studies."""
        common = self.method in {"EE", "FE", "MH", "PETO"}
        kind = "common effect" if common else "random effects"
        name = wording.METHODS.get(self.method, clean(self.method))
        measure = wording.measure(self.measure)
        studies = "1 study" if len(self.study) == 1 else f"{len(self.study)} studies"
        return f"{measure}; {kind}, {name}; {studies}"

    @property
    def axis_name(self) -> str:
        """The name of an axis of effects."""
        return wording.measure(self.measure) + (" (log scale)" if self.log else "")

    def shown(self, value: float) -> float:
        """Return an effect on the scale that readers see."""
        return math.exp(min(value, 690.0)) if self.log else value


def normal(level: float) -> float:
    """Return the z with ``level`` percent of the normal distribution within -z and z."""
    return NormalDist().inv_cdf(0.5 + level / 200)


def spread(low: float, high: float, share: float = 0.05) -> Interval:
    """Return ends moved apart by a share of their distance, and by one where they are equal."""
    room = share * (high - low) if high > low else 1.0
    return low - room, high + room


Place = Literal["left", "right", "center"]


@dataclass(frozen=True)
class Name:
    """A name at a pixel, and which end of it stands there."""

    text: str
    x: float
    y: float
    align: Place


def named(points: Sequence[tuple[str, float, float]], room: tuple[float, float], size: float) -> list[Name]:
    """Return names beside points, within the room and over no other name or point; the first ones have first choice.

    Each item has a name and the pixels of its point; a name that fits nowhere is left out.
    """
    done: list[Name] = []
    taken = [(x - CLEAR, x + CLEAR, y - CLEAR, y + CLEAR) for _, x, y in points]
    for name, x, y in points:
        words = elide_middle(capital(clean(name)), room[0] / 2, size)
        long, high = width(words, size), size / 2 + 1
        beside, above = CLEAR + 4.0, CLEAR + size / 2 + 3
        choices: list[tuple[Place, float, float, float]] = [
            ("left", x + beside, y, x + beside),
            ("right", x - beside, y, x - beside - long),
            ("center", x, y - above, x - long / 2),
            ("center", x, y + above, x - long / 2),
        ]
        for align, at, level, start in choices:
            box = (start, start + long, level - high, level + high)
            inside = box[0] >= 2 and box[1] <= room[0] and box[2] >= 0 and box[3] <= room[1] - 2
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                done.append(Name(words, at, level, align))
                break
    return done


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    """Whether two boxes (left, right, top, bottom) overlap."""
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]
