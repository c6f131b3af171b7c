"""The use case: a question, a trial set and a protocol become an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain

from kg import __version__, iris
from kg.evidence import as_entered
from kg.evidence.between_drugs import between_drugs
from kg.evidence.derivations import rules_used, zero_cells
from kg.evidence.effects import Effect, study
from kg.evidence.identity import METHOD_VERSION, answer_id, set_digest
from kg.evidence.live_records import among
from kg.evidence.pooling import Options, is_log, pooled
from kg.evidence.publication import published_by
from kg.evidence.published import PublishedAnalyses, PublishedAnalysis
from kg.evidence.wording import favours, important_difference, sentence, title
from kg.evidence.working import work
from kg.model.answer import Answer, Excluded, Provenance, Software, Subgroup
from kg.model.question import Question
from kg.model.trialset import TrialSet
from kg.protocol import Protocol
from kg.selection import RowSource, trial_set
from kg.vocabulary import Vocabulary

QUERIES = (
    "trials/trials-of-drugs",
    "trials/arms",
    "trials/arm-components",
    "trials/trial-facts",
    "trials/trial-identifiers",
    "trials/trial-conditions",
    "trials/arm-results",
    "trials/reported-contrasts",
    "trials/included-trials",
    "trials/doubts",
)


@dataclass(frozen=True)
class Ground:
    """What answers stand on: rows, terms, published analyses, and the live records with their digests."""

    rows: RowSource
    vocabulary: Vocabulary
    published: PublishedAnalyses
    digests: Mapping[str, str]
    records_by_id: Mapping[str, tuple[str, ...]]
    fingerprint: str
    retracted: Mapping[str, Excluded] = field(default_factory=dict)
    """Trials that left the evidence, by IRI, as an answer lists them."""


def answer(question: Question, protocol: Protocol, ground: Ground) -> Answer:
    """Pool every trial that fits a question; say what was left out, and why.

    Raises NotPoolable where trials cannot be put on one scale, Contradiction where options exclude each other.
    """
    return _answered(question, protocol, ground, None)


def answer_analysis(
    question: Question, protocol: Protocol, ground: Ground, analysis: PublishedAnalysis, main: PublishedAnalysis
) -> Answer:
    """Answer the question of a review's analysis, with a pool for each level that the review assigned to trials."""
    value = _answered(question, protocol, ground, analysis)
    return replace(value, analysis=analysis.identifier, main_analysis=main.identifier)


def _answered(question: Question, protocol: Protocol, ground: Ground, analysis: PublishedAnalysis | None) -> Answer:
    found = trial_set(question, protocol, ground.rows, ground.vocabulary)
    found, left_out = published_by(question, found, protocol)
    rule = as_entered.rule_of(analysis, protocol)
    done = work(question, found, protocol, analysis)
    harmonised, measure, how, every, worked = done.harmonised, done.measure, done.how, done.every, done.counted
    pool, weights, ci_method, warnings = done.pool, done.weights, done.ci_method, done.warnings
    why = next(iter(warnings), None) if protocol.as_entered and pool.display is None else None
    same = analysis or ground.published.same(question, measure)
    trials = frozenset(e.contrast.trial.trial for e in worked)
    published = (
        same.published(None, trials) if same and (question.published_by is None or trials == same.trials) else None
    )
    provenance = _provenance(question, found, every, protocol, ground)
    resolved = _resolved(question, protocol, measure, how, analysis) | {"scales": _scales(every, found, measure)}
    resolved |= as_entered.resolved(protocol, rule) | rules_used(every)
    return Answer(
        id=answer_id(resolved, provenance.set_digest),
        question=question,
        protocol=question.protocol,
        title=title(question),
        sentence=sentence(question, harmonised, pool, published, protocol, how.level, why),
        measure=measure,
        model="common-effect" if how.common_effect else "random-effects",
        method=how.method,
        ci_method=ci_method,
        scale="log" if is_log(measure) else "identity",
        k_eligible=harmonised.eligible,
        pool=pool,
        studies=tuple(study(e, w, measure, how.study_level) for e, w in zip(worked, weights, strict=True)),
        excluded=_listed(harmonised.excluded, left_out, _retracted(same, ground)),
        warnings=(*harmonised.warnings, *warnings),
        published=published,
        provenance=provenance,
        favours=favours(question, harmonised, found.lower_is_better),
        important_difference=important_difference(question, harmonised, protocol),
        subgroups=_subgroups(question, every, measure, how, protocol, analysis) if analysis else (),
        ci_level=how.level,
        steps=(*harmonised.steps, zero_cells(worked)),
        between_drugs=between_drugs(harmonised.contrasts, measure, how, protocol) if analysis is None else None,
    )


def _retracted(same: PublishedAnalysis | None, ground: Ground) -> Iterable[Excluded]:
    """Return the trials that the review pooled for the same question and that were retracted since."""
    return [ground.retracted[trial] for trial in same.trials & ground.retracted.keys()] if same else []


def _listed(*excluded: Iterable[Excluded]) -> tuple[Excluded, ...]:
    return tuple(sorted(chain(*excluded), key=lambda e: (e.label.casefold(), e.trial)))


def _subgroups(
    question: Question,
    worked: Sequence[Effect],
    measure: str,
    how: Options,
    protocol: Protocol,
    analysis: PublishedAnalysis,
) -> tuple[Subgroup, ...]:
    made = []
    for level, members in as_entered.levels(analysis, protocol.analysis(analysis.identifier)).items():
        own = as_entered.within(worked, members)
        if protocol.as_entered:
            pool, weights, _ci, _warnings = as_entered.pooled_as_shown(own, measure, how, protocol, shows=True)
        else:
            pool, weights, _ci, _warnings = pooled(own, measure, how, protocol)
        rows = tuple(study(e, w, measure, how.study_level) for e, w in zip(own, weights, strict=True))
        same = question.published_by is None or {e.contrast.trial.trial for e in own} == {t for t, _ in members}
        made.append(Subgroup(level, pool, rows, analysis.published(level) if same else None))
    return tuple(made)


def _provenance(
    question: Question, found: TrialSet, worked: Sequence[Effect], protocol: Protocol, ground: Ground
) -> Provenance:
    sides = [side for e in worked for side in (e.contrast.experimental, e.contrast.control)]
    slugs = {iris.local(e.contrast.trial.trial) for e in worked}
    used = {place.record for side in sides for place in side.sources}
    used |= {record for records in among(ground.records_by_id, slugs).values() for record in records}
    if question.protocol is not None:
        used |= among(ground.digests, [iris.record("protocols", protocol.name)]).keys()
    digest = set_digest(
        among(ground.digests, used).items(),
        (result for side in sides for result in side.results),
    )
    return Provenance(
        queries=QUERIES,
        parameters={
            "intervention": sorted(found.intervention),
            "comparator": sorted(found.comparator),
            "outcome": list(found.outcomes),
            "condition": sorted(found.condition or ()),
            "route": [question.route.iri] if question.route else [],
            "band": [question.band.iri] if question.band else [],
            "trial": sorted(found.trials),
            "review": [f"{iris.BASE}review/{protocol.included_by}"] if protocol.included_by else [],
        },
        records=tuple(sorted(used)),
        set_digest=digest,
        method_version=METHOD_VERSION,
        store_fingerprint=ground.fingerprint,
        software=Software("evigraph", __version__),
        generated_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _scales(worked: Sequence[Effect], found: TrialSet, measure: str) -> list[list[object]]:
    """Return range and direction of the instruments used, and the direction of the outcome where effects follow it."""
    used = {e.contrast.instrument for e in worked if e.contrast.instrument is not None}
    scales: list[list[object]] = [[i.instrument, i.minimum, i.maximum, i.lower_is_better] for i in used]
    direction: list[list[object]] = [[found.outcomes[0], found.lower_is_better]] if measure == "SMD" else []
    return sorted(scales, key=lambda scale: str(scale[0])) + direction


def _resolved(
    question: Question, protocol: Protocol, measure: str, how: Options, analysis: PublishedAnalysis | None
) -> dict[str, object]:
    terms = {name: term.iri if term else None for name, term in question.terms().items()}
    return {
        **terms,
        "protocol": question.protocol,
        "measure": measure,
        "method": how.method,
        "ci": how.ci,
        "smd_variance": protocol.smd_variance,
        "zero_cells": protocol.zero_cells,
        "i2_definition": protocol.i2_definition,
        "minimum_for_prediction_interval": protocol.minimum_for_prediction_interval,
        "subgroups_of": analysis.iri if analysis is not None and analysis.levels else None,
        **({"published_by": question.published_by} if question.published_by else {}),
    }
