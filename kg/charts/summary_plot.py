"""The summary plot: one row an analysis, one panel a measure, so that nothing unlike shares an axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kg.charts import layers, wording
from kg.charts.axis import Extent, axis
from kg.charts.cells import EFFECT, effect_cells
from kg.charts.layers import Plane, Spec, altair, label
from kg.charts.layout import FONT_SIZE, Block, Part, Table, table
from kg.charts.text import clean, elide
from kg.model.answer import Answer

PANEL = 220.0
GUTTER = 24.0
LABEL = 380.0
STEP = 17.0
HEADER = 24.0
ROOM = 0.08
MARGIN = 16.0


def summary(answers: Iterable[Answer], title: str = "Summary of pooled effects") -> Spec:
    """Return the pooled effects of some answers: ratios and differences in panels of their own."""
    known = list(answers)
    groups: dict[tuple[str, str], list[Answer]] = {}
    for answer in known:
        groups.setdefault((answer.scale, answer.measure), []).append(answer)
    order = sorted(groups, key=lambda group: group[0] == "log")
    panels = [_Panel(groups[group]) for group in order]
    grid = table(_blocks(known), [row for panel in panels for row in panel.rows])
    estimable = sum(answer.pool.estimate is not None for answer in known)
    told = f"{len(known)} analyses, {estimable} with a pooled effect; squares are estimates, lines 95% intervals."
    heading = {
        "text": clean(title),
        "subtitle": told,
        "anchor": "start",
        "frame": "bounds",
        "offset": 12,
        "fontSize": 14,
        "subtitleFontSize": FONT_SIZE,
        "subtitlePadding": 4,
    }
    alt = altair()
    chart = alt.vconcat(*(panel.chart(grid) for panel in panels), spacing=22).properties(
        title=heading, description=f"{clean(title)}. {told}", padding=MARGIN
    )
    spec: Spec = chart.to_dict(validate=False)
    datasets = {panel.name: panel.rows for panel in panels} | {
        f"{panel.name} frame": panel.frame(grid) for panel in panels
    }
    return spec | {"config": layers.CONFIG, "datasets": spec.get("datasets", {}) | datasets}


class _Panel:
    """The analyses of one measure."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        first = answers[0]
        self.measure = first.measure
        self.log = first.scale == "log"
        self.name = f"{clean(first.measure)} {first.scale}"
        shown = [answer.pool.display for answer in answers]
        extents = [Extent(d.estimate, d.ci) for d in shown if d is not None]
        scale = axis(extents, [], None, log=self.log, pixels=PANEL, room=(ROOM, ROOM))
        self.plane = Plane(scale, PANEL, HEADER + 4 + STEP * len(answers) + 4)
        self.rows: list[Spec] = []
        for index, answer in enumerate(answers):
            display = answer.pool.display
            numbers = effect_cells(
                display.estimate if display else None, display.ci if display else None, scale, ratio=self.log
            )
            self.rows.append(
                {
                    "kind": "study",
                    "y": HEADER + 4 + STEP * (index + 0.5),
                    "label": clean(answer.title),
                    "title": elide(clean(answer.title), LABEL, FONT_SIZE),
                    "analysis": clean(answer.analysis or ""),
                    "trials": str(answer.pool.k),
                    "people": str(answer.pool.participants.total),
                    "remark": "" if display else "not estimable",
                    "muted": display is None,
                    "bold": False,
                    **numbers,
                }
            )

    def frame(self, grid: Table) -> list[Spec]:
        """Return the heads of the panel."""
        left = -(grid.width + GUTTER)
        heads = [label(h.text, left + h.x, 12, h.align, bold=True) for h in grid.heads]
        effect = label(f"{clean(self.measure)} [95% CI]", left + grid.centres["upper_text"], 12, "center", bold=True)
        name = wording.measure(self.measure) + (" (log scale)" if self.log else "")
        return [*heads, effect, label(name, PANEL / 2, 12, "center", bold=True)]

    def chart(self, grid: Table) -> Any:
        """Return the panel as a layered chart."""
        alt = altair()
        plane, rows = self.plane, self.name
        left = -(grid.width + GUTTER)
        lines = [{"x": plane.axis.null, "top": HEADER, "bottom": plane.height, "dashed": False}]
        rule = [{"x": round(left, 2), "x2": plane.width, "y": HEADER, "width": 0.8}]
        parts = [
            layers.rules(plane, alt.InlineData(values=rule)),
            *layers.uprights(plane, alt.InlineData(values=lines)),
            layers.whiskers(plane, rows, "study"),
            layers.points(plane, rows),
            *layers.arrows(plane, rows),
            *layers.columns(plane, grid, rows, left),
            layers.column(plane, rows, "remark", left + grid.centres["upper_text"], "center"),
            layers.labels(plane, f"{rows} frame"),
        ]
        return alt.layer(*parts).properties(width=PANEL, height=plane.height)


def _blocks(answers: Sequence[Answer]) -> list[Block]:
    """Return the columns: analysis where it has a number, title, trials, participants, effect."""
    numbered = any(answer.analysis for answer in answers)
    number = [Block((Part("analysis", "Analysis", "left"),))] if numbered else []
    return [
        *number,
        Block((Part("title", "Question", "left"),)),
        Block((Part("trials", "Trials"),)),
        Block((Part("people", "Participants"),)),
        Block(EFFECT, least=90.0),
    ]
