"""Step 1: which trials the protocol and the question let in (Cochrane Handbook 3.2, 13)."""

from __future__ import annotations

from collections.abc import Iterable

from kg.iris import EV, local
from kg.model.trialset import ArmFacts, TrialFacts, TrialSet


def ineligible(trial: TrialFacts, found: TrialSet, same: Iterable[str] = ()) -> str | None:
    """Return why the protocol keeps a trial out, or nothing; ``same`` are other records of the same trial."""
    if trial.type != EV + "RandomisedTrial":
        return "not a randomised trial"
    outside = sorted(local(c) for c in trial.conditions & found.out_of_scope)
    if outside:
        return f"outside the population of the protocol: {', '.join(outside)}"
    if found.included is not None and found.included.isdisjoint({trial.trial, *same}):
        return "not among the trials that the review is known to include"
    return None


def other_condition(trial: TrialFacts, arm: ArmFacts, found: TrialSet) -> str | None:
    """Return why the participants of an arm do not have the condition asked for, or nothing.

    An arm's own conditions, those of a stratum, count before those of its trial. All of them must be the condition
    asked for or narrower: a trial of several conditions does not report the one asked for alone.
    """
    if found.condition is None:
        return None
    conditions = arm.conditions or trial.conditions
    if not conditions:
        return "its condition was not reported"
    others = sorted(local(c) for c in conditions - found.condition)
    if not others:
        return None
    if conditions & found.condition:
        return f"mixed population: also {', '.join(others)}"
    return f"another condition: {', '.join(others)}"


def told(trial: TrialFacts, found: TrialSet) -> str:
    """Return in words why a trial was let in."""
    said = ["randomised"]
    if found.included is not None:
        said.append("among those that the review includes")
    if found.condition is not None:
        said.append("with the condition asked for")
    return ", ".join(said)
