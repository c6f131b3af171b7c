"""The results of a record in the old XML form, of both generations."""

from __future__ import annotations

from collections.abc import Iterator

from kg.sources.ctgov.codes import code
from kg.sources.ctgov.faults import RecordRefused
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
from kg.sources.ctgov.words import folded
from kg.sources.ctgov.xml_fields import Node

_TOTAL = "Total, "


def flow(node: Node) -> Flow:
    """Read the participant flow."""
    return Flow(
        _groups(node),
        tuple(
            Period(
                period.text("title") or "",
                tuple(
                    Milestone(code(m.text("title")) or "", _counts(m.each("participants_list/participants"), "count"))
                    for m in period.each("milestone_list/milestone")
                ),
                tuple(_withdrawal(w) for w in period.each("drop_withdraw_reason_list/drop_withdraw_reason")),
            )
            for period in node.each("period_list/period")
        ),
    )


def _withdrawal(node: Node) -> Withdrawal:
    counts = (
        AtRisk(p.attribute("group_id") or "", p.attribute("count"), None, None, p.place)
        for p in node.each("participants_list/participants")
    )
    return Withdrawal(node.text("title") or "", tuple(counts))


def baseline(node: Node) -> Baseline:
    """Read the characteristics at the start."""
    return Baseline(_groups(node), tuple(_measure(m, m, ()) for m in node.each("measure_list/measure")))


def measures(node: Node) -> tuple[Measure, ...]:
    """Read the outcome measures."""
    return tuple(measure for outcome in node.each("outcome") for measure in _measures(outcome))


def adverse_events(node: Node) -> AdverseEvents:
    """Read the adverse events; the rows called total are no terms."""
    totals: dict[str, tuple[AtRisk, ...]] = {}
    terms = []
    for part, serious in (("serious_events", True), ("other_events", False)):
        for category in node.each(f"{part}/category_list/category"):
            for event in category.each("event_list/event"):
                term = event.text("sub_title") or event.text("title")
                if not term:
                    raise RecordRefused(event.place, "an adverse event without a term; name it")
                counts = tuple(_at_risk(c) for c in event.each("counts"))
                if term.startswith(_TOTAL):
                    totals[term.removeprefix(_TOTAL)] = counts
                else:
                    terms.append(EventTerm(term, category.text("title"), serious, counts))
    return AdverseEvents(
        threshold=node.text("other_events/frequency_threshold") or node.text("frequency_threshold"),
        time_frame=node.text("time_frame"),
        groups=_groups(node),
        serious=totals.get("serious adverse events", ()),
        other=totals.get("other adverse events", ()),
        deaths=totals.get("all-cause mortality", ()),
        terms=tuple(terms),
    )


def _groups(node: Node) -> tuple[Group, ...]:
    found = []
    for group in node.each("group_list/group"):
        name = group.attribute("group_id")
        if not name:
            raise RecordRefused(group.place, "a group without an id; its results cannot be told apart")
        found.append(Group(name, group.text("title") or name, group.text("description"), group.place))
    return tuple(found)


def _counts(nodes: list[Node], name: str) -> tuple[Count, ...]:
    pairs = ((n.attribute("group_id"), n.attribute(name)) for n in nodes)
    return tuple(Count(group, value) for group, value in pairs if group and value)


def _measures(outcome: Node) -> Iterator[Measure]:
    """Yield what an outcome reports: one measure, or in the older generation those of its list after the numbers."""
    posted = outcome.at("measure")
    if posted.element is not None:
        yield _measure(outcome, posted, _denominators(posted))
        return
    listed = outcome.each("measure_list/measure")
    numbers = [m for m in listed if len(listed) > 1 and folded(m.text("title") or "") == "number of participants"][:1]
    analysed = tuple(
        Denominator("Participants", _counts(category.each("measurement_list/measurement"), "value"))
        for m in numbers
        for category in m.each("category_list/category")[:1]
    )
    for measure in listed:
        if measure not in numbers:
            yield _measure(outcome, measure, analysed or _denominators(measure))
    if not listed:
        yield _measure(outcome, posted, ())


def _denominators(node: Node) -> tuple[Denominator, ...]:
    return tuple(
        Denominator(d.text("units") or "Participants", _counts(d.each("count_list/count"), "value"))
        for d in node.each("analyzed_list/analyzed")
    )


def _measure(outcome: Node, measure: Node, analysed: tuple[Denominator, ...]) -> Measure:
    title = outcome.text("title") or measure.text("title")
    if not title:
        raise RecordRefused(outcome.place, "an outcome without a title; name it")
    return Measure(
        type=code(outcome.text("type")),
        title=title,
        time_frame=outcome.text("time_frame"),
        population=outcome.text("population") or measure.text("population"),
        unit=measure.text("units"),
        parameter=code(measure.text("param")),
        dispersion=measure.text("dispersion"),
        groups=_groups(outcome),
        denominators=analysed,
        classes=(
            *(
                ResultClass(
                    c.text("title"),
                    _denominators(c),
                    tuple(
                        Category(k.text("title") or k.text("sub_title"), _measurements(k))
                        for k in c.each("category_list/category")
                    ),
                )
                for c in measure.each("class_list/class")
            ),
            *(
                ResultClass(k.text("sub_title") or k.text("title"), (), (Category(None, _measurements(k)),))
                for k in measure.each("category_list/category")
            ),
        ),
        analyses=tuple(_analysis(a) for a in outcome.each("analysis_list/analysis")),
        place=outcome.place,
    )


def _measurements(category: Node) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(
            group=m.attribute("group_id") or "",
            value=m.attribute("value") or "",
            spread=m.attribute("spread"),
            lower=m.attribute("lower_limit"),
            upper=m.attribute("upper_limit"),
            comment=m.text(),
            place=m.place,
        )
        for m in category.each("measurement_list/measurement")
    )


def _analysis(node: Node) -> Analysis:
    comments = (node.text(name) for name in ("method_desc", "estimate_desc", "p_value_desc", "other_analysis_desc"))
    return Analysis(
        groups=node.texts("group_id_list/group_id"),
        description=node.text("groups_desc"),
        comment=" ".join(c for c in comments if c) or None,
        p_value=node.text("p_value"),
        method=node.text("method"),
        parameter=node.text("param_type"),
        value=node.text("param_value"),
        dispersion=node.text("dispersion_type"),
        dispersion_value=node.text("dispersion_value"),
        level=node.text("ci_percent"),
        sides=node.text("ci_n_sides"),
        lower=node.text("ci_lower_limit"),
        upper=node.text("ci_upper_limit"),
        place=node.place,
    )


def _at_risk(node: Node) -> AtRisk:
    return AtRisk(
        group=node.attribute("group_id") or "",
        affected=node.attribute("subjects_affected"),
        at_risk=node.attribute("subjects_at_risk"),
        episodes=node.attribute("events"),
        place=node.place,
    )
