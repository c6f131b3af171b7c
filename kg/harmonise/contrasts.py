"""The ten steps in their order: a trial set becomes one contrast per trial and stratum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kg.harmonise import account, arms, clusters, eligibility, timepoints, value_kinds
from kg.harmonise.arms import Comparison, comparisons
from kg.harmonise.choice import Chosen, chosen
from kg.harmonise.common_scale import on_one_scale
from kg.harmonise.contrast import Contrast, Harmonised
from kg.harmonise.doubts import with_doubts
from kg.harmonise.from_pair import contrast_of
from kg.harmonise.identity import SameTrials, same_trials
from kg.harmonise.once import divided, one_record_each, without_the_same_people
from kg.harmonise.pair import COUNTS, Pair, kind
from kg.harmonise.pairs import pairs
from kg.model.answer import Excluded
from kg.model.question import Question
from kg.model.trialset import TrialSet
from kg.protocol import Protocol

__all__ = ["Contrast", "Harmonised", "harmonise"]


@dataclass(frozen=True)
class Fitting:
    """A comparison that the question and the protocol let in, its pairs of results, and why others do not fit."""

    comparison: Comparison
    pairs: list[Pair]
    reasons: list[str]


def harmonise(question: Question, found: TrialSet, protocol: Protocol) -> Harmonised:
    """Return at most one contrast per trial and stratum, by the rules of the protocol.

    Raises NotPoolable where the contrasts cannot be put on one scale.
    """
    compared, excluded = _compared(question, found, protocol)
    same = same_trials((c[0].trial for c in compared), found, apart=protocol.as_entered)
    fitting, kept_out = _fitting(compared, question, found, protocol, same)
    excluded += kept_out
    continuous = _continuous(question, fitting)
    best, more = _best(fitting, found, protocol, continuous=continuous)
    excluded += more
    best, more = one_record_each(best, same, found, protocol)
    excluded = [e for e in excluded if e.trial not in {left.trial for left in more}] + more
    best, doubled = without_the_same_people(best, found)
    excluded += doubled
    if protocol.shared_controls == arms.SPLIT:
        best = divided(best, found)
    contrasts = [contrast_of(one, found, protocol) for one in best]
    _once(contrasts)
    measure, contrasts, said = on_one_scale(question, protocol, found, contrasts, continuous=continuous)
    contrasts, doubts = with_doubts(contrasts, found, same, protocol)
    eligible = {same.of(f.comparison.trial.trial) for f in fitting}
    left = _not_banded(question, found, fitting, protocol)
    return Harmonised(
        measure=measure,
        contrasts=tuple(sorted(contrasts, key=lambda c: (c.label.casefold(), c.trial.trial))),
        excluded=tuple(sorted(excluded, key=lambda e: (e.label.casefold(), e.trial))),
        eligible=len(eligible),
        warnings=(*arms.on_both_sides(question, found), *timepoints.not_banded(left), *said, *doubts),
        steps=account.of(question, found, contrasts, excluded, len(eligible)),
    )


def _compared(question: Question, found: TrialSet, protocol: Protocol) -> tuple[list[list[Comparison]], list[Excluded]]:
    """Return the comparisons of each trial whose arms fit the question, and why those of other trials do not."""
    compared: list[list[Comparison]] = []
    excluded: list[Excluded] = []
    for trial in sorted(found.trials.values(), key=lambda t: (t.label, t.trial)):
        made, reason = comparisons(trial, found.arms_by_trial.get(trial.trial, ()), found, question, protocol)
        if made:
            compared.append(made)
        elif reason:
            excluded.append(Excluded(trial.trial, trial.label, reason))
    return compared, excluded


def _fitting(
    compared: Iterable[list[Comparison]], question: Question, found: TrialSet, protocol: Protocol, same: SameTrials
) -> tuple[list[Fitting], list[Excluded]]:
    """Return the comparisons of the trials that the protocol lets in, with their pairs, and why others are kept out."""
    fitting: list[Fitting] = []
    excluded: list[Excluded] = []
    for own in compared:
        trial = own[0].trial
        others = same.of(trial.trial)
        reason = eligibility.ineligible(trial, found, others) or clusters.clustering(trial, protocol).why_not
        if reason:
            excluded.append(Excluded(trial.trial, trial.label, reason))
        else:
            fitting += [Fitting(c, *pairs(c, found, question, protocol)) for c in own]
    return fitting, excluded


def _best(
    fitting: Iterable[Fitting], found: TrialSet, protocol: Protocol, *, continuous: bool
) -> tuple[list[Chosen], list[Excluded]]:
    """Return the pair that enters for each comparison, and why others have none."""
    offered: list[list[Pair]] = []
    excluded: list[Excluded] = []
    for one in fitting:
        if fit := [pair for pair in one.pairs if kind(pair) in (None, continuous)]:
            offered.append(fit)
        else:
            why = (
                "; ".join(dict.fromkeys([*one.reasons, *map(_other_kind, one.pairs)])) or "the outcome is not reported"
            )
            excluded.append(Excluded(one.comparison.trial.trial, one.comparison.label, why))
    best = [chosen(own, protocol, found.outcomes) for own in offered]
    one_kind = value_kinds.common_kind([one.pair for one in best], offered)
    if one_kind:
        best = [chosen(value_kinds.of_kind(one_kind, own), protocol, found.outcomes) for own in offered]
        said = f"values: {value_kinds.NAMES[one_kind]}, which every trial reports"
        best = [replace(one, steps=(*one.steps, said)) for one in best]
    return best, excluded


def _other_kind(pair: Pair) -> str:
    return "means are reported, not counts" if kind(pair) else "counts are reported, not means"


def _continuous(question: Question, fitting: Iterable[Fitting]) -> bool:
    if question.measure is not None:
        return question.measure not in COUNTS
    kinds = Counter(
        of_kind
        for one in fitting
        for of_kind in {kind(p) for p in one.pairs if p.complete} or {kind(p) for p in one.pairs}
        if of_kind is not None
    )
    return kinds[True] > kinds[False]


def _once(contrasts: list[Contrast]) -> None:
    keys = [(c.trial.trial, c.stratum, c.comparison.drug) for c in contrasts]
    assert len(keys) == len(set(keys)), "a trial and stratum stands twice in one pool"


def _not_banded(question: Question, found: TrialSet, fitting: Iterable[Fitting], protocol: Protocol) -> int:
    if question.band is None:
        return 0
    compared = {arm.arm for f in fitting for arm in (*f.comparison.experimental, *f.comparison.control)}
    own = (r for r in found.results if r.arm in compared and not timepoints.is_baseline(r))
    return sum(1 for r in own if timepoints.band_of(r, protocol) is None)
