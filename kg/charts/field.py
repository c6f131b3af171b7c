"""A plane with two axes, drawn in pixels: points, lines and areas of the plots that are not lists of rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kg.charts import frame, layers, numbers
from kg.charts.axis import ticks
from kg.charts.layers import ACCENT, HAIR, INK, Spec, altair, label
from kg.charts.layout import FONT_SIZE
from kg.charts.text import clean, width

TICK = 5.0
LABEL_GAP = 4.0
MARGIN = 16.0
AXIS_NAME = 40.0  # from the axis to the middle of its name, below
LEGEND_LINE = 16.0


@dataclass(frozen=True)
class Ruler:
    """One axis: the values at its ends and how many pixels lie between them; ``log`` ticks show the exponential."""

    low: float
    high: float
    pixels: float
    log: bool = False

    def share(self, value: float) -> float:
        """Return where a value stands: 0 at the low end, 1 at the high one."""
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Return the values of the ticks with their labels."""
        if self.log:
            ends = math.exp(max(self.low, -690.0)), math.exp(min(self.high, 690.0))
            return [(math.log(v), numbers.tick(v)) for v in ticks(ends, log=True, pixels=self.pixels)]
        found = ticks((self.low, self.high), log=False, pixels=self.pixels)
        return [(v, numbers.tick(v).replace("-", "\N{MINUS SIGN}")) for v in found]


@dataclass
class Field:
    """A plot being drawn; ``down`` turns the vertical axis, so that its low end is at the top."""

    x: Ruler
    y: Ruler
    down: bool = False
    areas: list[Spec] = field(default_factory=list)
    lines: list[Spec] = field(default_factory=list)
    points: list[Spec] = field(default_factory=list)
    labels: list[Spec] = field(default_factory=list)
    outside: list[Spec] = field(default_factory=list)
    lowest: float = 0.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a point, from the upper left corner."""
        share = self.y.share(y)
        vertical = share if self.down else 1 - share
        return round(self.x.share(x) * self.x.pixels, 2), round(vertical * self.y.pixels, 2)

    def area(self, corners: Sequence[tuple[float, float]], color: str) -> None:
        """Fill the polygon of some corners; what lies outside the plot is cut off."""
        name = len({corner["area"] for corner in self.areas})
        for order, (x, y) in enumerate(self.at(*corner) for corner in corners):
            self.areas.append({"area": name, "order": order, "x": x, "y": y, "color": color})

    def line(self, start: tuple[float, float], end: tuple[float, float], kind: str = "solid", color: str = INK) -> None:
        """Draw a line from one point to another, cut off outside the plot."""
        self.curve([start, end], kind, color)

    def curve(self, points: Sequence[tuple[float, float]], kind: str = "solid", color: str = INK) -> None:
        """Draw a line through points, cut off outside the plot."""
        name = len({point["line"] for point in self.lines})
        for order, (x, y) in enumerate(self.at(*point) for point in points):
            self.lines.append({"line": name, "order": order, "x": x, "y": y, "kind": kind, "color": color})

    def point(self, x: float, y: float, size: float, study: str, **values: float) -> None:
        """Draw a study as a circle of an area, with the numbers it stands for."""
        left, top = self.at(x, y)
        self.points.append({"study": clean(study), "x": left, "y": top, "size": size, **values})

    def text(self, words: str, x: float, y: float, align: Any = "left", **style: Any) -> None:
        """Write text at a pixel."""
        self.labels.append(label(words, x, y, align, **style))

    def legend(self, entries: Sequence[tuple[str, str]]) -> None:
        """Explain colours below the axis: one square and its words each, in one row where there is room."""
        left, top = 0.0, self.y.pixels + AXIS_NAME + 22
        for color, words in entries:
            wide = 18 + width(words, FONT_SIZE - 1) + 16
            if left and left + wide > self.x.pixels + MARGIN:
                left, top = 0.0, top + LEGEND_LINE
            name = f"legend {len(self.areas)}"
            box = ((left, top - 5), (left + 12, top - 5), (left + 12, top + 5), (left, top + 5))
            for order, (x, y) in enumerate(box):
                self.areas.append({"area": name, "order": order, "x": x, "y": y, "color": color, "key": True})
            self.text(words, left + 18, top, size=FONT_SIZE - 1)
            left += wide
        self.lowest = top - self.y.pixels + 8

    def note(self, words: str) -> None:
        """Write a line under everything else."""
        below = max(self.lowest, AXIS_NAME + 10) + 14
        self.text(words, 0, self.y.pixels + below, muted=True, size=FONT_SIZE - 1)
        self.lowest = below + 4

    def specification(self, title: str, subtitle: str, names: tuple[str, str], right: float = MARGIN) -> Spec:
        """Return the drawing with its axes as one Vega-Lite specification."""
        wide, high = self.x.pixels, self.y.pixels
        rules, left = self._axes(names)
        heading, top = frame.title(title, subtitle, wide + left, -left)
        alt = altair()
        pixels = {"x": alt.X("x:Q", scale=None, axis=None), "y": alt.Y("y:Q", scale=None, axis=None)}
        parts = [
            _polygons(pixels, key=False),
            _polygons(pixels, key=True),
            *_curves(pixels),
            *_strokes(rules),
            *([_uncut(pixels)] if self.outside else []),
            _circles(pixels),
            _labels(pixels),
        ]
        datasets = {"areas": self.areas, "lines": self.lines, "rules": rules, "points": self.points}
        datasets |= {"outside": self.outside}
        padding = {"left": left + MARGIN, "right": right, "top": top, "bottom": max(self.lowest, AXIS_NAME) + 12}
        return layers.specification(
            parts,
            datasets | {"labels": self.labels},
            description=clean(f"{title}. {subtitle}"),
            title=heading,
            width=wide,
            height=high,
            padding=padding,
        )

    def _axes(self, names: tuple[str, str]) -> tuple[list[Spec], float]:
        """Return the strokes of both axes, and how far the labels of the vertical one reach to the left."""
        wide, high = self.x.pixels, self.y.pixels
        strokes = [(0.0, high, wide, high), (0.0, 0.0, 0.0, high)]
        for value, words in self.x.ticks():
            at = self.at(value, self.y.low)[0]
            strokes.append((at, high, at, high + TICK))
            self.text(words, at, high + TICK + 9, "center", size=FONT_SIZE - 1)
        widest = 0.0
        for value, words in self.y.ticks():
            at = self.at(self.x.low, value)[1]
            strokes.append((-TICK, at, 0.0, at))
            self.text(words, -TICK - LABEL_GAP, at, "right", size=FONT_SIZE - 1)
            widest = max(widest, width(words, FONT_SIZE - 1))
        self.text(names[0], wide / 2, high + AXIS_NAME, "center")
        left = TICK + LABEL_GAP + widest + 18
        self.labels.append(label(names[1], -left + 4, high / 2, "center") | {"angle": 270})
        return [{"x": a, "y": b, "x2": c, "y2": d} for a, b, c, d in strokes], left + 4


def _polygons(pixels: Spec, *, key: bool) -> Any:
    alt = altair()
    wanted = "isValid(datum.key)" if key else "!isValid(datum.key)"
    return (
        alt.Chart(alt.NamedData("areas"))
        .transform_filter(wanted)
        .mark_line(interpolate="linear-closed", strokeWidth=0.5 if key else 0, clip=not key, aria=False)
        .encode(
            **pixels,
            detail="area:N",
            order="order:Q",
            fill=alt.Fill("color:N", scale=None),
            stroke=alt.value(HAIR),
        )
    )


def _curves(pixels: Spec) -> list[Any]:
    alt = altair()
    styles: dict[str, Spec] = {
        "solid": {"strokeWidth": 1.0},
        "dashed": {"strokeWidth": 1.0, "strokeDash": [4, 3]},
        "dotted": {"strokeWidth": 0.8, "strokeDash": [1.5, 2.5]},
    }
    return [
        alt.Chart(alt.NamedData("lines"))
        .transform_filter(f"datum.kind === '{kind}'")
        .mark_line(clip=True, aria=False, **style)
        .encode(**pixels, detail="line:N", order="order:Q", stroke=alt.Stroke("color:N", scale=None))
        for kind, style in styles.items()
    ]


def _uncut(pixels: Spec) -> Any:
    """Return lines that may leave the plot."""
    alt = altair()
    return (
        alt.Chart(alt.NamedData("outside"))
        .mark_line(strokeWidth=1, color=INK, aria=False)
        .encode(**pixels, detail="line:N", order="order:Q")
    )


def _strokes(rules: Sequence[Spec]) -> list[Any]:
    alt = altair()
    if not rules:
        return []
    ends = {"x2": "x2:Q", "y2": "y2:Q"}
    place = {"x": alt.X("x:Q", scale=None, axis=None), "y": alt.Y("y:Q", scale=None, axis=None)}
    return [alt.Chart(alt.NamedData("rules")).mark_rule(color=INK, strokeWidth=1, aria=False).encode(**place, **ends)]


def _circles(pixels: Spec) -> Any:
    alt = altair()
    return (
        alt.Chart(alt.NamedData("points"))
        .mark_point(
            shape="circle",
            filled=True,
            opacity=1,
            fill=alt.ExprRef(f"isValid(datum.open) ? 'white' : '{ACCENT}'"),
            stroke=alt.ExprRef(f"isValid(datum.open) ? '{INK}' : 'white'"),
            strokeWidth=0.8,
            aria=False,
        )
        .encode(**pixels, size=alt.Size("size:Q", scale=None))
    )


def _labels(pixels: Spec) -> Any:
    alt = altair()
    return (
        alt.Chart(alt.NamedData("labels"))
        .mark_text(
            align=alt.ExprRef("datum.align"),
            baseline="middle",
            angle=alt.ExprRef("isValid(datum.angle) ? datum.angle : 0"),
            fontSize=alt.ExprRef("datum.size"),
            fontWeight=alt.ExprRef("datum.bold ? 'bold' : 'normal'"),
            color=alt.ExprRef(f"datum.muted ? '{layers.MUTED}' : '{INK}'"),
            aria=False,
        )
        .encode(**pixels, text=alt.Text("text:N"))
    )
