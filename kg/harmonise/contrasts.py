"""The ten steps in their order: a trial set becomes one contrast per trial and stratum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kg.errors import NotPoolable
from kg.harmonise.arms import Comparison, comparisons, parts
from kg.harmonise.choice import Pair, chosen, has_figures, pairs
from kg.harmonise.eligibility import ineligible
from kg.harmonise.scales import SAME, orientation, rescaling
from kg.harmonise.sides import contrast_side, side
from kg.iris import local
from kg.model.answer import Excluded, Side
from kg.model.question import Question
from kg.model.trialset import InstrumentFacts, ReportedContrast, TrialFacts, TrialSet
from kg.protocol import Protocol

DICHOTOMOUS = ("RR", "OR", "RD")


@dataclass(frozen=True)
class Contrast:
    """Two sides, experimental against control, ready for an effect; or why there can be none."""

    trial: TrialFacts
    stratum: str | None
    experimental: Side
    control: Side
    instrument: InstrumentFacts | None
    value_kind: str | None
    reported: ReportedContrast | None
    steps: tuple[str, ...]
    warnings: tuple[str, ...]
    sign: float = 1.0

    @property
    def label(self) -> str:
        """The label of the study in tables and plots."""
        return f"{self.trial.label} ({self.stratum.replace('-', ' ')})" if self.stratum else self.trial.label


@dataclass(frozen=True)
class Harmonised:
    """The contrasts of a question with the measure they are fit for, and everything that was left out."""

    measure: str
    contrasts: tuple[Contrast, ...]
    excluded: tuple[Excluded, ...]
    eligible: int
    warnings: tuple[str, ...]


def harmonise(question: Question, found: TrialSet, protocol: Protocol) -> Harmonised:
    """Return at most one contrast per trial and stratum, by the rules of the protocol.

    Raises NotPoolable where the contrasts cannot be put on one scale.
    """
    excluded: list[Excluded] = []
    fitting: list[tuple[Comparison, list[Pair], list[str]]] = []
    for trial in sorted(found.trials.values(), key=lambda t: (t.label, t.trial)):
        arms = [arm for arm in found.arms.values() if arm.trial == trial.trial]
        compared, reason = comparisons(trial, arms, found, question, protocol)
        reason = (ineligible(trial, found) if compared else None) or reason
        if reason:
            excluded.append(Excluded(trial.trial, trial.label, reason))
        else:
            fitting += [(c, *pairs(c, found, question, protocol)) for c in compared]
    continuous = _continuous(question, protocol, fitting)
    best: list[tuple[Pair, tuple[str, ...]]] = []
    for comparison, made, reasons in fitting:
        of_kind = [pair for pair in made if _kind(pair) in (None, continuous)]
        if of_kind:
            best.append(chosen(of_kind, protocol, found.outcomes))
        else:
            other = ["means are reported, not counts" if _kind(p) else "counts are reported, not means" for p in made]
            why = "; ".join(dict.fromkeys([*reasons, *other])) or "the outcome is not reported"
            excluded.append(Excluded(comparison.trial.trial, _label(comparison), why))
    kept, doubled = _without_the_same_people(best, found)
    excluded += doubled
    contrasts = [_contrast(pair, steps, found, protocol) for pair, steps in kept]
    _once(contrasts)
    warnings = _not_banded(question, found, fitting)
    measure, contrasts, more = _on_one_scale(question, protocol, found, contrasts, continuous=continuous)
    return Harmonised(
        measure=measure,
        contrasts=tuple(sorted(contrasts, key=lambda c: (c.label.casefold(), c.trial.trial))),
        excluded=tuple(sorted(excluded, key=lambda e: (e.label.casefold(), e.trial))),
        eligible=len({c.trial.trial for c, _, _ in fitting}),
        warnings=(*warnings, *more),
    )


def _without_the_same_people(
    best: list[tuple[Pair, tuple[str, ...]]], found: TrialSet
) -> tuple[list[tuple[Pair, tuple[str, ...]]], list[Excluded]]:
    """Keep the widest of the pairs of one trial that share people: a whole trial, or its strata, never both."""
    people = [frozenset().union(*(parts(arm, found.arms) for arm in pair.arms)) for pair, _ in best]
    kept: list[int] = []
    excluded: list[Excluded] = []
    for at in sorted(range(len(best)), key=lambda i: -len(people[i])):
        wider = [other for other in kept if people[other] & people[at]]
        if wider:
            comparison, whole = best[at][0].comparison, best[wider[0]][0].comparison
            reason = f"its participants are counted in {_label(whole)} already"
            excluded.append(Excluded(comparison.trial.trial, _label(comparison), reason))
        else:
            kept.append(at)
    return [best[at] for at in sorted(kept)], excluded


def _label(comparison: Comparison) -> str:
    stratum = comparison.stratum
    return f"{comparison.trial.label} ({stratum.replace('-', ' ')})" if stratum else comparison.trial.label


def _kind(pair: Pair) -> bool | None:
    """Tell a pair of means (True) from one of counts (False); a reported contrast is told by its measure."""
    if pair.contrast:
        return None if pair.contrast.measure is None else local(pair.contrast.measure) not in DICHOTOMOUS
    return pair.experimental[0].continuous


def _continuous(
    question: Question, protocol: Protocol, fitting: Iterable[tuple[Comparison, list[Pair], list[str]]]
) -> bool:
    if question.measure is not None:
        return question.measure not in DICHOTOMOUS
    kinds = Counter(
        kind
        for _, made, _ in fitting
        for kind in {_kind(p) for p in made if has_figures(p)} or {_kind(p) for p in made}
        if kind is not None
    )
    return kinds[True] > kinds[False]


def _contrast(pair: Pair, steps: tuple[str, ...], found: TrialSet, protocol: Protocol) -> Contrast:
    trial = pair.comparison.trial
    told = list(steps)
    instrument = None
    if pair.contrast:
        reported: ReportedContrast | None = pair.contrast
        flipped = pair.contrast.experimental not in {a.arm for a in pair.comparison.experimental}
        ends = (pair.contrast.experimental, pair.contrast.control)
        sides = [contrast_side(pair.contrast, arm) for arm in (reversed(ends) if flipped else ends)]
        told.append("contrast: as reported" + (", reversed (sign and interval)" if flipped else ""))
        sign, value_kind, used = (-1.0 if flipped else 1.0), None, [pair.contrast.contrast]
    else:
        reported, sign = None, 1.0
        first = pair.experimental[0]
        value_kind = first.value_kind
        to_scale = SAME
        if first.instrument is not None:
            instrument = found.instruments[first.instrument]
            to_scale = rescaling(instrument, protocol.outcome(local(found.outcomes[0])).scale) or SAME
        if to_scale.step:
            told.append(to_scale.step)
        sides = [side(results, found.arms, to_scale) for results in (pair.experimental, pair.control)]
        used = [r.result for r in (*pair.experimental, *pair.control)]
        if first.period:
            told.append(f"crossover: {_words(first.period)} used")
    told += [
        f"{where}: {what}" for where, s in zip(("experimental", "control"), sides, strict=True) for what in s.derived
    ]
    about = dict.fromkeys([trial.trial, *(s.arm for s in sides), *used])
    return Contrast(
        trial=trial,
        stratum=pair.comparison.stratum,
        experimental=sides[0],
        control=sides[1],
        instrument=instrument,
        value_kind=value_kind,
        reported=reported,
        steps=tuple(told),
        warnings=tuple(dict.fromkeys(doubt for thing in about for doubt in found.doubts.get(thing, ()))),
        sign=sign,
    )


def _words(iri: str) -> str:
    name = local(iri)
    return "".join(" " + c.lower() if c.isupper() else c for c in name)


def _once(contrasts: list[Contrast]) -> None:
    keys = [(c.trial.trial, c.stratum) for c in contrasts]
    assert len(keys) == len(set(keys)), "a trial and stratum stands twice in one pool"


def _not_banded(
    question: Question, found: TrialSet, fitting: Iterable[tuple[Comparison, list[Pair], list[str]]]
) -> list[str]:
    if question.band is None:
        return []
    arms = {arm.arm for c, _, _ in fitting for arm in (*c.experimental, *c.control)}
    left = sum(1 for r in found.results if r.arm in arms and r.band is None)
    return [f"{left} results of eligible trials state no time band and are left out"] if left else []


def _on_one_scale(
    question: Question, protocol: Protocol, found: TrialSet, contrasts: list[Contrast], *, continuous: bool
) -> tuple[str, list[Contrast], list[str]]:
    if not continuous:
        return question.measure or protocol.dichotomous, contrasts, []
    scale = protocol.outcome(local(found.outcomes[0])).scale
    units = {_unit(c, scale) for c in contrasts if c.instrument is not None}
    several = len(units) > 1 or (sum(1 for c in contrasts if c.instrument and c.instrument.unnamed) > 1)
    measure = question.measure or (protocol.continuous_on_several_instruments if several else protocol.continuous)
    kinds = {c.value_kind for c in contrasts if c.value_kind}
    outcome = question.outcome.label
    if measure == "MD":
        if several:
            names = ", ".join(sorted({c.instrument.label for c in contrasts if c.instrument}))
            raise NotPoolable(
                f"{len(contrasts)} trials report {outcome} on several instruments or scales ({names}); "
                "ask for --measure SMD, or name one with --instrument"
            )
        if len(kinds) > 1:
            if not protocol.final_and_change_in_md:
                raise NotPoolable(
                    f"final values and changes from baseline of {outcome} are not pooled "
                    "without a protocol that allows it; name one with --protocol"
                )
            return measure, contrasts, ["final values and changes from baseline are pooled, as the protocol allows"]
        return measure, contrasts, []
    if len(kinds) > 1:
        raise NotPoolable(
            f"final values and changes from baseline of {outcome} cannot be mixed in an SMD (Handbook 10.5.2); "
            "ask for --measure MD"
        )
    lower, more = _direction(found, contrasts, outcome)
    return measure, [_aligned(c, lower, outcome) for c in contrasts], more


def _unit(contrast: Contrast, scale: tuple[float, float] | None) -> object:
    instrument = contrast.instrument
    assert instrument is not None
    known = scale is not None and instrument.minimum is not None and instrument.maximum is not None
    return scale if known else instrument.instrument


def _direction(found: TrialSet, contrasts: list[Contrast], outcome: str) -> tuple[bool, list[str]]:
    """Return whether lower is better on the common scale: as of the outcome, else as of all its instruments."""
    if found.lower_is_better is not None:
        return found.lower_is_better, []
    known = {c.instrument.lower_is_better for c in contrasts if c.instrument} - {None}
    if known == {True, False}:
        return True, [f"instruments of {outcome} run both ways; all are read so that lower is better"]
    return known != {False}, []


def _aligned(contrast: Contrast, lower: bool, outcome: str) -> Contrast:
    instrument = contrast.instrument
    if instrument is None:
        return contrast
    way = orientation(instrument, lower)
    if way is None:
        raise NotPoolable(
            f"whether lower is better on {instrument.label} is not known, so {outcome} of {contrast.label} cannot be "
            "standardised; ask for --measure MD, or name another --instrument"
        )
    if way > 0:
        return contrast
    step = f"direction: {instrument.label} runs the other way, the effect is reversed"
    return replace(contrast, sign=-contrast.sign, steps=(*contrast.steps, step))
