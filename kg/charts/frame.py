"""What stands around a plot: title, heads and rules of the table, notes, and which side favours whom."""

from __future__ import annotations

from collections.abc import Sequence

from kg.charts import wording
from kg.charts.layers import Plane, Spec, label
from kg.charts.layout import FONT_SIZE, Table
from kg.charts.text import clean, width, wrap
from kg.model.answer import Answer

SMALL = FONT_SIZE - 1
HEADER = 42.0  # height of the two lines of heads
_SPANNER = 10.0
_SPANNER_RULE = 19.0
_HEAD = 30.0
_LINE = 14.0
_AXIS = 22.0  # what ticks and their labels take under the plot
_ASIDE = 7.0  # from the line of no effect to a label under the axis
_TITLE_SIZE = 14


def title(text: str, subtitle: str, wide: float, left: float) -> tuple[Spec, float]:
    """Return a title that begins at a pixel, broken to a width, and the height it takes."""
    main = wrap(clean(text), wide, _TITLE_SIZE, 2, bold=True)
    below = wrap(clean(subtitle), wide, FONT_SIZE, 2) if subtitle else []
    spec: Spec = {
        "text": main[0] if len(main) == 1 else main,
        "anchor": "start",
        "frame": "group",
        "dx": round(left, 2),
        "offset": 10,
        "fontSize": _TITLE_SIZE,
        "lineHeight": 18,
        "subtitleFontSize": FONT_SIZE,
        "subtitleLineHeight": 15,
        "subtitlePadding": 4,
    }
    if below:
        spec["subtitle"] = below[0] if len(below) == 1 else below
    return spec, 18.0 * len(main) + (4 + 15.0 * len(below) if below else 0) + 10 + 8


def heads(grid: Table, left: float, panel: str, plane: Plane) -> list[Spec]:
    """Return the heads of the table and of the plot."""
    spanners = [label(t.text, left + t.x, _SPANNER, t.align, bold=True) for t in grid.titles]
    columns = [label(h.text, left + h.x, _HEAD, h.align, bold=True) for h in grid.heads]
    return [*spanners, *columns, label(panel, plane.width / 2, _HEAD, "center", bold=True)]


def rules(grid: Table, left: float, plane: Plane, across: Sequence[float]) -> list[Spec]:
    """Return the rules of the table: under the spanners, under the heads, and at some heights across everything."""
    spanners = [
        {"x": round(left + a, 2), "x2": round(left + b, 2), "y": _SPANNER_RULE, "width": 0.6} for a, b in grid.spanners
    ]
    return [*spanners, *({"x": round(left, 2), "x2": plane.width, "y": y, "width": 0.8} for y in (HEADER, *across))]


def notes(answer: Answer, plane: Plane, left: float, wide: float) -> tuple[list[Spec], float]:
    """Return the notes under the table of an answer and how far below the plot they reach."""
    return lines_under(wording.notes(answer), wording.imprint(answer), plane, left, wide)


def lines_under(
    written: Sequence[str], imprint: str, plane: Plane, left: float, wide: float
) -> tuple[list[Spec], float]:
    """Return lines under the table, broken to a width, with the imprint last, and how far below the plot they reach."""
    lines = [part for line in written for part in wrap(line, wide, SMALL, 3)]
    texts = [label(text, left, plane.height + 12 + _LINE * i, size=SMALL) for i, text in enumerate(lines)]
    last = 12 + _LINE * len(lines) + 4
    if imprint:
        texts.append(label(imprint, left, plane.height + last, muted=True, size=SMALL - 1))
    return texts, last + 6


def sided(text: str) -> float:
    """Return the width that a label under the axis takes from the line of no effect on."""
    return width(f"← {clean(text)}", FONT_SIZE) + _ASIDE


def favours(sides: tuple[str, str] | None, plane: Plane, spare: tuple[float, float]) -> tuple[list[Spec], float]:
    """Return the two labels under the axis that say whom each side favours, where that is known."""
    if sides is None:
        return [], _AXIS
    null = plane.pixel(plane.axis.null)
    arrow = width("← ", FONT_SIZE)
    before = wrap(clean(sides[0]), null - _ASIDE - arrow + spare[0], FONT_SIZE, 2)
    after = wrap(clean(sides[1]), plane.width - null - _ASIDE - arrow + spare[1], FONT_SIZE, 2)
    before[0] = f"← {before[0]}"
    after[-1] = f"{after[-1]} →"
    top = plane.height + _AXIS + 14
    texts = [label(text, null - _ASIDE, top + _LINE * i, "right") for i, text in enumerate(before)]
    texts += [label(text, null + _ASIDE, top + _LINE * i) for i, text in enumerate(after)]
    return texts, _AXIS + 20 + _LINE * (max(len(before), len(after)) - 1)
