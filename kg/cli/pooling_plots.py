"""The plots of `kg pool`: from an answer and its data to a chart."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kg import charts
from kg.charts import wording
from kg.charts.numbers import count, fixed, p_value
from kg.errors import InputRefused
from kg.model.answer import Heterogeneity
from kg.pooling import MEASURES
from kg.pooling.request import Asked

Answer = dict[str, Any]
Spec = dict[str, Any]


def draw(kind: str, asked: Asked, answer: Answer, drawing: Path) -> None:
    """Draw a plot into a file, SVG or PNG by its suffix.

    Raises InputRefused where the answer has no such plot, or the file cannot be written.
    """
    single = "beta" in answer and len(answer["beta"]) == 1 and isinstance(answer["tau2"], float)
    if not single or not answer["weights"]:
        raise InputRefused("--plot: plots show one pooled effect of studies; leave out moderators, GLMM and networks")
    spec = PLOTS[kind](asked, answer)
    made = charts.png(spec, scale=3) if drawing.suffix == ".png" else charts.svg(spec).encode()
    try:
        drawing.write_bytes(made)
    except OSError as error:
        raise InputRefused(f"--out: {drawing} cannot be written ({error.strerror}); name another file") from error


def _kept(answer: Answer) -> list[int]:
    """Return the rows of the studies that have an effect and a variance."""
    return [row for row, (y, v) in enumerate(zip(answer["yi"], answer["vi"], strict=True)) if y is not None and v]


def pooled_studies(answer: Answer) -> charts.PooledStudies:
    """Return the studies of an answer with their pool."""
    rows = _kept(answer)
    predicted = (answer["pi_lb"], answer["pi_ub"]) if answer["pi_lb"] is not None else None
    return charts.PooledStudies(
        study=tuple(answer["study"][row] for row in rows),
        yi=tuple(answer["yi"][row] for row in rows),
        vi=tuple(answer["vi"][row] for row in rows),
        weights=tuple(answer["weights"][row] for row in rows),
        measure=answer["measure"],
        log=MEASURES[answer["measure"]].ratio,
        estimate=answer["beta"][0],
        se=answer["se"][0],
        ci=(answer["ci_lb"][0], answer["ci_ub"][0]),
        tau2=answer["tau2"],
        level=answer["level"],
        method=answer["method"],
        test=answer["test"],
        prediction=predicted,
    )


def _forest(asked: Asked, answer: Answer) -> Spec:
    rows, groups = _kept(answer), []
    place = {row: i for i, row in enumerate(rows)}
    column = asked.data.get(asked.options["subgroup"] or "", [])
    for part in answer.get("subgroup") or []:
        members = tuple(place[row] for row, label in enumerate(column) if str(label) == part["label"] and row in place)
        pool = charts.Estimate("Subtotal", part["beta"][0], (part["ci_lb"][0], part["ci_ub"][0]))
        groups.append(charts.Group(part["label"], members, pool, _heterogeneity(part)))
    notes = [_heterogeneity(answer)]
    if tested := answer.get("subgroup_test"):
        q, df, p = (tested[word] for word in ("Q_between", "Q_between_df", "Q_between_p"))
        notes.append(f"Test for subgroup differences: Q = {fixed(q, 2)}, df = {df}, {p_value(p)}")
    return charts.study_forest(pooled_studies(answer), _cells(asked, rows), groups, notes)


def _heterogeneity(answer: Answer) -> str:
    common = answer["method"] in {"EE", "MH", "PETO"}
    interval = answer["tau2_ci"][1:] if answer["tau2_ci"] else None
    found = Heterogeneity(
        tau2=None if common else answer["tau2"],
        tau2_ci=None if interval is None else (interval[0], interval[1]),
        i2=answer["I2"],
        i2_definition="Q" if common else "tau2",
        h2=answer["H2"],
        q=answer["Q"],
        q_df=answer["Q_df"],
        q_p=answer["Q_p"],
    )
    return wording.heterogeneity(found, answer["k"])


def _cells(asked: Asked, rows: list[int]) -> charts.Cells | None:
    """Return what the table prints of both groups, where the data have events or means."""
    data = asked.data
    if table := tables(asked):
        sides = [
            tuple((count(events), f"/{count(total)}") for events, total in (table[row][side] for row in rows))
            for side in (0, 1)
        ]
        return charts.Cells("events", sides[0], sides[1])
    if all(name in data for name in ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")):
        means = [
            tuple(
                (fixed(data[f"m{g}i"][row], 2), f"({fixed(data[f'sd{g}i'][row], 2)})", count(data[f"n{g}i"][row]))
                for row in rows
            )
            for g in (1, 2)
        ]
        return charts.Cells("means", means[0], means[1])
    return None


def tables(asked: Asked) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return events and total of both groups, row by row; nothing where the data have none, nan for a missing one."""
    data, sides = asked.data, []
    for events, others, total in (("ai", "bi", "n1i"), ("ci", "di", "n2i")):
        if events not in data or (total not in data and others not in data):
            return []
        found = data[total] if total in data else [_sum(a, b) for a, b in zip(data[events], data[others], strict=True)]
        sides.append([(_known(a), _known(n)) for a, n in zip(data[events], found, strict=True)])
    return list(zip(sides[0], sides[1], strict=True))


def _sum(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _funnel(_: Asked, answer: Answer) -> Spec:
    filled = answer.get("trimfill") or {"filled_yi": [], "filled_vi": []}
    return charts.funnel(pooled_studies(answer), list(zip(filled["filled_yi"], filled["filled_vi"], strict=True)))


def _labbe(asked: Asked, answer: Answer) -> Spec:
    table = tables(asked)
    if not table:
        raise InputRefused("--plot: the plot of L'Abbé needs events and totals of both groups (ai, n1i, ci, n2i)")
    risks = [tuple(events / total for events, total in table[row]) for row in _kept(answer)]
    return charts.labbe(pooled_studies(answer), [(pair[0], pair[1]) for pair in risks])


def _baujat(_: Asked, answer: Answer) -> Spec:
    without = answer["leave1out"]
    return charts.baujat(pooled_studies(answer), list(zip(without["estimate"], without["se"], strict=True)))


def _series(kind: str, sign: str, answer: Answer) -> Spec:
    found = answer["cumul" if kind == "cumulative" else "leave1out"]
    columns = (found["study"], found["estimate"], found["ci_lb"], found["ci_ub"])
    items = [charts.Estimate(f"{sign}{name}", y, (low, high)) for name, y, low, high in zip(*columns, strict=True)]
    return charts.series_forest(kind, pooled_studies(answer), items, [_heterogeneity(answer)])


PLOTS: Mapping[str, Callable[[Asked, Answer], Spec]] = MappingProxyType(
    {
        "forest": _forest,
        "funnel": _funnel,
        "labbe": _labbe,
        "baujat": _baujat,
        "radial": lambda _, answer: charts.radial(pooled_studies(answer)),
        "cumulative": lambda _, answer: _series("cumulative", "+ ", answer),
        "leave1out": lambda _, answer: _series("leave1out", "", answer),
    }
)
"""Every plot by its name."""
