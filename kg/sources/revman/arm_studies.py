"""The rows of a study whose arms the file tells: its arms, and what each reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kg.model.records import Arm, ContinuousResult, ContrastResult, DichotomousResult, Row, Words
from kg.sources.revman.numbers import kept
from kg.sources.revman.plan import SOURCE, Plan
from kg.sources.revman.reviewed import ArmOf, ArmRow, StudyOf


def rows(plan: Plan, study: StudyOf) -> Iterator[Row]:
    """Yield arms and results of a study; nothing where the file tells none."""
    for slug, arm in plan.arms.get(study.name, {}).values():
        yield _arm(plan, slug, arm)
    for number, row in enumerate(plan.arm_rows.get(study.name, ()), 1):
        yield _result(plan, row, number)


def _arm(plan: Plan, slug: str, arm: ArmOf) -> Arm:
    placebo = arm.intervention.casefold().startswith("placebo")
    return Arm(
        **plan.sourced(arm.origin, f"arms, study {arm.study}"),
        record_source=SOURCE,
        trial=plan.trials[arm.study],
        arm=slug,
        intervention_text=arm.name,
        role="placebo" if placebo else "unknownRole",
        studied=plan.side(arm.intervention),
        background=(),
        add_on=(),
        stratum=None,
        condition=(),
        combines=(),
        route=None,
        dose=None,
        duration=None,
        randomised=None,
        analysed=None,
    )


def _result(plan: Plan, row: ArmRow, number: int) -> Row:
    said: dict[str, Any] = plan.sourced(row.origin, f"outcome {row.outcome}, study {row.study}") | {
        "record_source": SOURCE,
        "trial": plan.trials[row.study],
        "number": number,
        "outcome": Words("outcome", row.outcome, scope=plan.scope),
        "outcome_text": row.outcome,
        "timepoint_text": None,
    }
    arm = plan.arms[row.study][row.arm][0]
    if row.reference is not None:
        return _contrast(plan, row, said | {"experimental_arm": arm})
    said |= {"arm": arm, "band": None, "period": None, "denominator": None}
    if row.kind == "dichotomous":
        told = f"events {row.events}; total {row.total}"
        return DichotomousResult(**said, reported_text=told, events=row.events, total=row.total)
    return ContinuousResult(
        **said,
        basis="value_kind: not told by the file; taken as final",
        not_reported=_gaps(row),
        reported_text=f"n {row.total}; mean {row.mean}; sd {row.sd}",
        instrument=Words("instrument", row.outcome, scope=plan.scope),
        instrument_text=None,
        timepoint_days=None,
        value_kind="final",
        n=row.total,
        mean=row.mean,
        sd=row.sd,
        se=row.se,
        ci_low=row.ci_low,
        ci_high=row.ci_high,
        ci_level=row.ci_level,
        median=None,
        q1=None,
        q3=None,
    )


def _gaps(row: ArmRow) -> tuple[str, ...]:
    spread = row.sd is not None or row.se is not None or (row.ci_low is not None and row.ci_high is not None)
    return (*(() if row.total is not None else ("n",)), *(() if spread else ("sd",)))


def _contrast(plan: Plan, row: ArmRow, said: dict[str, Any]) -> ContrastResult:
    assert row.reference is not None
    limits = row.ci_low is not None and row.ci_high is not None
    return ContrastResult(
        **said,
        control_arm=plan.arms[row.study][row.reference][0],
        not_reported=() if row.se is not None or limits else ("se",),
        measure=row.measure,
        measure_text=row.words,
        estimate=kept(row.estimate),
        se=row.se,
        ci_low=row.ci_low if limits else None,
        ci_high=row.ci_high if limits else None,
        ci_level=row.ci_level if limits else None,
        p_relation=None,
        p_value=None,
        p_text=None,
    )
