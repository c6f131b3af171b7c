"""An answer as the rows of its forest plot, from the first study to the prediction interval."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kg.charts import numbers, wording
from kg.charts.text import DASH, clean
from kg.model.answer import Answer, Displayed, Pool, Side, Study, Subgroup

Interval = tuple[float, float]
Kind = Literal["heading", "study", "subtotal", "total", "prediction", "note"]
Form = Literal["events", "means", "counts", "none"]

UNASSIGNED = "Not in a subgroup"


@dataclass(frozen=True)
class Row:
    """One line of the plot: what its cells say and what is drawn beside them."""

    kind: Kind
    label: str
    experimental: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    weight: float | None = None
    estimate: float | None = None
    ci: Interval | None = None
    estimable: bool = True


def form(studies: Sequence[Study]) -> Form:
    """Return what most sides of the studies report: events, means, or people only."""
    sides = [side for study in studies for side in (study.experimental, study.control)]
    events = sum(side.events is not None for side in sides)
    means = sum(side.mean is not None for side in sides)
    if events or means:
        return "events" if events >= means else "means"
    return "counts" if any(_people(side) is not None for side in sides) else "none"


def rows(answer: Answer) -> list[Row]:
    """Return the rows of an answer: its studies or subgroups, then the pool and what is said of it."""
    everyone = [*answer.studies, *(s for group in answer.subgroups for s in group.studies)]
    writer = _Writer(answer, form(everyone), everyone)
    if not answer.subgroups:
        lines = [writer.study(study) for study in answer.studies]
    else:
        lines = [line for group in answer.subgroups for line in writer.subgroup(group)]
        lines += writer.unassigned()
    return [*lines, *writer.overall()]


class _Writer:
    """What all rows of one answer share: the form of their cells, decimals, weights and names."""

    def __init__(self, answer: Answer, cells: Form, studies: Sequence[Study]) -> None:
        self.answer = answer
        self.form = cells
        sides = [side for study in studies for side in (study.experimental, study.control)]
        self.mean_decimals = numbers.decimals([s.mean for s in sides if s.mean is not None], 2)
        self.sd_decimals = numbers.decimals([s.sd for s in sides if s.sd is not None], 2)
        self.weights = {_key(study): study.weight for study in answer.studies}
        named = {_key(study): clean(study.label) for study in studies}
        self.names = Counter(named.values())

    def study(self, study: Study) -> Row:
        """Return the row of a study, with its weight in the whole analysis where it has one there."""
        label = clean(study.label)
        if self.names[label] > 1 and study.stratum:
            label = f"{label} ({clean(study.stratum)})"
        seen = _shown(study.display, study.yi, study.ci, self.answer.scale) if study.estimable else None
        return Row(
            "study",
            label,
            self._cells(study.experimental),
            self._cells(study.control),
            self.weights.get(_key(study), study.weight) if study.estimable else None,
            seen.estimate if seen else None,
            seen.ci if seen else None,
            seen is not None,
        )

    def subgroup(self, group: Subgroup) -> list[Row]:
        """Return a subgroup: its heading, its studies, its diamond and its heterogeneity."""
        lines = [Row("heading", clean(group.label)), *map(self.study, group.studies)]
        weights = [w for w in (line.weight for line in lines) if w is not None]
        lines.append(
            self._pooled(
                "subtotal", "Subtotal (95% CI)", group.pool, group.studies, math.fsum(weights) if weights else None
            )
        )
        if group.pool.heterogeneity and group.pool.estimate is not None:
            lines.append(Row("note", wording.heterogeneity(group.pool.heterogeneity, group.pool.k, brief=True)))
        return lines

    def unassigned(self) -> list[Row]:
        """Return the studies of the pool that no subgroup has."""
        placed = {_key(study) for group in self.answer.subgroups for study in group.studies}
        left = [study for study in self.answer.studies if _key(study) not in placed]
        return [Row("heading", UNASSIGNED), *map(self.study, left)] if left else []

    def overall(self) -> list[Row]:
        """Return the pool of the answer and its prediction interval, where it has one."""
        pool = self.answer.pool
        weighed = any(weight is not None for weight in self.weights.values())
        lines = [self._pooled("total", "Total (95% CI)", pool, self.answer.studies, 100.0 if weighed else None)]
        if pool.prediction_interval is not None:
            seen = pool.display.prediction_interval if pool.display else None
            ends = seen or _outer(pool.prediction_interval, self.answer.scale)
            lines.append(Row("prediction", wording.prediction_label(pool), ci=ends))
        return lines

    def _pooled(self, kind: Kind, label: str, pool: Pool, studies: Sequence[Study], weight: float | None) -> Row:
        seen = _shown(pool.display, pool.estimate, pool.ci, self.answer.scale)
        people = pool.participants
        return Row(
            kind,
            label,
            self._sum([s.experimental for s in studies], people.experimental),
            self._sum([s.control for s in studies], people.control),
            weight if seen else None,
            seen.estimate if seen else None,
            seen.ci if seen else None,
            seen is not None,
        )

    def _cells(self, side: Side) -> tuple[str, ...]:
        people = numbers.count(_people(side))
        if self.form == "events":
            return numbers.count(side.events), f"/{people}"
        if self.form == "means":
            mean = DASH if side.mean is None else numbers.fixed(side.mean, self.mean_decimals)
            sd = f"({DASH})" if side.sd is None else f"({numbers.fixed(side.sd, self.sd_decimals)})"
            return mean, sd, people
        return (people,) if self.form == "counts" else ()

    def _sum(self, sides: Sequence[Side], people: int) -> tuple[str, ...]:
        """Return the cells of a pool: people as the pool counts them, events only where all rows have them."""
        if self.form == "means":
            return "", "", str(people)
        if self.form == "events":
            events = [side.events for side in sides if side.events is not None]
            whole = len(events) == len(sides) and sum(_people(s) or 0 for s in sides) == people
            return (numbers.count(math.fsum(events)) if whole else "", f"/{people}")
        return (str(people),) if self.form == "counts" else ()


def _key(study: Study) -> tuple[str, str | None, str, str]:
    """Return what tells a row of the table from the others."""
    return study.trial, study.stratum, study.experimental.arm, study.control.arm


def _people(side: Side) -> float | None:
    """Return how many people a side counts."""
    return side.total if side.total is not None else side.n


def _shown(display: Displayed | None, estimate: float | None, ci: Interval | None, scale: str) -> Displayed | None:
    """Return the numbers that readers see; without a stored display they come from the analysis scale."""
    if display is not None:
        return display
    if estimate is None or ci is None:
        return None
    return Displayed(_outer((estimate, estimate), scale)[0], _outer(ci, scale))


def _outer(ends: Interval, scale: str) -> Interval:
    """Return numbers of the analysis scale on the scale that readers see."""
    if scale != "log":
        return ends
    low, high = (math.exp(end) if end < 709 else math.inf for end in ends)
    return low, high
