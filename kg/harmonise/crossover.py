"""Step 7: crossover trials: the first period, or a paired analysis, or neither (Handbook 23.2.4, 23.2.6, 23.2.7)."""

from __future__ import annotations

from collections.abc import Sequence

from kg.harmonise.timepoints import position
from kg.iris import EV
from kg.model.trialset import ArmResult, TrialFacts
from kg.protocol import Protocol

FIRST, LATER, ALL, UNKNOWN = "firstPeriod", "laterPeriod", "allPeriods", "unknownPeriod"
_WORDS = {
    LATER: "for a later period, in which its arms have changed their intervention",
    ALL: "over all periods, without paired data",
    UNKNOWN: "for a period that is not stated, without paired data",
}


def is_crossover(trial: TrialFacts) -> bool:
    """Tell whether the people of a trial change their intervention."""
    return trial.design == EV + "crossover"


def _has_periods(trial: TrialFacts, results: Sequence[ArmResult]) -> bool:
    return is_crossover(trial) or any(r.period is not None for r in results)


def period_of(result: ArmResult) -> str:
    """Return the period of a result of a crossover trial."""
    return (result.period or EV + UNKNOWN).removeprefix(EV)


def unusable(result: ArmResult, trial: TrialFacts, protocol: Protocol) -> str | None:
    """Return why the period of a result cannot be used, or nothing.

    A result that states its period is of a crossover trial, whatever is said of the design. A later period is never
    used: the people of its arms have had another intervention before.
    """
    if not _has_periods(trial, [result]):
        return None
    period = period_of(result)
    if period != LATER and (period in protocol.periods or (period == ALL and protocol.correlation is not None)):
        return None
    return f"a crossover trial that reports {_WORDS[period]}"


def rank(result: ArmResult, trial: TrialFacts, protocol: Protocol) -> int:
    """Return the place of a result among those of other periods, by the order of the protocol."""
    return position(period_of(result), protocol.periods) if _has_periods(trial, [result]) else 0


def same_people(results: Sequence[ArmResult]) -> bool:
    """Tell whether both sides of a pair are the same people, who count once."""
    return bool(results) and all(r.period == EV + ALL for r in results)


def pairing(
    experimental: Sequence[ArmResult], control: Sequence[ArmResult], protocol: Protocol
) -> tuple[float | None, str | None]:
    """Return the correlation by which a pair is analysed as paired, and why the pair cannot be used at all.

    Several arms on one side hold the same people again, so that they cannot be combined as independent groups are.
    """
    results = (*experimental, *control)
    if not same_people(results):
        return None, None
    if len(results) > 2:
        return None, "its arms over all periods are the same people: name one drug, or one route, of the trial"
    return protocol.correlation, None


def told(trial: TrialFacts, results: Sequence[ArmResult], correlation: float | None) -> str | None:
    """Return how a crossover trial was used; nothing of other designs."""
    if not results or not _has_periods(trial, results):
        return None
    if correlation is not None:
        return f"all periods as paired, correlation {correlation:g} by the protocol (Handbook 23.2.7)"
    return {
        FIRST: "first period used (Handbook 23.2.4)",
        ALL: "all periods used as if its arms were independent, as the protocol allows (Handbook 23.2.6)",
        UNKNOWN: "a period that is not stated, as the protocol allows",
    }[period_of(results[0])]


def doubts(
    trial: TrialFacts, results: Sequence[ArmResult], correlation: float | None, *, reported: bool
) -> tuple[str, ...]:
    """Return what is doubtful in the way a crossover trial enters, which every answer with it repeats."""
    if not _has_periods(trial, results):
        return ()
    found: list[str] = []
    period = period_of(results[0]) if results else None
    if reported:
        found.append("the effect of a crossover trial is taken to be of a paired analysis, as reported")
    if period == UNKNOWN:
        found.append("the period of the crossover trial is not stated; its arms are taken to be independent")
    if period == ALL and correlation is None:
        found.append("the crossover trial is analysed as if its arms were independent: its interval is too wide")
    if trial.analysed_as not in (None, EV + "crossover") and period != FIRST:
        found.append("its source analysed the crossover trial as if its arms were independent")
    return tuple(found)
