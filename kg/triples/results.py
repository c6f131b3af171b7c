"""What trials report: counts, measurements and contrasts, and how their risk of bias was judged."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import Triple

from kg.iris import arm, thing
from kg.model import records as r
from kg.triples.statements import measure, node, one_of, outside, ref, says, slug, sourced
from kg.triples.writing import key, triples


def _result(s: str, x: r.Result, kind: str) -> Iterator[Triple]:
    yield from says(
        s,
        kind,
        ofTrial=ref("trial", x.trial),
        ofArm=node(arm(x.trial, x.arm)),
        outcome=ref("outcome", x.outcome),
        outcomeText=x.outcome_text,
        timepointText=x.timepoint_text,
        band=ref("band", x.band),
        period=one_of(x.period),
        denominator=one_of(x.denominator),
        reportedText=x.reported_text or None,
        classText=x.class_text,
        categoryText=x.category_text,
        groupId=x.group_id,
        populationText=x.population_text,
    )
    yield from sourced(s, x)


@triples.register
def _(x: r.DichotomousResult) -> Iterator[Triple]:
    s = thing("result", x.record_source, x.trial, str(x.number))
    yield from _result(s, x, "DichotomousResult")
    yield from says(s, events=x.events, total=x.total, percentage=x.percentage, episodes=x.episodes)


@triples.register
def _(x: r.ContinuousResult) -> Iterator[Triple]:
    s = thing("result", x.record_source, x.trial, str(x.number))
    yield from _result(s, x, "ContinuousResult")
    yield from says(
        s,
        instrument=ref("instrument", x.instrument),
        instrumentText=x.instrument_text,
        timepointDays=x.timepoint_days,
        valueKind=one_of(x.value_kind),
        measuredIn=ref("unit", x.unit),
        unitText=x.unit_text,
        statistic=one_of(x.statistic),
        n=x.n,
        mean=x.mean,
        sd=x.sd,
        se=x.se,
        ciLow=x.ci_low,
        ciHigh=x.ci_high,
        ciLevel=x.ci_level,
        median=x.median,
        q1=x.q1,
        q3=x.q3,
        minimum=x.minimum,
        maximum=x.maximum,
        geometricMean=x.geometric_mean,
        geometricCv=x.geometric_cv,
        numberValue=x.number_value,
    )


@triples.register
def _(x: r.ContrastResult) -> Iterator[Triple]:
    s = thing("contrast", x.record_source, x.trial, str(x.number))
    yield from says(
        s,
        "ContrastResult",
        ofTrial=ref("trial", x.trial),
        experimentalArm=node(arm(x.trial, x.experimental_arm)),
        controlArm=node(arm(x.trial, x.control_arm)),
        outcome=ref("outcome", x.outcome),
        outcomeText=x.outcome_text,
        timepointText=x.timepoint_text,
        band=ref("band", x.band),
        measure=measure(x.measure),
        measureText=x.measure_text,
        directionText=x.direction_text,
        methodText=x.method_text,
        estimate=x.estimate,
        se=x.se,
        ciLow=x.ci_low,
        ciHigh=x.ci_high,
        ciLevel=x.ci_level,
        sided=x.sided,
        pRelation=x.p_relation,
        pValue=x.p_value,
        pText=x.p_text,
        observedMinusExpected=x.observed_minus_expected,
        variance=x.variance,
        weight=x.weight,
        eventOnBoth=x.event_on_both,
        eventOnExperimentalOnly=x.event_on_experimental_only,
        eventOnControlOnly=x.event_on_control_only,
        eventOnNeither=x.event_on_neither,
    )
    yield from sourced(s, x)


@triples.register
def _(x: r.RiskOfBias) -> Iterator[Triple]:
    s = thing("judgement", x.record_source, x.trial, x.domain, *([slug(x.outcome)] if x.outcome else []))
    yield from says(
        s,
        "RiskOfBiasJudgement",
        ofTrial=ref("trial", x.trial),
        forOutcome=ref("outcome", x.outcome),
        tool=x.tool,
        domain=ref("domain", x.domain),
        rating=ref("rating", x.rating),
    )
    yield from outside(s, judged_by=ref("review", x.judged_by))
    yield from sourced(s, x)


@key.register
def _(x: r.DichotomousResult | r.ContinuousResult | r.ContrastResult | r.RiskOfBias) -> tuple[str, str]:
    return x.record_source, x.trial
