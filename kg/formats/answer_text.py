"""An answer and a review as text that fits a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from kg.evidence.wording import NAMES, number
from kg.formats.text_table import table
from kg.model.answer import Answer, Displayed, Pool, Published, Side, Study

MODELS = {"common-effect": "common-effect", "random-effects": "random-effects"}
METHODS = {
    "DL": "DerSimonian-Laird",
    "DL-MH": "DerSimonian-Laird about Mantel-Haenszel",
    "PM": "Paule-Mandel",
    "REML": "restricted maximum likelihood",
    "ML": "maximum likelihood",
    "SJ": "Sidik-Jonkman",
    "HE": "Hedges",
    "HS": "Hunter-Schmidt",
    "EB": "empirical Bayes",
    "EE": "inverse variance",
    "MH": "Mantel-Haenszel",
    "PETO": "Peto",
}
CI_METHODS = {"wald": "Wald", "t": "t", "hk": "Hartung-Knapp", "hk-adhoc": "Hartung-Knapp (ad hoc)"}


def interval(value: Displayed) -> str:
    """Return an estimate with its interval, to two decimals."""
    return f"{number(value.estimate)} [{number(value.ci[0])}, {number(value.ci[1])}]"


def published_text(published: Published | None) -> str:
    """Return a published value as printed, with its basis."""
    if published is None or published.estimate is None or published.ci is None:
        return ""
    low, high = published.ci
    return f"{number(published.estimate)} [{number(low)}, {number(high)}] ({published.basis})"


def figures(side: Side) -> str:
    """Return the figures of one side: events/total, or mean (SD) n."""
    if side.events is not None:
        return f"{side.events:g}/{'?' if side.total is None else format(side.total, 'g')}"
    if side.mean is not None:
        return (
            f"{number(side.mean)} ({'?' if side.sd is None else number(side.sd)}) {'?' if side.n is None else side.n}"
        )
    return "-"


def heterogeneity_text(pool: Pool) -> str:
    """Return the line about heterogeneity, or nothing for one study."""
    h = pool.heterogeneity
    if h is None or h.q is None:
        return ""
    tau2 = "" if h.tau2 is None else f"tau² {h.tau2:.4g}; "
    by = "Q" if h.i2_definition == "Q" else "tau²"
    i2 = "" if h.i2 is None else f"; I² {h.i2:.1f} % (from {by})"
    return f"{tau2}Q {h.q:.2f}, df {h.q_df}, p {p_text(h.q_p)}{i2}"


def p_text(p: float | None) -> str:
    """Return a p value to three decimals."""
    if p is None:
        return "-"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def answer_text(answer: Answer, width: int = 100) -> str:
    """Return an answer: sentence, studies, pooled value, what was left out, and the id to trace it by."""
    heading = textwrap.wrap(answer.title, width)
    parts = [*heading, "=" * max(map(len, heading)), "", *textwrap.wrap(answer.sentence, width), ""]
    if answer.studies:
        parts += [_studies(answer.studies, answer.question.intervention.label, answer.question.comparator.label, width)]
    for group in answer.subgroups:
        value = interval(group.pool.display) if group.pool.display else "not estimable"
        parts.append(f"{group.label}: {value}, {group.pool.k} of {group.pool.k_rows} studies")
    for line in (*_pooled(answer), *_between_drugs(answer)):
        parts += textwrap.wrap(line, width, subsequent_indent="    ") or [""]
    parts.append("")
    parts += _listed("Warnings", answer.warnings, width)
    parts += _listed("Doubts and notes", _notes(answer.studies), width)
    parts += _listed("Left out", (f"{e.label}: {e.reason}" for e in answer.excluded), width)
    parts += textwrap.wrap(f"Answer {answer.id}; trace it with: kg explain {answer.id}", width)
    return "\n".join(parts)


def _studies(studies: Sequence[Study], left: str, right: str, width: int) -> str:
    rows = [
        [
            s.label,
            figures(s.experimental),
            figures(s.control),
            "" if s.weight is None else f"{s.weight:.1f} %",
            interval(s.display) if s.display else "not estimable",
        ]
        for s in studies
    ]
    return table(["Study", left, right, "Weight", "Effect [95 % interval]"], rows, width, right=(1, 2, 3, 4))


def _between_drugs(answer: Answer) -> Iterable[str]:
    found = answer.between_drugs
    if found is None:
        return
    yield ""
    for drug in found.drugs:
        yield f"{drug.label}: {interval(drug.display)}, {drug.k} {'study' if drug.k == 1 else 'studies'}"
    yield (
        f"Do the drugs differ? Q {found.q:.2f}, df {found.q_df}, p {p_text(found.p_value)} "
        f"(tau² {found.tau2:.4g} by {found.method}; controls that they share make their effects correlated)"
    )
    for study in found.left_out:
        yield f"Not in this comparison: {study.label}: {study.reason}"


def _pooled(answer: Answer) -> Iterable[str]:
    pool = answer.pool
    yield ""
    if pool.display is None:
        yield "Pooled: not estimable"
        return
    how = f"{answer.model}, {METHODS.get(answer.method, answer.method)}, {CI_METHODS[answer.ci_method]} interval"
    yield f"Pooled {NAMES[answer.measure]}: {interval(pool.display)}, p {p_text(pool.p_value)} ({how})"
    people = pool.participants
    yield (
        f"Trials: {pool.k} pooled of {answer.k_eligible} eligible; participants: {people.total} "
        f"({people.experimental} and {people.control})"
    )
    if text := heterogeneity_text(pool):
        yield f"Heterogeneity: {text}"
    if pool.display.prediction_interval:
        low, high = pool.display.prediction_interval
        yield f"Prediction interval: {number(low)} to {number(high)}"
    for other in pool.alternatives:
        yield f"  with {CI_METHODS[other.ci_method]} interval: {interval(other.display)}"
    if text := published_text(answer.published):
        assert answer.published is not None
        yield f"Published ({answer.published.analysis}): {text}"
        if answer.published.certainty:
            yield f"Certainty, as the review judged it: {answer.published.certainty}"


def _notes(studies: Sequence[Study]) -> Iterable[str]:
    for study in studies:
        for text in (*study.steps, *study.warnings):
            yield f"{study.label}: {text}"


def _listed(heading: str, items: Iterable[str], width: int) -> list[str]:
    lines = [
        line for item in items for line in textwrap.wrap(item, width, initial_indent="  - ", subsequent_indent="    ")
    ]
    return [f"{heading}:", *lines, ""] if lines else []


def review_text(title: str, answers: Sequence[Answer], width: int = 110) -> str:
    """Return the summary of findings of a review: ours beside the published value, analysis by analysis."""
    rows: list[list[str] | str] = []
    heading = ""
    if not answers:
        return f"{title}\nno analyses"
    shared = _shared_prefix([a.analysis or "" for a in answers])
    for answer in answers:
        if (said := _comparison(answer)) != heading:
            heading = said
            rows.append(heading)
        name = (answer.analysis or "").removeprefix(shared)
        rows.append(_finding(name, _outcome(answer), answer.pool, answer.published))
        rows += [_finding("", f"  {g.label}", g.pool, g.published) for g in answer.subgroups]
    head = ["Analysis", "Outcome", "Trials", "People", "Ours [95 % interval]", "Published", ""]
    note = "* as printed in a text; the others recomputed from the rows of the review"
    return f"{title}\nAnalyses {shared}...\n\n{table(head, rows, width, right=(2, 3), wrap=(1,))}\n\n{note}"


def _shared_prefix(names: Sequence[str]) -> str:
    """Return what all names begin with, up to the last dash."""
    first, last = min(names), max(names)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[: first.rfind("-", 0, same) + 1]


def _comparison(answer: Answer) -> str:
    q = answer.question
    return f"{q.intervention.label} versus {q.comparator.label}" + (f", {q.route.label}" if q.route else "")


def _outcome(answer: Answer) -> str:
    q = answer.question
    return q.outcome.label + (f", {q.band.label}" if q.band else "") + f" ({answer.measure})"


def _finding(analysis: str, what: str, pool: Pool, published: Published | None) -> list[str]:
    ours = interval(pool.display) if pool.display else "not estimable"
    told = published_text(published).removesuffix(" (recomputed)").replace(" (printed)", " *")
    same = told.removesuffix(" *") == ours if told else pool.display is None
    mark = "=" if same else "differs"
    return [analysis, what, f"{pool.k}/{pool.k_rows}", str(pool.participants.total), ours, told or "none", mark]
