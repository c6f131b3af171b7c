"""How an answer came about as text, JSON, CSV and plot."""

from __future__ import annotations

import csv
import io
import textwrap
from typing import Any

from kg import charts
from kg.charts import wording
from kg.charts.layers import Spec
from kg.errors import NotPoolable
from kg.formats.answer_csv import text_cell
from kg.formats.answer_json import answer_json, pool_json
from kg.formats.answer_text import interval
from kg.formats.text_table import table
from kg.memory.cumulative import Cumulative, Point
from kg.model.answer import Answer

COLUMNS = (
    "by",
    "commit",
    "trials",
    "participants",
    "measure",
    "yi",
    "se",
    "effect",
    "ci_low",
    "ci_high",
    "added",
    "removed",
    "answer",
)
_OVER = {"published": "Published by", "known": "Known by"}


def cumulative_json(found: Cumulative) -> dict[str, Any]:
    """Return the answer of now with ``cumulative``: what goes by, the points, and the days without an answer."""
    points = [
        {
            "by": point.by,
            "commit": point.commit,
            "id": point.answer.id,
            "added": list(point.added),
            "removed": list(point.removed),
            **pool_json(point.answer.pool),
        }
        for point in found.points
    ]
    without = [{"by": by, "reason": reason} for by, reason in found.without]
    return {**answer_json(found.answer), "cumulative": {"over": found.over, "points": points, "without": without}}


def cumulative_csv(found: Cumulative) -> str:
    """Return one row a point."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for point in found.points:
        answer, pool = point.answer, point.answer.pool
        ends = (pool.display.estimate, *pool.display.ci) if pool.display else (None, None, None)
        values = (
            *(point.by, point.commit, pool.k, pool.participants.total, answer.measure, pool.estimate, pool.se),
            *ends,
            *("; ".join(point.added), "; ".join(point.removed), answer.id),
        )
        rows.writerow([text_cell(value) for value in values])
    return out.getvalue()


def cumulative_text(found: Cumulative, width: int) -> str:
    """Return the points as a table, the newest last."""
    rows = [
        [
            _by(point),
            _what(point),
            str(point.answer.pool.k),
            str(point.answer.pool.participants.total),
            interval(point.answer.pool.display) if point.answer.pool.display else "not estimable",
        ]
        for point in found.points
    ]
    effect = f"{found.answer.measure} [95 % interval]"
    head = [_OVER[found.over], "Studies", "Trials", "Participants", effect]
    title = textwrap.wrap(found.answer.title, width)
    parts = [*title, "=" * max(map(len, title)), "", table(head, rows, width, right=(2, 3, 4))]
    for by, reason in found.without:
        parts += ["", *textwrap.wrap(f"{by}: no answer: {reason}", width, subsequent_indent="  ")]
    if found.over == "known":
        parts += ["", "Repeated looks at a growing body of evidence describe it; they are no tests (Handbook 22)."]
    return "\n".join(parts)


def cumulative_plot(found: Cumulative) -> Spec:
    """Return the plot: one estimate a point above the answer of now.

    Raises NotPoolable where the answer has no pooled effect.
    """
    pool = found.answer.pool
    series = [
        charts.Estimate(f"{_by(point)}: {_what(point)}", point.answer.pool.estimate, point.answer.pool.ci)
        for point in found.points
        if point.answer.pool.estimate is not None and point.answer.pool.ci is not None
    ]
    if not series or pool.estimate is None:
        raise NotPoolable("the answer has no pooled effect, so there is nothing to plot")
    heterogeneity = [wording.heterogeneity(pool.heterogeneity, pool.k)] if pool.heterogeneity else []
    notes = [found.answer.title, *heterogeneity]
    return charts.series_forest("cumulative", _studies(found.answer), series, notes)


def _studies(answer: Answer) -> charts.PooledStudies:
    pool = answer.pool
    rows = [s for s in answer.studies if s.yi is not None and s.vi is not None and s.weight is not None]
    assert pool.estimate is not None, "an answer to plot has an estimate"
    assert pool.se is not None, "an estimate has a standard error"
    assert pool.ci is not None, "an estimate has an interval"
    return charts.PooledStudies(
        study=tuple(s.label for s in rows),
        yi=tuple(s.yi or 0.0 for s in rows),
        vi=tuple(s.vi or 0.0 for s in rows),
        weights=tuple(s.weight or 0.0 for s in rows),
        measure=answer.measure,
        log=answer.scale == "log",
        estimate=pool.estimate,
        se=pool.se,
        ci=pool.ci,
        tau2=(pool.heterogeneity.tau2 if pool.heterogeneity else None) or 0.0,
        method=answer.method,
        test=answer.ci_method,
        prediction=pool.prediction_interval,
    )


def _by(point: Point) -> str:
    return point.by if point.commit is None else f"{point.by[:10]}, commit {point.commit}"


def _what(point: Point) -> str:
    said = [f"+ {label}" for label in point.added] + [f"- {label}" for label in point.removed]
    return ", ".join(said) or "values changed"
