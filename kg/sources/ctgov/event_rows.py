"""Adverse events as results: each term in each group, and what a group had in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kg.model.records import DichotomousResult, Named, Words
from kg.sources.ctgov.arms import Arms
from kg.sources.ctgov.faults import refuse_twice
from kg.sources.ctgov.frame import SOURCE, Frame
from kg.sources.ctgov.numbers import whole
from kg.sources.ctgov.periods import Periods
from kg.sources.ctgov.posted import AdverseEvents, AtRisk, EventTerm
from kg.sources.ctgov.words import folded

_SERIOUS = "serious-adverse-events"
"""The outcome of our vocabulary for participants with at least one serious adverse event, as the registry counts."""


@dataclass(frozen=True)
class Events:
    """Writes the adverse events of one record as results; ``0 of 0`` was not collected and is none."""

    frame: Frame
    arms: Arms
    periods: Periods
    numbers: Iterator[int]

    def rows(self, events: AdverseEvents) -> Iterator[DichotomousResult]:
        """Yield totals, then terms, by group."""
        arms = self.arms.by_group(events.groups)
        other = Words("outcome", "other (non-serious) adverse events above the threshold", (), SOURCE)
        deaths = Words("outcome", "deaths from any cause", (), SOURCE)
        totals: Sequence[tuple[Named, str, tuple[AtRisk, ...]]] = (
            (_SERIOUS, "serious adverse events", events.serious),
            (other, other.text, events.other),
            (deaths, deaths.text, events.deaths),
        )
        for outcome, text, counts in totals:
            yield from self._counted(events, arms, outcome, text, None, counts)
        twice = Counter((term.serious, folded(term.term)) for term in events.terms)
        for term in events.terms:
            apart = twice[term.serious, folded(term.term)] > 1 and term.organ_system
            words = f"{term.term} ({term.organ_system})" if apart else term.term
            outcome = Words("outcome", f"serious: {words}" if term.serious else words, (), SOURCE)
            yield from self._counted(events, arms, outcome, term.term, term, term.counts)

    def _counted(
        self,
        events: AdverseEvents,
        arms: Mapping[str, str],
        outcome: Named,
        text: str,
        term: EventTerm | None,
        counts: tuple[AtRisk, ...],
    ) -> Iterator[DichotomousResult]:
        refuse_twice((c.group, c.place) for c in counts)
        people = [whole(c.at_risk, "the number at risk", c.place) for c in counts]
        period, basis = self.periods.of_table(people)
        for count, at_risk in zip(counts, people, strict=True):
            affected = whole(count.affected, "the number affected", count.place)
            episodes = whole(count.episodes, "the number of events", count.place)
            if count.group not in arms or at_risk == 0 or (affected is None and episodes is None):
                continue
            arm = arms[count.group]
            yield DichotomousResult(
                **self.frame.stated(count.place),
                number=next(self.numbers),
                arm=arm,
                outcome=outcome,
                outcome_text=text,
                timepoint_text=events.time_frame,
                band=None,
                period=period,
                denominator="safetyPopulation",
                class_text=term.organ_system if term else None,
                category_text=("serious" if term.serious else "other") if term else None,
                group_id=count.group,
                events=affected,
                total=at_risk,
                episodes=episodes,
                reported_text=_as_posted(count),
                basis=basis,
                not_reported=tuple(n for n, v in (("events", affected), ("total", at_risk)) if v is None),
            )


def _as_posted(count: AtRisk) -> str:
    words = f"affected {count.affected or 'absent'}; at risk {count.at_risk or 'absent'}"
    return f"{words}; events {count.episodes}" if count.episodes else words
