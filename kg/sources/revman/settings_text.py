"""The protocol of a review as TOML: its settings, so that every analysis is pooled as its file says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from kg.sources.revman.plan import Placed, Plan
from kg.sources.revman.reviewed import Outcome

Value = str | float | bool | tuple[str, ...]


def protocol_text(plan: Plan) -> str:
    """Return the protocol as the text of its file, ``kg.protocol`` reads it."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    review = plan.review
    yield "# Made from the analyses of the review as its file has them."
    yield from _pairs(name=plan.slug, label=label(plan), review=plan.slug)
    yield from ("", "[population]", *_pairs(included_by=plan.slug))
    yield from ("", "[rows]", *_pairs(as_entered=True))
    yield ""
    yield "[pooling]"
    yield from _pairs(
        method=_usual(plan),
        ci="wald",
        smd_variance="REVMAN",
        counts_variance="LS" if review.by_metafor else "REVMAN",
        double_zero="either" if review.by_metafor else "events",
        zero_cells=0.5,
        i2_definition="Q",
        final_and_change_in_md=True,
    )
    for outcome in review.outcomes:
        yield ""
        yield f"[analyses.{_quoted(plan.analysis(outcome))}]"
        yield from _pairs(**_rule(plan, outcome))


def label(plan: Plan) -> str:
    """Return what the protocol is called."""
    return f"{plan.review.title} ({plan.called})" if plan.called not in plan.review.title else plan.review.title


def _usual(plan: Plan) -> str:
    known = Counter(outcome.settings.method for outcome in plan.review.outcomes)
    return known.most_common(1)[0][0] if known else "DL"


def _rule(plan: Plan, outcome: Outcome) -> dict[str, Value]:
    settings = outcome.settings
    rule: dict[str, Value] = {"measure": settings.measure, "method": settings.method}
    if settings.ci != "wald":
        rule["ci"] = settings.ci
    if settings.ci_level != 95:
        rule["ci_level"] = settings.ci_level
    if settings.study_ci_level != 95:
        rule["study_ci_level"] = settings.study_ci_level
    if settings.totals != "all":
        rule["totals"] = settings.totals
    if settings.swapped:
        rule["swapped"] = True
    if outcome.subgroups:
        rule["levels"] = outcome.subgroups
    if apart := tuple(member(plan, p) for p in plan.placed if p.outcome is outcome and p.row.counts == "subgroup"):
        rule["in_subgroups_alone"] = apart
    return rule


def member(plan: Plan, placed: Placed) -> str:
    """Return how a protocol names a row: the slug of its trial, and the stratum behind a slash."""
    trial = plan.trials[placed.row.study]
    return f"{trial}/{placed.stratum}" if placed.stratum else trial


def _pairs(**values: Value) -> Iterator[str]:
    for name, value in values.items():
        yield f"{name} = {_value(value)}"


def _value(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case tuple():
            return "[" + ", ".join(map(_quoted, value)) + "]"
    return repr(float(value))


def _quoted(text: str) -> str:
    """Return a text as TOML writes it: as JSON does, and the delete character escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
