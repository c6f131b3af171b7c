"""Results of both sides put together: of one outcome, instrument, time, period and class, by one source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from kg.harmonise import between_arms, crossover, timepoints
from kg.harmonise.arms import Comparison, without_doubles
from kg.harmonise.between_arms import Spread
from kg.harmonise.pair import Pair
from kg.harmonise.readings import read
from kg.harmonise.reported import reported_pairs
from kg.model.question import Question
from kg.model.trialset import ArmResult, TrialSet
from kg.protocol import Protocol


def pairs(
    comparison: Comparison, found: TrialSet, question: Question, protocol: Protocol
) -> tuple[list[Pair], list[str]]:
    """Return every pair of results that fits the question, and why others do not."""
    arms = {arm.arm: arm for arm in (*comparison.experimental, *comparison.control)}
    groups: dict[tuple[object, ...], list[ArmResult]] = defaultdict(list)
    reasons: list[str] = []
    for result in found.results_by_trial.get(comparison.trial.trial, ()):
        if result.arm not in arms:
            continue
        reason = _unfit(result, comparison, question, protocol)
        if reason:
            reasons.append(reason)
        else:
            groups[_same_people_same_time(result)].append(result)
    made = []
    for group in groups.values():
        pair = _pair(comparison, group, found, protocol)
        if pair:
            made.append(pair)
        else:
            reasons.append("the outcome is reported for one side only")
    made += reported_pairs(comparison, found, question, protocol, reasons)
    return made, list(dict.fromkeys(reasons))


def _unfit(result: ArmResult, comparison: Comparison, question: Question, protocol: Protocol) -> str | None:
    if timepoints.is_baseline(result):
        return timepoints.BASELINE
    if reason := timepoints.other_time(result, question, protocol):
        return reason
    if question.instrument is not None and result.instrument != question.instrument.iri:
        return "the outcome on other instruments only"
    return crossover.unusable(result, comparison.trial, protocol)


def _same_people_same_time(result: ArmResult) -> tuple[object, ...]:
    return (
        result.record,
        result.outcome,
        result.instrument,
        result.value_kind,
        result.statistic,
        result.unit,
        result.band,
        result.days,
        result.timepoint,
        result.period,
        result.denominator,
        result.class_text,
        result.category_text,
        result.continuous,
    )


def _pair(comparison: Comparison, group: Iterable[ArmResult], found: TrialSet, protocol: Protocol) -> Pair | None:
    results = _over_one_background(comparison, group)
    left, right = {a.arm for a in comparison.experimental}, {a.arm for a in comparison.control}
    experimental, steps = without_doubles((r for r in results if r.arm in left), found.arms)
    control, more = without_doubles((r for r in results if r.arm in right), found.arms)
    if not experimental or not control:
        return None
    sides = tuple(sorted(experimental, key=_place)), tuple(sorted(control, key=_place))
    first = results[0]
    spread = _spread(comparison, sides, found, protocol)
    complete = spread is not None or all(read(r, protocol).complete for r in (*sides[0], *sides[1]))
    return Pair(
        comparison,
        first.outcome,
        *sides,
        steps=(*steps, *more),
        spread=spread,
        instrument=first.instrument,
        value_kind=first.value_kind,
        complete=complete,
    )


def _spread(
    comparison: Comparison, sides: tuple[tuple[ArmResult, ...], ...], found: TrialSet, protocol: Protocol
) -> Spread | None:
    """Return the SD that the difference between the arms gives, where neither of two independent arms has its own."""
    (left, *more), (right, *others) = sides
    if more or others or not left.continuous or crossover.is_crossover(comparison.trial):
        return None
    if any(read(r, protocol).sd is not None or r.mean is None for r in (left, right)):
        return None
    return between_arms.spread(left, right, found.contrasts_by_trial.get(comparison.trial.trial, ()))


def _over_one_background(comparison: Comparison, group: Iterable[ArmResult]) -> list[ArmResult]:
    """Keep the results of arms whose background is reported on the other side too; the others compare two things."""
    results = list(group)
    reported = {r.arm for r in results}
    left, right = (
        {a.background for a in arms if a.arm in reported} for arms in (comparison.experimental, comparison.control)
    )
    kept = {a.arm for a in (*comparison.experimental, *comparison.control) if a.background in left & right}
    return [r for r in results if r.arm in kept]


def _place(result: ArmResult) -> tuple[str, str]:
    return result.arm, result.result
