"""What is doubtful of contrasts beside each other: equal figures, shared controls, doses, SDs that may be errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations

from kg.harmonise import doses, doubtful_spread, lookalikes, shared_controls
from kg.harmonise.arms import SPLIT, parts
from kg.harmonise.contrast import Contrast
from kg.harmonise.doubtful_spread import Measured
from kg.harmonise.identity import SameTrials
from kg.model.answer import Side
from kg.model.trialset import TrialSet
from kg.protocol import Protocol


def with_doubts(
    contrasts: Sequence[Contrast], found: TrialSet, same: SameTrials, protocol: Protocol
) -> tuple[list[Contrast], list[str]]:
    """Return contrasts with what is doubtful of them beside each other, and what the whole answer repeats of it."""
    by_trial = {c.trial.trial: c for c in contrasts}
    shared = _shared_controls(contrasts, protocol)
    publications = _one_publication(by_trial, same)
    figures = lookalikes.same_figures((c.label, c.trial.trial, c.experimental, c.control) for c in contrasts)
    far = doses.far_apart((c.label, found.arms[arm]) for c in contrasts for arm in _experimental(c, found))
    spreads = doubtful_spread.suspects(_measured(contrasts))
    every = [shared, publications, figures, far, spreads]
    made = [
        replace(c, warnings=tuple(dict.fromkeys([*c.warnings, *(t for each in every for t in each.get(c.label, ()))])))
        for c in contrasts
    ]
    return made, [f"{label}: {text}" for each in (shared, publications, figures, far) for label, text in _flat(each)]


def _flat(found: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(label, text) for label in sorted(found) for text in found[label]]


def _shared_controls(contrasts: Sequence[Contrast], protocol: Protocol) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    by_trial: dict[str, list[Contrast]] = {}
    for contrast in contrasts:
        by_trial.setdefault(contrast.trial.trial, []).append(contrast)
    for one, other in shared_controls.sharing([c.trial for c in contrasts]):
        for trial, elsewhere in ((one, other), (other, one)):
            for contrast in by_trial[trial.trial]:
                divided = protocol.shared_controls == SPLIT and contrast.reported is None
                done = "it is divided between them" if divided else "its people count in both"
                found.setdefault(contrast.label, []).append(f"shares its control with {elsewhere.label}: {done}")
    for own in by_trial.values():
        for contrast, beside in permutations(own, 2):
            if contrast.undivided is None and _one_control(contrast, beside):
                text = f"shares its control with {beside.label}: its people count in both"
                found.setdefault(contrast.label, []).append(text)
    return found


def _one_control(one: Contrast, other: Contrast) -> bool:
    """Tell whether two contrasts of a trial are against the same people, by reported effects or paired tables."""
    same = (one.trial.trial, one.stratum, one.control.arm) == (other.trial.trial, other.stratum, other.control.arm)
    return same and one.comparison.drug != other.comparison.drug


def _one_publication(by_trial: Mapping[str, Contrast], same: SameTrials) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair, (what, against) in same.doubtful.items():
        if pair <= by_trial.keys():
            one, other = (by_trial[trial] for trial in sorted(pair))
            for contrast, elsewhere in ((one, other), (other, one)):
                text = f"shares {what} with {elsewhere.label}, {against}: counted as two trials"
                found.setdefault(contrast.label, []).append(text)
    return found


def _experimental(contrast: Contrast, found: TrialSet) -> list[str]:
    if contrast.reported:
        return [contrast.experimental.arm]
    compared = {a.arm for a in contrast.comparison.experimental}
    used = {part for arm in compared for part in parts(arm, found.arms)}
    return sorted(used & found.arms.keys())


def _measured(contrasts: Sequence[Contrast]) -> list[tuple[Measured, Measured]]:
    """Return the sides of contrasts with a reported SD: what was derived is not mistaken for one."""
    made = []
    for c in contrasts:
        if c.reported or c.experimental.derived or c.control.derived:
            continue
        left, right = _side(c, c.experimental), _side(c, c.control)
        if left and right:
            made.append((left, right))
    return made


def _side(contrast: Contrast, side: Side) -> Measured | None:
    if side.n is None or side.mean is None or side.sd is None or side.sd <= 0:
        return None
    scale = (contrast.instrument.instrument if contrast.instrument else None, contrast.value_kind)
    return Measured(contrast.label, scale, side.n, side.mean, side.sd)
