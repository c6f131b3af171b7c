"""The records of a review: the review itself, each of its analyses with what it published, and its protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kg.model.records import (
    AnalysedTrial,
    Analysis,
    IncludedTrial,
    Origin,
    ProtocolText,
    PublishedEstimate,
    Review,
    Row,
    SubgroupLevel,
)
from kg.sources.incoming import Unit
from kg.sources.revman.numbers import kept
from kg.sources.revman.plan import Plan
from kg.sources.revman.reviewed import Outcome, PooledValue
from kg.sources.revman.settings_text import label, protocol_text


def units(plan: Plan) -> Iterator[Unit]:
    """Yield the records of a review; its studies come before."""
    review = plan.review
    yield Unit("reviews", plan.slug, tuple(_review(plan)), str(review.origin))
    placed = {outcome.number: [p for p in plan.placed if p.outcome is outcome] for outcome in review.outcomes}
    for order, outcome in enumerate(review.outcomes, 1):
        rows: list[Row] = [_analysis(plan, outcome, order)]
        rows += [
            AnalysedTrial(**_sourced(plan, outcome.origin, outcome), **_about(plan, outcome, trial, stratum))
            for trial, stratum in plan.analysed(outcome)
        ]
        for p in placed[outcome.number]:
            if p.row.subgroup is not None and p.row.counts != "total":
                rows.append(
                    SubgroupLevel(
                        **_sourced(plan, p.row.origin, outcome),
                        **_about(plan, outcome, plan.trials[p.row.study], p.stratum),
                        subgroup_variable="byOther",
                        subgroup_level=p.row.subgroup,
                    )
                )
        rows += [_estimate(plan, outcome, value, count) for count, value in enumerate(outcome.values, 1)]
        yield Unit("analyses", plan.analysis(outcome), tuple(rows), str(outcome.origin))
    if review.outcomes:
        text = ProtocolText(
            origin=Origin(review.origin.file, review.origin.line),
            protocol=plan.slug,
            label=label(plan),
            text=protocol_text(plan),
            is_default=False,
        )
        yield Unit("protocols", plan.slug, (text,), str(review.origin))


def _sourced(plan: Plan, origin: Origin, outcome: Outcome | None) -> dict[str, Any]:
    locator = f"analysis {outcome.number}" if outcome else "analysis data of the review"
    return {"origin": origin, "source": plan.address, "locator": locator, "source_kind": "primary"}


def _about(plan: Plan, outcome: Outcome, trial: str, stratum: str | None) -> dict[str, Any]:
    return {"analysis": plan.analysis(outcome), "trial": trial, "stratum": stratum}


def _review(plan: Plan) -> Iterator[Row]:
    review = plan.review
    kept_apart = f"analysed in words alone: {'; '.join(review.texts)}" if review.texts else None
    yield Review(
        **_sourced(plan, review.origin, None),
        note=kept_apart,
        review=plan.slug,
        label=review.title,
        citation=f"{review.title}. {review.doi}" if review.doi else review.title,
        doi=review.doi,
        pmid=None,
    )
    for study in plan.studies:
        yield IncludedTrial(**_sourced(plan, study.origin, None), review=plan.slug, trial=plan.trials[study.name])


def _analysis(plan: Plan, outcome: Outcome, order: int) -> Analysis:
    labels = plan.labels[outcome.number]
    return Analysis(
        **_sourced(plan, outcome.origin, outcome),
        basis=outcome.settings.basis,
        note=plan.review.comparisons.get(outcome.comparison) or None,
        review=plan.slug,
        analysis=plan.analysis(outcome),
        order=order,
        label=f"{outcome.number} {outcome.name}".strip(),
        repeats=None,
        subgroup_variable=None,
        intervention=plan.side(labels.experimental),
        comparator=plan.side(labels.control),
        comparator_text=labels.control,
        route=None,
        outcome=plan.words("outcome", outcome),
        condition=None,
        band=None,
        instrument=None,
        timepoint_text=None,
        measure=outcome.settings.measure,
        method=outcome.settings.method,
    )


def _estimate(plan: Plan, outcome: Outcome, value: PooledValue, order: int) -> PublishedEstimate:
    return PublishedEstimate(
        **_sourced(plan, value.origin, outcome),
        not_reported=() if value.ci_low is not None and value.ci_high is not None else ("ci_low", "ci_high"),
        analysis=plan.analysis(outcome),
        order=order,
        subgroup_level=value.subgroup,
        estimate_basis="printed",
        estimate=kept(value.estimate),
        ci_low=kept(value.ci_low),
        ci_high=kept(value.ci_high),
        rows=None,
        k=value.studies or None,
        participants=value.participants or None,
        i2=kept(value.i2),
        tau2=kept(value.tau2),
        q=kept(value.q),
        p_value=kept(value.p_value),
    )
