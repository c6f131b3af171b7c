"""The effect and variance of a crossover trial in which the same people had both interventions (Handbook 23.2.7)."""

from __future__ import annotations

from kg.errors import NotPoolable
from kg.harmonise.contrast import Contrast
from kg.harmonise.paired_table import PairedTable
from kg.model.answer import Side
from kg.pooling.conversions.crossover import (
    feasible_correlation,
    paired_counts,
    paired_difference,
    paired_smd,
    paired_table,
)
from kg.pooling.conversions.reported_effects import ReportedEffect

Found = tuple[float | None, float | None, str | None, tuple[str, ...]]


def paired_effect(contrast: Contrast, measure: str, add: float) -> Found:
    """Return the effect of a contrast by its correlation, or why it has none.

    Means by their differences within people; counts by the marginal method (Becker & Balagtas 1993).
    """
    left, right = contrast.experimental, contrast.control
    assert contrast.correlation is not None
    try:
        found, steps = (
            _means(left, right, measure, contrast.correlation)
            if measure in ("MD", "SMD")
            else _counts(left, right, measure, contrast.correlation, add)
        )
    except NotPoolable as refused:
        return None, None, str(refused), ()
    if found.vi <= 0:
        return None, None, "its variance is zero", ()
    return contrast.sign * found.yi, found.vi, None, steps


def table_effect(table: PairedTable, measure: str, add: float) -> Found:
    """Return the marginal effect of a paired table (Becker & Balagtas 1993; Elbourne 2002), or why it has none."""
    a, b, c, d = (float(cell) for cell in (table.both, table.experimental, table.control, table.neither))
    margins = (a + b, c + d, a + c, b + d)
    if why := _says_nothing(measure, a + b, a + c, table.people):
        return None, None, why, ()
    try:
        found = paired_table(measure, a, b, c, d, add)
    except NotPoolable as refused:
        return None, None, str(refused), ()
    if found.vi <= 0:
        return None, None, "its variance is zero", ()
    steps = ["effect: marginal, of the paired table (Becker & Balagtas 1993; Elbourne 2002)"]
    if add and 0 in margins:
        steps.append(f"zero cell: {add:g} added to every cell (Handbook 10.4.4.2)")
    return found.yi, found.vi, None, tuple(steps)


def _says_nothing(measure: str, events1: float, events2: float, people: float) -> str | None:
    if measure != "RD" and events1 + events2 == 0:
        return "no event in either arm (Handbook 10.4.4.1)"
    if measure == "OR" and events1 + events2 == 2 * people:
        return "an event in everybody: it says nothing of an odds ratio"
    return None


def _means(left: Side, right: Side, measure: str, correlation: float) -> tuple[ReportedEffect, tuple[str, ...]]:
    figures = {"mean": (left.mean, right.mean), "SD": (left.sd, right.sd), "n": (left.n, right.n)}
    missing = [name for name, pair in figures.items() if None in pair]
    if missing:
        raise NotPoolable(f"not reported: {', '.join(missing)}")
    m1, sd1, n1, m2, sd2, n2 = (float(x) for s in (left, right) for x in (s.mean, s.sd, s.n) if x is not None)
    formula = paired_difference if measure == "MD" else paired_smd
    steps = [f"effect: paired, correlation {correlation:g} (Handbook 23.2.7.{1 if measure == 'MD' else 2})"]
    if n1 != n2:
        steps.append(f"effect: the {min(n1, n2):g} people whom both periods have, of {n1:g} and {n2:g}")
    return formula(m1, sd1, m2, sd2, min(n1, n2), correlation), tuple(steps)


def _counts(
    left: Side, right: Side, measure: str, correlation: float, add: float
) -> tuple[ReportedEffect, tuple[str, ...]]:
    if None in (left.events, left.total, right.events, right.total):
        raise NotPoolable("not reported: events or total")
    a, n1, c, n2 = (float(x) for s in (left, right) for x in (s.events, s.total) if x is not None)
    if n1 != n2:
        raise NotPoolable(f"the periods count {n1:g} and {n2:g} people, so that their pairs are not known")
    if why := _says_nothing(measure, a, c, n1):
        raise NotPoolable(why)
    used = feasible_correlation(a, c, n1, correlation)
    steps = [f"effect: paired, correlation {used:.4g} (Becker & Balagtas 1993; Elbourne 2002)"]
    if used != correlation:
        steps.append(f"effect: these counts can have no correlation of {correlation:g}; the nearest is taken")
    if add and 0 in (a, c, n1 - a, n2 - c):
        steps.append(f"zero cell: {add:g} added to every cell (Handbook 10.4.4.2)")
    return paired_counts(measure, a, c, n1, correlation, add), tuple(steps)
