"""The results of a record in the form of the API, version 2."""

from __future__ import annotations

from kg.sources.ctgov.faults import RecordRefused
from kg.sources.ctgov.json_fields import Field
from kg.sources.ctgov.posted import (
    AdverseEvents,
    Analysis,
    AtRisk,
    Baseline,
    Category,
    Count,
    Denominator,
    EventTerm,
    Flow,
    Group,
    Measure,
    Measurement,
    Milestone,
    Period,
    ResultClass,
    Withdrawal,
)


def flow(module: Field) -> Flow:
    """Read the participant flow."""
    return Flow(
        tuple(_group(g) for g in module.each("groups")),
        tuple(
            Period(
                period.text("title") or "",
                tuple(
                    Milestone(m.text("type") or "", _counts(m.each("achievements"), "numSubjects"))
                    for m in period.each("milestones")
                ),
                tuple(_withdrawal(w) for w in period.each("dropWithdraws")),
            )
            for period in module.each("periods")
        ),
    )


def _withdrawal(field: Field) -> Withdrawal:
    counts = (
        AtRisk(r.text("groupId") or "", r.text("numSubjects"), None, None, r.place) for r in field.each("reasons")
    )
    return Withdrawal(field.text("type") or "", tuple(counts))


def baseline(module: Field) -> Baseline:
    """Read the characteristics at the start."""
    return Baseline(
        tuple(_group(g) for g in module.each("groups")),
        tuple(_measure(m) for m in module.each("measures")),
    )


def measures(module: Field) -> tuple[Measure, ...]:
    """Read the outcome measures."""
    return tuple(_measure(m) for m in module.each("outcomeMeasures"))


def adverse_events(module: Field) -> AdverseEvents:
    """Read the adverse events."""
    groups = module.each("eventGroups")
    return AdverseEvents(
        threshold=module.text("frequencyThreshold"),
        time_frame=module.text("timeFrame"),
        groups=tuple(_group(g) for g in groups),
        serious=tuple(_total(g, "serious") for g in groups),
        other=tuple(_total(g, "other") for g in groups),
        deaths=tuple(_total(g, "deaths") for g in groups),
        terms=(
            *(_term(e, serious=True) for e in module.each("seriousEvents")),
            *(_term(e, serious=False) for e in module.each("otherEvents")),
        ),
    )


def _group(field: Field) -> Group:
    group = field.text("id")
    if not group:
        raise RecordRefused(field.place, "a group without an id; its results cannot be told apart")
    return Group(group, field.text("title") or group, field.text("description"), field.place)


def _counts(fields: list[Field], name: str) -> tuple[Count, ...]:
    pairs = ((f.text("groupId"), f.text(name)) for f in fields)
    return tuple(Count(group, value) for group, value in pairs if group and value)


def _denominators(field: Field) -> tuple[Denominator, ...]:
    return tuple(
        Denominator(d.text("units") or "Participants", _counts(d.each("counts"), "value")) for d in field.each("denoms")
    )


def _measure(field: Field) -> Measure:
    title = field.text("title")
    if not title:
        raise RecordRefused(field.place, "an outcome measure without a title; name it")
    return Measure(
        type=field.text("type"),
        title=title,
        time_frame=field.text("timeFrame"),
        population=field.text("populationDescription"),
        unit=field.text("unitOfMeasure"),
        parameter=field.text("paramType"),
        dispersion=field.text("dispersionType"),
        groups=tuple(_group(g) for g in field.each("groups")),
        denominators=_denominators(field),
        classes=tuple(
            ResultClass(c.text("title"), _denominators(c), tuple(_category(k) for k in c.each("categories")))
            for c in field.each("classes")
        ),
        analyses=tuple(_analysis(a) for a in field.each("analyses")),
        place=field.place,
    )


def _category(field: Field) -> Category:
    return Category(field.text("title"), tuple(_measurement(m) for m in field.each("measurements")))


def _measurement(field: Field) -> Measurement:
    return Measurement(
        group=field.text("groupId") or "",
        value=field.text("value") or "",
        spread=field.text("spread"),
        lower=field.text("lowerLimit"),
        upper=field.text("upperLimit"),
        comment=field.text("comment"),
        place=field.place,
    )


def _analysis(field: Field) -> Analysis:
    comments = (field.text(name) for name in ("statisticalComment", "estimateComment", "pValueComment"))
    return Analysis(
        groups=field.texts("groupIds"),
        description=field.text("groupDescription"),
        comment=" ".join(c for c in comments if c) or None,
        p_value=field.text("pValue"),
        method=field.text("statisticalMethod"),
        parameter=field.text("paramType"),
        value=field.text("paramValue"),
        dispersion=field.text("dispersionType"),
        dispersion_value=field.text("dispersionValue"),
        level=field.text("ciPctValue"),
        sides=field.text("ciNumSides"),
        lower=field.text("ciLowerLimit"),
        upper=field.text("ciUpperLimit"),
        place=field.place,
    )


def _total(group: Field, kind: str) -> AtRisk:
    return AtRisk(
        group=group.text("id") or "",
        affected=group.text(f"{kind}NumAffected"),
        at_risk=group.text(f"{kind}NumAtRisk"),
        episodes=None,
        place=group.place,
    )


def _term(field: Field, *, serious: bool) -> EventTerm:
    term = field.text("term")
    if not term:
        raise RecordRefused(field.place, "an adverse event without a term; name it")
    return EventTerm(
        term,
        field.text("organSystem"),
        serious,
        tuple(
            AtRisk(
                group=s.text("groupId") or "",
                affected=s.text("numAffected"),
                at_risk=s.text("numAtRisk"),
                episodes=s.text("numEvents"),
                place=s.place,
            )
            for s in field.each("stats")
        ),
    )
