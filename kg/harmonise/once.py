"""Nobody is counted twice: one record of a trial, a whole or its strata, a control divided between comparisons."""

from __future__ import annotations

from dataclasses import replace

from kg.harmonise import shared_controls
from kg.harmonise.arms import Comparison, parts
from kg.harmonise.choice import Chosen, rank
from kg.harmonise.identity import SameTrials
from kg.harmonise.pair import Pair
from kg.model.answer import Excluded
from kg.model.trialset import TrialSet
from kg.protocol import Protocol


def one_record_each(
    best: list[Chosen], same: SameTrials, found: TrialSet, protocol: Protocol
) -> tuple[list[Chosen], list[Excluded]]:
    """Return the pairs of one record of each trial, of that whose results rank first, and the others as left out."""
    first: dict[frozenset[str], str] = {}
    for one in sorted(best, key=lambda one: rank(one.pair, protocol, found.outcomes)):
        first.setdefault(same.of(one.comparison.trial.trial), one.comparison.trial.trial)
    excluded = []
    for group, counted in first.items():
        for trial in sorted(group - {counted}):
            facts, there = found.trials[trial], found.trials[counted].label
            why = f"the same trial as {there} ({same.why(trial, counted)}), counted there"
            excluded.append(Excluded(trial, facts.label, why))
    left_out = {e.trial for e in excluded}
    return [one for one in best if one.comparison.trial.trial not in left_out], excluded


def without_the_same_people(best: list[Chosen], found: TrialSet) -> tuple[list[Chosen], list[Excluded]]:
    """Return the widest of the pairs of one trial that share people: a whole trial, or its strata, never both.

    Drugs compared each on its own share their control, which is divided between them.
    """
    people = [_people(one.pair, found) for one in best]
    kept: list[int] = []
    excluded: list[Excluded] = []
    counted: dict[str, list[int]] = {}
    for at in sorted(range(len(best)), key=lambda i: -len(people[i])):
        own = best[at].comparison
        sharing = {other for arm in people[at] for other in counted.get(arm, ())}
        wider = [o for o in sorted(sharing, key=kept.index) if not _apart(best[o].comparison, own)]
        if wider:
            reason = f"its participants are counted in {best[wider[0]].comparison.label} already"
            excluded.append(Excluded(own.trial.trial, own.label, reason))
        else:
            kept.append(at)
            for arm in people[at]:
                counted.setdefault(arm, []).append(at)
    return [best[at] for at in sorted(kept)], excluded


def _people(pair: Pair, found: TrialSet) -> frozenset[str]:
    return frozenset[str]().union(*(parts(arm, found.arms) for arm in pair.arms))


def _apart(one: Comparison, other: Comparison) -> bool:
    return one.drug is not None and other.drug is not None and one.drug != other.drug and one.stratum == other.stratum


def divided(best: list[Chosen], found: TrialSet) -> list[Chosen]:
    """Return pairs with the part that each has of a control shared within a trial, or between trials that say so."""
    shares: dict[str, frozenset[str]] = {}
    for one, other in shared_controls.sharing([c.comparison.trial for c in best]):
        whole = shares.get(one.trial, frozenset({one.trial})) | shares.get(other.trial, frozenset({other.trial}))
        shares |= dict.fromkeys(whole, whole)
    groups: dict[object, list[int]] = {}
    for at, one_chosen in enumerate(best):
        comparison = one_chosen.comparison
        trial = comparison.trial.trial
        control = frozenset[str]().union(*(parts(r.arm, found.arms) for r in one_chosen.pair.control))
        groups.setdefault(shares.get(trial, (trial, comparison.stratum, control)), []).append(at)
    numbered = {at: (part, len(members)) for members in groups.values() for part, at in enumerate(members)}
    return [replace(one_chosen, part=numbered[at]) for at, one_chosen in enumerate(best)]
