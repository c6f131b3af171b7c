"""Trials by their date of publication: which of a set were published by a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from kg.harmonise.arms import comparisons
from kg.model.answer import Excluded
from kg.model.question import Question
from kg.model.trialset import ArmFacts, TrialFacts, TrialSet
from kg.protocol import Protocol


def published_by(question: Question, found: TrialSet, protocol: Protocol) -> tuple[TrialSet, tuple[Excluded, ...]]:
    """Return the trials of a set that were published by the day of the question, and those left out with the reason.

    Of a trial the year is known, which stands for its 31 December. One that compares nothing of what is asked is not
    told.
    """
    if question.published_by is None:
        return found, ()
    until = date.fromisoformat(question.published_by)
    late = {trial: why for trial, facts in found.trials.items() if (why := _why_not(facts, until))}
    left_out = tuple(
        Excluded(trial, found.trials[trial].label, why)
        for trial, why in late.items()
        if any(comparisons(found.trials[trial], _arms(trial, found), found, question, protocol))
    )
    return replace(found, trials={t: facts for t, facts in found.trials.items() if t not in late}), left_out


def _arms(trial: str, found: TrialSet) -> list[ArmFacts]:
    return [arm for arm in found.arms.values() if arm.trial == trial]


def _why_not(trial: TrialFacts, until: date) -> str | None:
    if trial.year is None:
        return "its year of publication is not known"
    if date(trial.year, 12, 31) > until:
        return f"published in {trial.year}, not by {until.isoformat()}"
    return None
