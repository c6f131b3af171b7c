"""The horizontal axis: how far it reaches, where its ticks stand, and where an interval must be cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kg.charts import numbers
from kg.charts.text import width

Interval = tuple[float, float]

HEAVY = 90.0  # percent of the weight whose intervals the axis shows whole
FEW = 5  # so many of the heaviest studies count as heavy in any case
REACH = 1.5  # how far, in spans of what must be seen, an interval may stretch the axis
NEAR = 0.25  # how far, in spans of the axis, the interval of a light study may stretch it
FAR = 2.0  # the same for its estimate
BOUND = math.log(1e4)  # an interval stretches a log axis no further than this
PAD = 0.04
MOST_TICKS = {True: 9, False: 7}  # on a log axis, on a linear one


@dataclass(frozen=True)
class Extent:
    """What one row asks of the axis."""

    estimate: float
    ci: Interval
    weight: float | None = None


@dataclass(frozen=True)
class Axis:
    """An axis on the scale that readers see, with ticks and the line of no effect."""

    log: bool
    domain: Interval
    ticks: tuple[float, ...]
    null: float

    def place(self, value: float) -> float:
        """Return where a value stands: 0 at the left end, 1 at the right, outside them beyond."""
        low, high = (_inner(end, log=self.log) for end in self.domain)
        return (_inner(value, log=self.log) - low) / (high - low)

    def value(self, place: float) -> float:
        """Return the value at a place."""
        low, high = (_inner(end, log=self.log) for end in self.domain)
        return _outer(low + place * (high - low), log=self.log)

    def holds(self, value: float) -> bool:
        """Say whether a value lies on the axis."""
        return self.domain[0] <= value <= self.domain[1]


def axis(
    studies: Sequence[Extent],
    pools: Sequence[Extent],
    prediction: Interval | None,
    *,
    log: bool,
    pixels: float,
    room: Interval,
) -> Axis:
    """Return an axis that shows pools and heavy studies whole, with room (shares of it) on either side of no effect."""
    null = 0.0
    heavy, light = _by_weight(studies)
    needed = [
        null,
        *_points([p.estimate for p in [*heavy, *pools]], log),
        *_ends([p.ci for p in pools], log),
    ]
    core = (min(needed), max(needed))
    wished = _ends([*(item.ci for item in heavy), *([prediction] if prediction else [])], log)
    reach = REACH * (core[1] - core[0]) if core[1] > core[0] else math.inf
    low = max(min([*wished, core[0]]), core[0] - reach)
    high = min(max([*wished, core[1]]), core[1] + reach)
    for share, places in (
        (FAR, _points([item.estimate for item in light], log)),
        (NEAR, _ends([item.ci for item in light], log)),
    ):
        more = share * (high - low)
        low, high = (
            min([low, *(place for place in places if low - more <= place)]),
            max([high, *(place for place in places if place <= high + more)]),
        )
    low, high = _widened(low, high, log=log)
    pad = PAD * (high - low)
    low, high = _with_room(low - pad, high + pad, null, room)
    domain = (_outer(low, log=log), _outer(high, log=log))
    return Axis(log, domain, ticks(domain, log=log, pixels=pixels), _outer(null, log=log))


def spelled(values: Sequence[float]) -> str:
    """Return the d3 format that spells ticks as ``numbers.tick`` does."""
    return ".10~f" if all(numbers.plain(value) for value in values) else "~e"


def ticks(domain: Interval, *, log: bool, pixels: float, size: float = 10) -> tuple[float, ...]:
    """Return the most ticks that fit, round numbers all, with no effect among them where it is on the axis."""
    span = [_inner(end, log=log) for end in domain]

    def fits(values: Sequence[float]) -> bool:
        if not 2 <= len(values) <= MOST_TICKS[log]:
            return False
        at = [(_inner(v, log=log) - span[0]) / (span[1] - span[0]) * pixels for v in values]
        half = [width(numbers.tick(v), size) / 2 for v in values]
        return all(b - a >= ha + hb + 9 for a, b, ha, hb in zip(at[:-1], at[1:], half[:-1], half[1:], strict=True))

    candidates: list[list[float]] = _log_ticks(domain) if log else _linear_ticks(domain)
    return tuple(next((values for values in candidates if fits(values)), domain))


def _by_weight(studies: Sequence[Extent]) -> tuple[list[Extent], list[Extent]]:
    """Return the studies that make up most of the weight, and the others."""
    ordered = sorted(studies, key=lambda s: -(s.weight or 0))
    total = math.fsum(s.weight or 0 for s in studies)
    if total == 0:
        return list(studies), []
    gathered, cut = 0.0, 0
    while cut < len(ordered) and (cut < FEW or gathered < HEAVY / 100 * total):
        gathered += ordered[cut].weight or 0
        cut += 1
    return ordered[:cut], ordered[cut:]


def _points(values: Sequence[float], log: bool) -> list[float]:
    """Return the finite places of values on the inner scale."""
    return [p for p in (_inner(v, log=log) for v in values) if math.isfinite(p)]


def _ends(intervals: Sequence[Interval], log: bool) -> list[float]:
    """Return the places of the ends of intervals; on a log axis those that go on and on are cut."""
    places = _points([end for ci in intervals for end in ci], log)
    return [min(max(place, -BOUND), BOUND) for place in places] if log else places


def _inner(value: float, *, log: bool) -> float:
    """Return a value on the scale of the plane: its logarithm on a log axis."""
    if not log:
        return value
    if value <= 0:
        return -math.inf
    return math.log(value)


def _outer(value: float, *, log: bool) -> float:
    """Return a place of the plane on the scale that readers see."""
    return math.exp(max(min(value, 690.0), -690.0)) if log else value


def _widened(low: float, high: float, *, log: bool) -> Interval:
    """Return the ends, moved apart where they all but meet."""
    least = math.log(1.2) if log else 1e-6 * max(abs(low), abs(high), 1e-6)
    if high - low >= least:
        return low, high
    if high > low or log:
        middle = (low + high) / 2
        wide = math.log(10) if high == low else least / 2
        return middle - wide, middle + wide
    return low - 1, high + 1


def _with_room(low: float, high: float, null: float, room: Interval) -> Interval:
    """Return the ends, moved out until no effect has its share of the axis on either side."""
    left, right = room
    if null - low < left * (high - low):
        low = null - left / (1 - left) * (high - null)
    if high - null < right * (high - low):
        high = null + right / (1 - right) * (null - low)
    return low, high


def _log_ticks(domain: Interval) -> list[list[float]]:
    """Return sets of ticks for a log axis, the densest first."""
    low, high = domain
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    sets: list[list[float]] = []
    if high / low < 4:
        sets += _linear_ticks(domain)
    for mantissas in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        sets.append([float(f"{m}e{e}") for e in range(first, last + 1) for m in mantissas])
    for step in range(2, 200):
        sets.append([float(f"1e{e}") for e in range(-(-first // step) * step, last + 1, step)])
    kept = [[v for v in values if low <= v <= high] for values in sets]
    return [values for values in kept if 1.0 in values or not low <= 1 <= high]


def _linear_ticks(domain: Interval) -> list[list[float]]:
    """Return sets of ticks at multiples of round steps, the densest first."""
    low, high = domain
    power = math.floor(math.log10((high - low) / MOST_TICKS[False]))
    sets = []
    for exponent in (power, power + 1):
        for mantissa in (1, 2, 2.5, 5):
            step = float(f"{mantissa}e{exponent}")
            digits = max(0, 1 - exponent)
            sets.append([round(i * step, digits) for i in range(math.ceil(low / step), math.floor(high / step) + 1)])
    return sets
