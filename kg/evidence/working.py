"""A trial set worked through by the rules of a protocol: contrasts, effects, and their pool."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kg.evidence import as_entered
from kg.evidence.effects import Effect, effects
from kg.evidence.pooling import Options, options, pooled
from kg.evidence.published import PublishedAnalysis
from kg.harmonise.contrasts import Harmonised, harmonise
from kg.model.answer import Pool
from kg.model.question import Question
from kg.model.trialset import TrialSet
from kg.protocol import Protocol


@dataclass(frozen=True)
class Worked:
    """The contrasts of a trial set, the effect of each, and the pool of those that count, with the weight of each."""

    harmonised: Harmonised
    measure: str
    how: Options
    every: list[Effect]
    counted: list[Effect]
    pool: Pool
    weights: list[float | None]
    ci_method: str
    warnings: list[str]


def work(question: Question, found: TrialSet, protocol: Protocol, analysis: PublishedAnalysis | None = None) -> Worked:
    """Harmonise a trial set and pool it, as an analysis of a review where one is named.

    Raises NotPoolable where trials cannot be put on one scale, Contradiction where options exclude each other.
    """
    rule = as_entered.rule_of(analysis, protocol)
    harmonised = as_entered.counted(harmonise(question, found, protocol), rule)
    if analysis is not None and analysis.levels and not protocol.as_entered:
        harmonised = _levelled(harmonised, analysis)
    measure = harmonised.measure
    how = options(question, protocol, measure, rule)
    every = effects(harmonised.contrasts, measure, protocol)
    counted = as_entered.in_total(every, rule)
    if protocol.as_entered and analysis is not None:
        harmonised = replace(harmonised, excluded=as_entered.told(harmonised.excluded, harmonised.contrasts))
        made = as_entered.pooled_as_shown(counted, measure, how, protocol, shows=rule.shows_total)
    else:
        made = pooled(counted, measure, how, protocol)
    return Worked(harmonised, measure, how, every, counted, *made)


def _levelled(found: Harmonised, analysis: PublishedAnalysis) -> Harmonised:
    """Keep the trials to which the review assigned a level; its subgroup analyses hold no others."""
    assigned = {trial for members in analysis.levels.values() for trial, _ in members}
    kept = tuple(c for c in found.contrasts if c.trial.trial in assigned)
    return replace(found, contrasts=kept)
