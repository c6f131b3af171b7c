"""The forest plot: table, squares, diamonds and axis of one answer, as one Vega-Lite specification."""

from __future__ import annotations

from collections.abc import Sequence

from kg.charts import frame, layers, numbers, wording
from kg.charts.axis import Axis, Extent, axis
from kg.charts.cells import EFFECT, effect_cells
from kg.charts.layers import Plane, Spec
from kg.charts.layout import FONT_SIZE, Block, Part, table
from kg.charts.rows import Form, Row, form, rows
from kg.charts.text import capital, clean, elide, elide_middle, wrap
from kg.model.answer import Answer

PANEL = 270.0  # width of the plot
GUTTER = 26.0  # between table and plot
MARGIN = 16.0
LABEL = 200.0  # widest label of a study
INDENT = 10.0
ROOM = 0.08  # share of the axis kept on both sides of no effect
OVERHANG = (16.0, 6.0)  # how far such a label may reach beyond the axis, left and right
MOST_ROOM = 0.37  # the same where labels below the axis need it
EMPTY_WIDTH = 620.0

PARTS: dict[Form, tuple[tuple[str, float], ...]] = {
    "events": (("Events", 0), ("/Total", 0)),
    "means": (("Mean", 0), ("(SD)", 5), ("n", 12)),
    "counts": (("n", 0),),
    "none": (),
}


def forest(answer: Answer) -> Spec:
    """Return the forest plot of an answer; where nothing fits the question, a chart that says so."""
    lines = rows(answer)
    return _plot(answer, lines) if any(line.kind == "study" for line in lines) else _empty(answer)


def describe(answer: Answer) -> str:
    """Return the text that stands for the chart where it cannot be seen."""
    return clean(f"Forest plot. {answer.title}. {answer.sentence}")


def _plot(answer: Answer, lines: Sequence[Row]) -> Spec:
    """Return the plot of an answer that has rows."""
    ratio = answer.scale == "log"
    scale = _axis(answer, lines)
    step = row_height(len(lines))
    data, height, across = stacked(lines, scale, step, ratio=ratio, indent=bool(answer.subgroups))
    plane = Plane(scale, PANEL, height)
    blocks = _blocks(answer, data)
    grid = table(blocks, data)
    left = -(grid.width + GUTTER)
    notes, deepest = frame.notes(answer, plane, left, grid.width)
    sides, lowest = frame.favours(answer.favours, plane, OVERHANG)
    head = wording.measure(answer.measure) + (" (log scale)" if ratio else "")
    half = min(7.0, step / 2 - 2)
    title, top = frame.title(answer.title, wording.question(answer), PANEL - left, left)
    pools = [row for row in data if row["kind"] in {"subtotal", "total"} and row["estimate"] is not None]
    first = next(row["y"] for row in data if row["kind"] == "study") - step / 2
    lines_down = [{"x": scale.null, "top": frame.HEADER, "bottom": height, "dashed": False}]
    lines_down += [
        {"x": row["estimate"], "top": first, "bottom": row["y"], "dashed": True}
        for row in pools
        if row["kind"] == "total" and row["within"]
    ]
    parts = [
        layers.rules(plane, "rules"),
        *layers.uprights(plane, "lines"),
        layers.whiskers(plane, "rows", "study"),
        layers.ticked(plane, "rows", "study", "estimate", 2.5),
        *layers.squares(plane, "rows", max([row["weight"] or 0.0 for row in data if row["kind"] == "study"])),
        layers.whiskers(plane, "rows", "prediction", width=1.6),
        layers.ticked(plane, "rows", "prediction", "from", 4, unless="beyond_left"),
        layers.ticked(plane, "rows", "prediction", "to", 4, unless="beyond_right"),
        layers.diamonds(plane, "diamonds"),
        *layers.arrows(plane, "rows"),
        *layers.columns(plane, grid, "rows", left),
        layers.column(plane, "rows", "indented", left + INDENT, "left"),
        layers.column(plane, "rows", "heading", left, "left"),
        layers.column(plane, "rows", "note", left + INDENT, "left", size=frame.SMALL),
        layers.column(plane, "rows", "remark", left + grid.centres["upper_text"], "center"),
        layers.labels(plane, "labels"),
    ]
    datasets = {
        "rows": data,
        "diamonds": [corner for i, row in enumerate(pools) for corner in layers.corners(scale, row, half, i)],
        "lines": lines_down,
        "rules": frame.rules(grid, left, plane, across),
        "labels": [*frame.heads(grid, left, head, plane), *notes, *sides],
    }
    padding = {"left": MARGIN - left, "right": MARGIN, "top": top, "bottom": max(deepest, lowest) + 8}
    return layers.specification(
        parts, datasets, description=describe(answer), title=title, width=PANEL, height=height, padding=padding
    )


def row_height(lines: int) -> float:
    """Return the height of a row: less where there are many."""
    return 20.0 if lines <= 24 else 17.0 if lines <= 44 else 15.0


def _axis(answer: Answer, lines: Sequence[Row]) -> Axis:
    """Return the axis for the rows of an answer."""
    seen = [
        (line, Extent(line.estimate, line.ci, line.weight)) for line in lines if line.estimate is not None and line.ci
    ]
    prediction = next((line.ci for line in lines if line.kind == "prediction"), None)
    return axis(
        [extent for line, extent in seen if line.kind == "study"],
        [extent for line, extent in seen if line.kind != "study"],
        prediction,
        log=answer.scale == "log",
        pixels=PANEL,
        room=(_room(answer.favours[0], 0), _room(answer.favours[1], 1)) if answer.favours else (ROOM, ROOM),
    )


def _room(text: str, side: int) -> float:
    """Return the share of the axis that a label below it needs, within limits."""
    return min(max((frame.sided(text) - OVERHANG[side]) / PANEL, ROOM), MOST_ROOM)


def stacked(
    lines: Sequence[Row], scale: Axis, step: float, *, ratio: bool, indent: bool
) -> tuple[list[Spec], float, list[float]]:
    """Return the rows with their heights, the height of all, and where rules go across."""
    data, across = [], []
    top = frame.HEADER + 4
    for index, line in enumerate(lines):
        if line.kind == "heading" and index:
            top += 6
        if line.kind == "total":
            across.append(top + 3)
            top += 6
        data.append(_cells(line, scale, top + step / 2, ratio=ratio, indent=indent))
        top += step - 3 if line.kind == "note" else step
    return data, top + 6, across


def _cells(line: Row, scale: Axis, y: float, *, ratio: bool, indent: bool) -> Spec:
    """Return a row of the data: its numbers, the texts of its cells, and how much of it the axis shows."""
    bold = line.kind in {"heading", "subtotal", "total"}
    inner = indent and line.kind == "study"
    name = elide_middle(line.label, LABEL - (INDENT if inner else 0), FONT_SIZE) if line.kind == "study" else line.label
    plain = line.kind not in {"note", "heading"}
    cells: Spec = {
        "kind": line.kind,
        "y": y,
        "bold": bold,
        "muted": line.kind == "note" or not line.estimable,
        "label": line.label,
        "study": "" if inner or not plain else name,
        "indented": name if inner else "",
        "heading": elide(line.label, 2 * LABEL, FONT_SIZE, bold=True) if line.kind == "heading" else "",
        "note": line.label if line.kind == "note" else "",
        "remark": "" if line.estimable else "not estimable",
        "weight_text": numbers.weight(line.weight) if plain and line.kind != "prediction" else "",
        "weight": line.weight,
        **effect_cells(line.estimate, line.ci, scale, ratio=ratio),
    }
    for side, texts in (("experimental", line.experimental), ("control", line.control)):
        cells |= {f"{side}_{i}": text for i, text in enumerate((*texts, "", "", "")[:3])}
    return cells


def _blocks(answer: Answer, data: Sequence[Spec]) -> list[Block]:
    """Return the blocks of columns: study, both sides, weight, effect."""
    shape = form([*answer.studies, *(s for group in answer.subgroups for s in group.studies)])
    sides = []
    for side, term in (("experimental", answer.question.intervention), ("control", answer.question.comparator)):
        parts = tuple(
            Part(f"{side}_{i}", head, "left" if head.startswith("/") else "right", gap)
            for i, (head, gap) in enumerate(PARTS[shape])
        )
        if parts:
            sides.append(Block(parts, capital(clean(term.label))))
    indented = max((len(row["indented"]) for row in data), default=0)
    least = LABEL if indented > 30 else 130.0 if indented else 90.0
    return [
        Block((Part("study", "Study", "left"),), least=least, most=LABEL),
        *sides,
        Block((Part("weight_text"),), head="Weight (%)"),
        Block(EFFECT, head=f"{clean(answer.measure)} [95% CI]", least=90.0),
    ]


def _empty(answer: Answer) -> Spec:
    """Return a chart that says why there is nothing to draw."""
    lines = [wording.NOTHING, *wrap(clean(answer.sentence), EMPTY_WIDTH, FONT_SIZE, 4)]
    plane = Plane(Axis(log=False, domain=(0.0, 1.0), ticks=(), null=0.0), EMPTY_WIDTH, 18.0 * len(lines) + 20)
    texts = [layers.label(text, 0, 16 + 18 * i, bold=i == 0) for i, text in enumerate(lines)]
    title, top = frame.title(answer.title, wording.question(answer), EMPTY_WIDTH, 0)
    padding = {"left": MARGIN, "right": MARGIN, "top": top, "bottom": 8}
    return layers.specification(
        [layers.labels(plane, "labels")],
        {"labels": texts},
        description=describe(answer),
        title=title,
        width=EMPTY_WIDTH,
        height=plane.height,
        padding=padding,
    )
