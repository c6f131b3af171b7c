"""The record of a study: the trial, its arms, what each row reports, and how its risk of bias was judged."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from kg.model.records import (
    Arm,
    ContinuousResult,
    ContrastResult,
    DichotomousResult,
    Row,
    Trial,
)
from kg.sources.incoming import Unit
from kg.sources.revman import arm_studies, bias
from kg.sources.revman.codes import ON_LOG_SCALE, ratio
from kg.sources.revman.names import whole_slug, year
from kg.sources.revman.numbers import kept
from kg.sources.revman.plan import SOURCE, Labels, Placed, Plan
from kg.sources.revman.reviewed import Side, StudyOf

_RANDOMISED = "study_type: taken as randomised, since an analysis of a review of interventions holds it"


def unit(plan: Plan, study: StudyOf) -> Unit:
    """Return the record of a study; a study without rows is a study without arms."""
    rows = tuple(_rows(plan, study))
    return Unit(SOURCE, plan.trials[study.name], rows, str(study.origin), separable=True)


def _rows(plan: Plan, study: StudyOf) -> Iterator[Row]:
    found = plan.by_study.get(study.name, ())
    judged, unknown = bias.judgements(plan, study)
    several = len(plan.arms.get(study.name, ())) > 1
    yield _trial(plan, study, analysed=bool(found) or several, unknown=unknown)
    yield from arm_studies.rows(plan, study)
    arms: set[str] = set()
    number = 0
    for placed in found:
        for arm in _arms(plan, placed):
            if arm.arm not in arms:
                arms.add(arm.arm)
                yield arm
        for row in _results(plan, placed, number):
            number += 1
            yield row
    yield from judged


def _trial(plan: Plan, study: StudyOf, *, analysed: bool, unknown: tuple[str, ...]) -> Trial:
    when = year(study.year)
    notes = [f"year as the file has it: {study.year}"] if study.year and str(when) != study.year.strip() else []
    notes += [f"risk of bias judged in a way that is not known here: {', '.join(unknown)}"] if unknown else []
    return Trial(
        **plan.sourced(study.origin, f"study {study.name}"),
        basis=_RANDOMISED if analysed else None,
        note="; ".join(notes) or None,
        not_reported=() if when else ("year",),
        record_source=SOURCE,
        trial=plan.trials[study.name],
        study_label=study.name,
        label=study.name,
        year=when,
        doi=None,
        pmid=None,
        registration=(),
        country=None,
        design=None,
        blinding=None,
        condition=(),
        condition_text=None,
        randomised=None,
        follow_up=None,
        funding=None,
        study_type="RandomisedTrial" if analysed else "Study",
    )


def arm_slugs(labels: Labels, stratum: str | None) -> tuple[str, str]:
    """Return the slugs of the two arms of a row."""
    within = labels.arms + (f"-{whole_slug(stratum)}" if stratum else "")
    return f"{within}-experimental", f"{within}-control"


def _arms(plan: Plan, placed: Placed) -> Iterator[Arm]:
    labels = plan.labels[placed.outcome.number]
    comparison = plan.review.comparisons.get(placed.outcome.comparison)
    for name, text, role in zip(
        arm_slugs(labels, placed.stratum),
        (labels.experimental, labels.control),
        ("experimental", "placebo" if labels.control.casefold().startswith("placebo") else "unknownRole"),
        strict=True,
    ):
        yield Arm(
            **plan.sourced(placed.row.origin, f"comparison {placed.outcome.comparison}, study {placed.row.study}"),
            basis="one side of a comparison as the review entered it; its arm in the trial is not told",
            note=comparison,
            record_source=SOURCE,
            trial=plan.trials[placed.row.study],
            arm=name,
            intervention_text=text,
            role=role,
            studied=plan.side(text),
            background=(),
            add_on=(),
            stratum=placed.stratum,
            condition=(),
            combines=(),
            route=None,
            dose=None,
            duration=None,
            randomised=None,
            analysed=None,
        )


def _results(plan: Plan, placed: Placed, before: int) -> Iterator[Row]:
    """Yield what a row says: a result for each side, or one contrast."""
    row, outcome = placed.row, placed.outcome
    names = arm_slugs(plan.labels[outcome.number], placed.stratum)
    said = plan.sourced(row.origin, f"analysis {outcome.number}, study {row.study}") | {
        "record_source": SOURCE,
        "trial": plan.trials[row.study],
        "outcome": plan.words("outcome", outcome),
        "outcome_text": outcome.name or None,
        "timepoint_text": None,
    }
    if row.kind in ("giv", "oe"):
        yield _contrast(placed, names, said | {"number": before + 1})
        return
    kind = _counts if row.kind == "dichotomous" else _means
    for count, (name, side) in enumerate(zip(names, (row.experimental, row.control), strict=True), before + 1):
        own = said | {"number": count, "arm": name, "band": None, "period": None, "denominator": None}
        yield kind(plan, placed, side, own)


def _counts(_plan: Plan, _placed: Placed, side: Side, said: dict[str, Any]) -> DichotomousResult:
    return DichotomousResult(
        **said, reported_text=_told(events=side.events, total=side.total), events=side.events, total=side.total
    )


def _means(plan: Plan, placed: Placed, side: Side, said: dict[str, Any]) -> ContinuousResult:
    return ContinuousResult(
        **said,
        basis="value_kind: not told by the file; taken as final",
        not_reported=tuple(name for name, value in (("n", side.total), ("sd", side.sd)) if value is None),
        reported_text=_told(n=side.total, mean=side.mean, sd=side.sd),
        instrument=plan.words("instrument", placed.outcome),
        instrument_text=None,
        timepoint_days=None,
        value_kind="final",
        n=side.total,
        mean=side.mean,
        sd=side.sd,
        se=None,
        ci_low=None,
        ci_high=None,
        median=None,
        q1=None,
        q3=None,
    )


def _contrast(placed: Placed, arms: tuple[str, str], said: dict[str, Any]) -> ContrastResult:
    row, settings = placed.row, placed.outcome.settings
    observed = row.kind == "oe"
    estimate = row.estimate
    if estimate is not None and settings.measure in ON_LOG_SCALE:
        estimate = ratio(estimate)
    return ContrastResult(
        **said,
        not_reported=("estimate",) if observed else (),
        experimental_arm=arms[0],
        control_arm=arms[1],
        measure=settings.measure,
        measure_text=settings.words,
        estimate=None if observed else estimate,
        se=None if observed else row.se,
        ci_low=None,
        ci_high=None,
        p_relation=None,
        p_value=None,
        p_text=None,
        observed_minus_expected=row.observed_minus_expected if observed else None,
        variance=row.variance if observed else None,
        weight=kept(row.weight),
    )


def _told(**figures: int | Decimal | None) -> str:
    return "; ".join(f"{name} {value}" for name, value in figures.items() if value is not None)
