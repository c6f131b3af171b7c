"""An analysis of a review by the review's own rule: non-events counted, rows in their pools, pools that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from kg.errors import Contradiction, NotPoolable
from kg.evidence.effects import Effect
from kg.evidence.pooling import Options, nothing, pooled
from kg.evidence.published import Member, PublishedAnalysis
from kg.harmonise.contrasts import Contrast, Harmonised
from kg.iris import local
from kg.model.analysis_rule import AS_THE_PROTOCOL_SAYS, AnalysisRule
from kg.model.answer import Excluded, Pool, Side
from kg.protocol import Protocol

Pooling = tuple[Pool, list[float | None], str, list[str]]
NOT_REPORTED = "the outcome is not reported"


def rule_of(analysis: PublishedAnalysis | None, protocol: Protocol) -> AnalysisRule:
    """Return what a protocol decides for an analysis alone."""
    return protocol.analysis(analysis.identifier) if analysis else AS_THE_PROTOCOL_SAYS


def resolved(protocol: Protocol, rule: AnalysisRule) -> dict[str, Any]:
    """Return what makes an answer another one, beside the options of every question; nothing where no rule is."""
    if rule == AS_THE_PROTOCOL_SAYS and not protocol.as_entered:
        return {}
    said = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(rule).items()}
    return {"rule": said, "as_entered": protocol.as_entered, "double_zero": protocol.double_zero} | {
        "counts_variance": protocol.counts_variance
    }


def counted(found: Harmonised, rule: AnalysisRule) -> Harmonised:
    """Return the contrasts with people without the event counted, where the review swaps the two."""
    if not rule.swapped:
        return found
    return replace(found, contrasts=tuple(map(_swapped, found.contrasts)))


def _swapped(contrast: Contrast) -> Contrast:
    def without(side: Side) -> Side:
        events = None if side.events is None or side.total is None else side.total - side.events
        return replace(side, events=events)

    if contrast.experimental.events is None and contrast.control.events is None:
        return contrast
    return replace(
        contrast,
        experimental=without(contrast.experimental),
        control=without(contrast.control),
        paired=contrast.paired and contrast.paired.without_event,
        steps=(*contrast.steps, "events: people without the event counted, as the review does"),
    )


def in_total(worked: Sequence[Effect], rule: AnalysisRule) -> list[Effect]:
    """Return the effects that count in the pool of all rows."""
    apart = set(rule.in_subgroups_alone)
    return [e for e in worked if _named(e) not in apart] if apart else list(worked)


def _named(effect: Effect) -> str:
    trial = local(effect.contrast.trial.trial)
    return f"{trial}/{effect.contrast.stratum}" if effect.contrast.stratum else trial


def within(worked: Sequence[Effect], members: Sequence[Member]) -> list[Effect]:
    """Return the effects of the members of a level: of whole trials, or of strata."""
    known = set(members)
    return [
        e
        for e in worked
        if (e.contrast.trial.trial, None) in known or (e.contrast.trial.trial, e.contrast.stratum) in known
    ]


def levels(analysis: PublishedAnalysis, rule: AnalysisRule) -> dict[str, tuple[Member, ...]]:
    """Return the levels that the review shows pools of, in its order."""
    if not rule.shows_levels:
        return {}
    order = {level: at for at, level in enumerate(rule.levels)}
    ordered = sorted(analysis.levels, key=lambda level: order.get(level, len(order)))
    return {level: analysis.levels[level] for level in ordered}


def pooled_as_shown(
    worked: Sequence[Effect], measure: str, how: Options, protocol: Protocol, *, shows: bool
) -> Pooling:
    """Return a pool of a review; an empty one, with the reason, where the review shows none or none can be had."""
    if not shows:
        return nothing(worked, how, "the review gives no pool of all rows of this analysis")
    try:
        return pooled(worked, measure, how, protocol)
    except (NotPoolable, Contradiction) as error:
        return nothing(worked, how, str(error))


def told(excluded: Sequence[Excluded], contrasts: Sequence[Contrast]) -> tuple[Excluded, ...]:
    """Leave out what says no more than that strata of other analyses do not report the outcome of this one."""
    there = {c.trial.trial for c in contrasts}
    return tuple(e for e in excluded if e.reason != NOT_REPORTED or e.trial not in there)
