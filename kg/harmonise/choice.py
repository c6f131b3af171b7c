"""Steps 2, 3, 7, 8 and 9: of all that a trial reports, the one pair of results that enters the pool.

Timepoint (Handbook 9.3.1), instrument, period of a crossover trial (23.2), composite before component, source.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kg.harmonise.arms import Comparison, without_doubles
from kg.iris import BASE, EV, local
from kg.model.question import Question
from kg.model.trialset import ArmFacts, ArmResult, ReportedContrast, TrialSet
from kg.protocol import Protocol

_WITHIN = {"latest": -1, "earliest": 1}


@dataclass(frozen=True)
class Pair:
    """Results of both sides for one outcome, instrument and time, by one source; or one reported contrast."""

    comparison: Comparison
    outcome: str
    experimental: tuple[ArmResult, ...] = ()
    control: tuple[ArmResult, ...] = ()
    contrast: ReportedContrast | None = None
    steps: tuple[str, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms whose people the pair counts."""
        if self.contrast:
            return self.contrast.experimental, self.contrast.control
        return tuple(r.arm for r in (*self.experimental, *self.control))

    @property
    def example(self) -> ArmResult | ReportedContrast:
        """A result of the pair, for what all of them share."""
        return self.contrast or self.experimental[0]


def pairs(
    comparison: Comparison, found: TrialSet, question: Question, protocol: Protocol
) -> tuple[list[Pair], list[str]]:
    """Return every pair of results that fits the question, and why others do not."""
    arms = {arm.arm: arm for arm in (*comparison.experimental, *comparison.control)}
    groups: dict[tuple[object, ...], list[ArmResult]] = defaultdict(list)
    reasons: list[str] = []
    for result in found.results:
        if result.arm in arms:
            reason = _unfit(result, comparison, question, protocol)
            if reason:
                reasons.append(reason)
            else:
                groups[_same_people_same_time(result)].append(result)
    made = []
    for group in groups.values():
        pair = _pair(comparison, group, found.arms)
        if pair:
            made.append(pair)
        else:
            reasons.append("the outcome is reported for one side only")
    made += _contrasts(comparison, found, question, reasons)
    return made, list(dict.fromkeys(reasons))


def _unfit(result: ArmResult, comparison: Comparison, question: Question, protocol: Protocol) -> str | None:
    if question.band is not None and result.band != question.band.iri:
        return "no time band is stated for its results" if result.band is None else "the outcome at other times only"
    if question.instrument is not None and result.instrument != question.instrument.iri:
        return "the outcome on other instruments only"
    if comparison.trial.design == EV + "crossover":
        period = (result.period or EV + "unknownPeriod").removeprefix(EV)
        if period not in protocol.periods:
            words = {"allPeriods": "over all periods", "unknownPeriod": "for a period that is not stated"}
            return f"a crossover trial that reports {words.get(period, period)}, without paired data"
    return None


def _same_people_same_time(result: ArmResult) -> tuple[object, ...]:
    return (
        result.record,
        result.outcome,
        result.instrument,
        result.value_kind,
        result.band,
        result.days,
        result.timepoint,
        result.period,
        result.continuous,
    )


def _pair(comparison: Comparison, group: Iterable[ArmResult], arms: dict[str, ArmFacts]) -> Pair | None:
    results = _over_one_background(comparison, group)
    left, right = {a.arm for a in comparison.experimental}, {a.arm for a in comparison.control}
    experimental, steps = without_doubles((r for r in results if r.arm in left), arms)
    control, more = without_doubles((r for r in results if r.arm in right), arms)
    if not experimental or not control:
        return None
    by_arm = sorted(experimental, key=_place), sorted(control, key=_place)
    return Pair(comparison, results[0].outcome, tuple(by_arm[0]), tuple(by_arm[1]), None, (*steps, *more))


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


def _contrasts(comparison: Comparison, found: TrialSet, question: Question, reasons: list[str]) -> list[Pair]:
    left, right = {a.arm for a in comparison.experimental}, {a.arm for a in comparison.control}
    made = []
    for contrast in found.contrasts:
        sides = {contrast.experimental, contrast.control}
        alike = len({found.arms[arm].background for arm in sides if arm in found.arms}) == 1
        if len(sides & left) == 1 and len(sides & right) == 1 and alike:
            if question.band is not None and contrast.band != question.band.iri:
                reasons.append("no time band is stated for its results")
            elif question.instrument is None:
                made.append(Pair(comparison, contrast.outcome, contrast=contrast))
    return made


def chosen(made: list[Pair], protocol: Protocol, outcomes: tuple[str, ...]) -> tuple[Pair, tuple[str, ...]]:
    """Return the pair that the protocol's rules put first, and what was decided on the way.

    In this order: estimable figures, the source by precedence, the reported composite before a component, arms before
    a reported contrast, the band, the instrument, the time within the band.
    """
    ranked = sorted(made, key=lambda pair: _rank(pair, protocol, outcomes))
    best, others = ranked[0], ranked[1:]
    steps = list(best.steps)
    if best.outcome != outcomes[0]:
        steps.append(f"outcome: the component {local(best.outcome)}, narrower than {local(outcomes[0])}")
    if others:
        steps.append(f"choice: {_told(best)}; left aside: {'; '.join(dict.fromkeys(map(_told, others)))}")
    return best, tuple(steps)


def _told(pair: Pair) -> str:
    example = pair.example
    time = example.timepoint or (local(example.band) if example.band else "no time stated")
    what = "contrast" if pair.contrast else local(pair.outcome)
    return f"{what}, {time}, by {example.record[0]}"


def _rank(pair: Pair, protocol: Protocol, outcomes: tuple[str, ...]) -> tuple[object, ...]:
    example = pair.example
    instrument = getattr(example, "instrument", None)
    days = getattr(example, "days", None)
    return (
        not has_figures(pair),
        _position(example.record[0], protocol.precedence),
        example.source_kind != EV + "primary" if not protocol.precedence else False,
        outcomes.index(pair.outcome),
        pair.contrast is not None,
        _position(local(example.band) if example.band else "", protocol.bands),
        _position(local(instrument) if instrument else "", protocol.outcome(local(outcomes[0])).instruments),
        days is None,
        _WITHIN[protocol.within_band] * (days or 0.0),
        example.timepoint or "",
        BASE + repr(example.record),
    )


def _position(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)


def has_figures(pair: Pair) -> bool:
    """Tell whether a pair has what an effect needs: counts with totals, or means with n and a dispersion."""
    if pair.contrast:
        c = pair.contrast
        return c.estimate is not None and (c.se is not None or None not in (c.ci_low, c.ci_high))
    return all(map(_figures, (*pair.experimental, *pair.control)))


def _figures(r: ArmResult) -> bool:
    if not r.continuous:
        return r.events is not None and r.total is not None
    dispersion = r.sd is not None or r.se is not None or (r.ci_low is not None and r.ci_high is not None)
    return r.n is not None and r.mean is not None and dispersion
