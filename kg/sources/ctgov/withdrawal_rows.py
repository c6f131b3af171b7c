"""Why participants did not complete a period, as results: people who gave a reason, of those who started it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg.model.records import DichotomousResult, Named, Words
from kg.sources.ctgov.arms import Arms, at_milestones
from kg.sources.ctgov.faults import refuse_twice
from kg.sources.ctgov.frame import SOURCE, Frame
from kg.sources.ctgov.numbers import whole
from kg.sources.ctgov.periods import Periods
from kg.sources.ctgov.posted import Flow, Period, Withdrawal
from kg.sources.ctgov.words import folded

_KNOWN = {"adverse event": "withdrawal-due-to-adverse-events"}
"""Outcomes of our vocabulary that a reason of the registry's list is."""


@dataclass(frozen=True)
class Withdrawals:
    """Writes the reasons of one record; the groups of its flow may be other arms than those of its outcomes."""

    frame: Frame
    arms: Arms
    periods: Periods
    numbers: Iterator[int]

    def rows(self, flow: Flow) -> Iterator[DichotomousResult]:
        """Yield each reason of each period, by group; a period after the first is a class of its own.

        Raises RecordRefused where a count is no whole number, or a group stands twice under one reason.
        """
        arms = self.arms.by_group(flow.groups)
        for number, period in enumerate(flow.periods):
            started = {g.id: at_milestones(period, g).get("STARTED") for g in flow.groups}
            for withdrawal in period.withdrawals:
                yield from self._of_reason(period, withdrawal, arms, started, later=number > 0)

    def _of_reason(
        self,
        period: Period,
        withdrawal: Withdrawal,
        arms: dict[str, str],
        started: dict[str, int | None],
        *,
        later: bool,
    ) -> Iterator[DichotomousResult]:
        refuse_twice((c.group, c.place) for c in withdrawal.counts)
        for count in withdrawal.counts:
            people = whole(count.affected, "the number of participants who withdrew", count.place)
            total = started.get(count.group)
            if count.group not in arms or people is None or total == 0 or not withdrawal.reason:
                continue
            yield DichotomousResult(
                **self.frame.stated(count.place),
                number=next(self.numbers),
                arm=arms[count.group],
                outcome=_outcome(withdrawal.reason),
                outcome_text=withdrawal.reason,
                timepoint_text=period.title or None,
                band=None,
                period="unknownPeriod" if self.periods.crossover else None,
                denominator=None,
                class_text=(period.title or "a later period") if later else None,
                category_text="withdrawal",
                group_id=count.group,
                events=people,
                total=total,
                reported_text=f"withdrew {count.affected}; started {'absent' if total is None else total}",
                basis="the total is those who started the period",
                not_reported=("total",) if total is None else (),
            )


def _outcome(reason: str) -> Named:
    known = _KNOWN.get(folded(reason))
    return known or Words("outcome", f"withdrawal: {reason}", (), SOURCE)
