"""Step 6: one control for several comparisons: combined, divided, or said where it cannot be (Handbook 23.3.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kg.harmonise.identity import registrations
from kg.iris import local
from kg.model.answer import Side
from kg.model.trialset import TrialFacts


def divided(side: Side, part: int, parts: int) -> Side:
    """Return one part of a control whose people are divided between comparisons, as evenly as whole people can be.

    The parts add up to the whole: events and people, or people alone where a mean is reported, which stays as it is.
    """
    if parts < 2:
        return side
    total = None if side.total is None else float(_share(int(side.total), part, parts))
    events = None
    if side.events is not None and side.total is not None:
        before = sum(_share(int(side.total), i, parts) for i in range(part))
        after = before + _share(int(side.total), part, parts)
        events = float(_upto(side.events, after, side.total) - _upto(side.events, before, side.total))
    whole = side.total if side.total is not None else side.n
    n = None if side.n is None else _share(side.n, part, parts)
    what = f"part {part + 1} of {parts} of a shared control of {whole:g} people (Handbook 23.3.4)" if whole else None
    return replace(side, n=n, total=total, events=events, derived=(*side.derived, *([what] if what else [])))


def _share(people: int, part: int, parts: int) -> int:
    return people // parts + (1 if part < people % parts else 0)


def _upto(events: float, people: int, total: float) -> int:
    """Return the events among the first people of a group, spread evenly over it."""
    return round(events * people / total) if total else 0


def sharing(trials: Sequence[TrialFacts]) -> list[tuple[TrialFacts, TrialFacts]]:
    """Return which trials say that their control is the control of another one of them."""
    by_name: dict[str, TrialFacts] = {}
    for trial in trials:
        for name in (local(trial.trial), trial.trial, *registrations(trial)):
            by_name[name.upper()] = trial
    pairs = {
        tuple(sorted((trial.trial, by_name[name.upper()].trial)))
        for trial in trials
        for name in trial.shares_control_with
        if name.upper() in by_name and by_name[name.upper()].trial != trial.trial
    }
    by_iri = {trial.trial: trial for trial in trials}
    return [(by_iri[one], by_iri[other]) for one, other in sorted(pairs)]
