"""A record of the registry as rows of the model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from kg.model.records import Row
from kg.sources.ctgov.arms import Arms
from kg.sources.ctgov.contrast_rows import Contrasts
from kg.sources.ctgov.event_rows import Events
from kg.sources.ctgov.frame import Frame
from kg.sources.ctgov.limits import refuse_endless
from kg.sources.ctgov.outcome_rows import Outcomes
from kg.sources.ctgov.periods import Periods
from kg.sources.ctgov.registered import Registered
from kg.sources.ctgov.trial_row import trial_row
from kg.sources.ctgov.withdrawal_rows import Withdrawals


def rows(record: Registered, frame: Frame) -> Iterator[Row]:
    """Yield the study, its arms, its results, and its contrasts.

    Raises RecordRefused where a count is no whole number, or a list has no end.
    """
    refuse_endless(record)
    arms = Arms(record)
    periods = Periods.of_record(record)
    results, contrasts = count(1), count(1)
    yield trial_row(record, frame, len(arms))
    yield from arms.rows(frame)
    for measure in record.measures:
        yield from Outcomes(frame, arms, periods, results).rows(measure)
    yield from Events(frame, arms, periods, results).rows(record.events)
    yield from Withdrawals(frame, arms, periods, results).rows(record.flow)
    for measure in record.measures:
        yield from Contrasts(frame, arms, contrasts, periods.crossover).rows(measure)
