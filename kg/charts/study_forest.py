"""The forest plot of study data, and its kin: cumulative and leave-one-out, one row an estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kg.charts import frame, layers, wording
from kg.charts.axis import Extent, axis
from kg.charts.cells import EFFECT
from kg.charts.forest_plot import GUTTER, INDENT, LABEL, MARGIN, PANEL, PARTS, ROOM, row_height, stacked
from kg.charts.layers import Plane, Spec
from kg.charts.layout import FONT_SIZE, Block, Part, table
from kg.charts.pooled_studies import PooledStudies
from kg.charts.rows import Form, Row
from kg.charts.text import clean, width
from kg.errors import InputRefused

Interval = tuple[float, float]
TITLES = {"forest": "Forest plot", "cumulative": "Cumulative meta-analysis", "leave1out": "Leave-one-out analysis"}


@dataclass(frozen=True)
class Estimate:
    """One estimate with its interval, on the analysis scale."""

    label: str
    estimate: float
    ci: Interval


@dataclass(frozen=True)
class Cells:
    """What the table prints of both groups of each study: counts and totals, or means with SD and number."""

    form: Form
    experimental: tuple[tuple[str, ...], ...]
    control: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Group:
    """A level of subgroups: its name, the places of its studies, and its own pool."""

    label: str
    members: tuple[int, ...]
    pool: Estimate
    note: str = ""


def study_forest(
    pool: PooledStudies, cells: Cells | None = None, groups: Sequence[Group] = (), notes: Sequence[str] = ()
) -> Spec:
    """Return the forest plot of studies, with the diamond of the pool, and of each group where there are some."""
    z = pool.quantile
    if cells is not None and not len(cells.experimental) == len(cells.control) == len(pool.study):
        raise InputRefused("the cells of both groups are not those of the studies; give one item for each study")

    def study(place: int) -> Row:
        half = z * math.sqrt(pool.vi[place])
        estimate = Estimate(pool.study[place], pool.yi[place], (pool.yi[place] - half, pool.yi[place] + half))
        return _row("study", estimate, pool, pool.weights[place], cells, place)

    lines = []
    for group in groups:
        lines.append(Row("heading", clean(group.label)))
        lines += [study(place) for place in group.members]
        weight = math.fsum(pool.weights[place] for place in group.members)
        lines.append(_row("subtotal", group.pool, pool, weight))
        lines += [Row("note", group.note)] if group.note else []
    if not groups:
        lines = [study(place) for place in range(len(pool.study))]
    total = Estimate(f"Total ({pool.level:g}% CI)", pool.estimate, pool.ci)
    lines.append(_row("total", total, pool, 100.0))
    if pool.prediction is not None:
        low, high = (pool.shown(end) for end in pool.prediction)
        lines.append(Row("prediction", f"{pool.level:g}% prediction interval", ci=(low, high)))
    return _drawn("forest", pool, lines, cells, notes)


def series_forest(kind: str, pool: PooledStudies, series: Sequence[Estimate], notes: Sequence[str] = ()) -> Spec:
    """Return the estimates of a series, ``cumulative`` or ``leave1out``, above the pool of all studies."""
    if kind not in ("cumulative", "leave1out"):
        raise InputRefused(f"a series is cumulative or leave1out, not {kind!r}")
    if not series:
        raise InputRefused("the series has no estimate, so there is nothing to plot")
    lines = [_row("study", item, pool, None) for item in series]
    lines.append(_row("total", Estimate(f"All studies ({pool.level:g}% CI)", pool.estimate, pool.ci), pool, None))
    return _drawn(kind, pool, lines, None, notes)


def _row(
    kind: str, item: Estimate, pool: PooledStudies, weight: float | None, cells: Cells | None = None, place: int = 0
) -> Row:
    low, high = (pool.shown(end) for end in item.ci)
    shown = pool.shown(item.estimate)
    sides = (cells.experimental[place], cells.control[place]) if cells else ((), ())
    return Row(kind, clean(item.label), *sides, weight, shown, (low, high))  # type: ignore[arg-type]


def _drawn(kind: str, pool: PooledStudies, lines: Sequence[Row], cells: Cells | None, notes: Sequence[str]) -> Spec:
    weighed = kind == "forest"
    seen = [
        (row.kind, Extent(row.estimate, row.ci, row.weight)) for row in lines if row.estimate is not None and row.ci
    ]
    studies, pools_seen = ([e for kind, e in seen if (kind == "study") is wanted] for wanted in (True, False))
    predicted = next((row.ci for row in lines if row.kind == "prediction"), None)
    scale = axis(studies, pools_seen, predicted, log=pool.log, pixels=PANEL, room=(ROOM, ROOM))
    step = row_height(len(lines))
    grouped = any(row.kind == "heading" for row in lines)
    data, height, across = stacked(lines, scale, step, ratio=pool.log, indent=grouped)
    plane = Plane(scale, PANEL, height)
    indented = max((width(row["indented"], FONT_SIZE) + INDENT for row in data), default=0.0)
    grid = table(_blocks(kind, pool, cells, max(90.0, indented), weighed=weighed), data)
    left = -(grid.width + GUTTER)
    written, deepest = frame.lines_under([pool_line(pool), *notes], "", plane, left, grid.width)
    name = wording.measure(pool.measure) + (" (log scale)" if pool.log else "")
    title, top = frame.title(TITLES[kind], pool.described, PANEL - left, left)
    half = min(7.0, step / 2 - 2)
    pools = [row for row in data if row["kind"] in {"subtotal", "total"}]
    first = next(row["y"] for row in data if row["kind"] == "study") - step / 2
    uprights = [{"x": scale.null, "top": frame.HEADER, "bottom": height, "dashed": False}]
    uprights += [
        {"x": row["estimate"], "top": first, "bottom": row["y"], "dashed": True}
        for row in pools
        if row["kind"] == "total" and row["within"]
    ]
    marks = (
        layers.squares(plane, "rows", max(row["weight"] or 0.0 for row in data if row["kind"] == "study"))
        if weighed
        else [_even(plane)]
    )
    parts = [
        layers.rules(plane, "rules"),
        *layers.uprights(plane, "lines"),
        layers.whiskers(plane, "rows", "study"),
        *marks,
        layers.whiskers(plane, "rows", "prediction", width=1.6),
        layers.ticked(plane, "rows", "prediction", "from", 4, unless="beyond_left"),
        layers.ticked(plane, "rows", "prediction", "to", 4, unless="beyond_right"),
        layers.diamonds(plane, "diamonds"),
        *layers.arrows(plane, "rows"),
        *layers.columns(plane, grid, "rows", left),
        layers.column(plane, "rows", "indented", left + INDENT, "left"),
        layers.column(plane, "rows", "heading", left, "left"),
        layers.column(plane, "rows", "note", left + INDENT, "left", size=frame.SMALL),
        layers.labels(plane, "labels"),
    ]
    datasets = {
        "rows": data,
        "diamonds": [corner for i, row in enumerate(pools) for corner in layers.corners(scale, row, half, i)],
        "lines": uprights,
        "rules": frame.rules(grid, left, plane, across),
        "labels": [*frame.heads(grid, left, name, plane), *written],
    }
    padding = {"left": MARGIN - left, "right": MARGIN, "top": top, "bottom": max(deepest, 30.0) + 8}
    words = clean(f"{TITLES[kind]}. {pool.described}")
    return layers.specification(
        parts, datasets, description=words, title=title, width=PANEL, height=height, padding=padding
    )


def _even(plane: Plane) -> object:
    """Return estimates as squares of one size; the pool has its diamond."""
    alt = layers.altair()
    return (
        alt.Chart(alt.NamedData("rows"))
        .transform_filter("datum.kind === 'study' && datum.within")
        .mark_point(shape="square", filled=True, size=44, color=layers.ACCENT, opacity=1, strokeWidth=0, aria=False)
        .encode(x=plane.x("estimate:Q"), y=plane.y())
    )


def _blocks(kind: str, pool: PooledStudies, cells: Cells | None, least: float, *, weighed: bool) -> list[Block]:
    head = {"forest": "Study", "cumulative": "Study added", "leave1out": "Study left out"}[kind]
    blocks = [Block((Part("study", head, "left"),), least=least, most=LABEL)]
    for side, title in (("experimental", "Group 1"), ("control", "Group 2")) if cells else ():
        parts = tuple(
            Part(f"{side}_{i}", text, "left" if text.startswith("/") else "right", gap)
            for i, (text, gap) in enumerate(PARTS[cells.form])  # type: ignore[union-attr]
        )
        blocks.append(Block(parts, title))
    if weighed:
        blocks.append(Block((Part("weight_text"),), head="Weight (%)"))
    return [*blocks, Block(EFFECT, head=f"{clean(pool.measure)} [{pool.level:g}% CI]", least=90.0)]


def pool_line(pool: PooledStudies) -> str:
    """Return the model and the interval in words."""
    method = wording.METHODS.get(pool.method, clean(pool.method))
    test = wording.INTERVALS.get(pool.test, clean(pool.test))
    return f"Pooled by {method}; {test} {pool.level:g}% interval"
