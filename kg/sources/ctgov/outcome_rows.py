"""Outcome measures as results: one row for each group, class and category."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypedDict

from kg.model.records import ContinuousResult, DichotomousResult, Texts, Words
from kg.sources.ctgov.arms import Arms
from kg.sources.ctgov.cells import Cell, cells
from kg.sources.ctgov.counting import Kind, kind, percentage
from kg.sources.ctgov.denominators import Analysed, analysed
from kg.sources.ctgov.faults import refuse_twice
from kg.sources.ctgov.frame import SOURCE, Frame
from kg.sources.ctgov.measurements import Reading, as_number, confidence_level, read
from kg.sources.ctgov.numbers import number, whole
from kg.sources.ctgov.periods import Periods
from kg.sources.ctgov.posted import Measure, Measurement


class Shared(TypedDict):
    """Columns that counts and measurements of an outcome measure share."""

    number: int
    arm: str
    outcome: Words
    outcome_text: str
    timepoint_text: str | None
    band: None
    period: str | None
    denominator: str
    class_text: str | None
    category_text: str | None
    group_id: str
    population_text: str | None
    basis: str | None
    note: str | None


@dataclass(frozen=True)
class Outcomes:
    """Writes the outcome measures of one record as results."""

    frame: Frame
    arms: Arms
    periods: Periods
    numbers: Iterator[int]

    def rows(self, measure: Measure) -> Iterator[DichotomousResult | ContinuousResult]:
        """Yield the results of a measure; nothing where none were posted, and none for a group of nobody."""
        if not measure.parameter:
            return
        arms = self.arms.by_group(measure.groups)
        period = self.periods.of_measure(measure)
        for cell in cells(measure, crossover=self.periods.crossover):
            people = analysed(measure, cell.result_class)
            refuse_twice((posted.group, posted.place) for posted in cell.category.measurements)
            for posted in cell.category.measurements:
                if posted.group in arms and people[posted.group].n != 0:
                    of_cell = (cell.period, None) if cell.period else period
                    yield self._row(measure, cell, posted, people[posted.group], arms[posted.group], of_cell)

    def _row(
        self,
        measure: Measure,
        cell: Cell,
        posted: Measurement,
        people: Analysed,
        arm: str,
        of_period: tuple[str | None, str | None],
    ) -> DichotomousResult | ContinuousResult:
        period, period_basis = of_period
        shared = Shared(
            number=next(self.numbers),
            arm=arm,
            outcome=Words("outcome", cell.outcome, (), SOURCE),
            outcome_text=cell.outcome,
            timepoint_text=cell.timepoint_text,
            band=None,
            period=period,
            denominator="analysedParticipants",
            class_text=cell.class_text,
            category_text=cell.category_text,
            group_id=posted.group,
            population_text=measure.population,
            basis="; ".join(b for b in (people.basis, period_basis) if b) or None,
            note=_note(measure, posted),
        )
        found = kind(measure)
        if found is Kind.PERCENTAGE and (number(posted.value) is None or percentage(posted.value) is not None):
            return self._percentage(measure, posted, people, shared)
        if found is Kind.COUNT and _counts(measure, posted, people):
            return self._count(measure, posted, people, shared)
        if found is Kind.MEASUREMENT:
            return self._measured(measure, cell, posted, people, shared, read(measure, posted))
        reading = as_number(measure, posted)
        reading.doubt.append(f"the unit is {measure.unit}, but the value cannot be one of {people.n}")
        return self._measured(measure, cell, posted, people, shared, reading)

    def _count(self, measure: Measure, posted: Measurement, people: Analysed, shared: Shared) -> DichotomousResult:
        events = whole(posted.value, "the count of participants", posted.place)
        return DichotomousResult(
            **self.frame.stated(posted.place),
            **shared,
            events=events,
            total=people.n,
            reported_text=_with_n(f"{measure.unit or 'participants'} {posted.value or 'absent'}", people),
            doubt=_doubts(people),
            not_reported=_gaps(events=events, total=people.n),
        )

    def _percentage(self, measure: Measure, posted: Measurement, people: Analysed, shared: Shared) -> DichotomousResult:
        value = percentage(posted.value)
        words = f"{measure.unit} {posted.value or 'absent'}"
        if posted.lower and posted.upper and confidence_level(measure.dispersion):
            words += f"; {(measure.dispersion or '').lower()} {posted.lower} to {posted.upper}"
        return DichotomousResult(
            **self.frame.stated(posted.place),
            **shared,
            events=None,
            total=people.n,
            percentage=value,
            reported_text=_with_n(words, people),
            doubt=_doubts(people),
            not_reported=_gaps(events=None, total=people.n),
        )

    def _measured(
        self,
        measure: Measure,
        cell: Cell,
        posted: Measurement,
        people: Analysed,
        shared: Shared,
        reading: Reading,
    ) -> ContinuousResult:
        instrument = f"{cell.outcome} ({measure.unit})" if measure.unit else cell.outcome
        missing = [*reading.missing, *(["n"] if people.n is None else [])]
        numbers = reading.numbers
        return ContinuousResult(
            **self.frame.stated(posted.place),
            **shared,
            instrument=Words("instrument", instrument, (), SOURCE),
            instrument_text=instrument,
            timepoint_days=cell.timepoint_days,
            value_kind="change" if cell.change else "final",
            n=people.n,
            unit_text=measure.unit,
            statistic=reading.statistic,
            mean=numbers.get("mean"),
            sd=numbers.get("sd"),
            se=numbers.get("se"),
            ci_low=numbers.get("ci_low"),
            ci_high=numbers.get("ci_high"),
            ci_level=numbers.get("ci_level"),
            median=numbers.get("median"),
            q1=numbers.get("q1"),
            q3=numbers.get("q3"),
            minimum=numbers.get("minimum"),
            maximum=numbers.get("maximum"),
            geometric_mean=numbers.get("geometric_mean"),
            geometric_cv=numbers.get("geometric_cv"),
            number_value=numbers.get("number_value"),
            reported_text=_with_n(reading.reported, people),
            doubt=_doubts(people, *reading.doubt),
            not_reported=tuple(missing),
        )


def _note(measure: Measure, posted: Measurement) -> str | None:
    """Return how the outcome ranks in the study, and what is said of the cell."""
    rank = f"{measure.type.capitalize().replace('_', ' ')} outcome measure." if measure.type else None
    return " ".join(filter(None, (rank, posted.comment))) or None


def _counts(measure: Measure, posted: Measurement, people: Analysed) -> bool:
    """Tell whether a value can be a count; what the registry calls a count of participants is one."""
    value = number(posted.value)
    if measure.parameter == "COUNT_OF_PARTICIPANTS" or value is None:
        return True
    return value >= 0 and value == value.to_integral_value() and (people.n is None or value <= people.n)


def _gaps(**columns: int | None) -> tuple[str, ...]:
    return tuple(name for name, value in columns.items() if value is None)


def _doubts(people: Analysed, *others: str) -> Texts:
    return (*others, *([people.doubt] if people.doubt else []))


def _with_n(words: str, people: Analysed) -> str:
    return words if people.n is None else f"{words}; n {people.n}"
