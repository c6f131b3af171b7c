"""The summary of findings of a review: one group a comparison, one row an analysis, subgroups under theirs."""

from __future__ import annotations

from dataclasses import dataclass

from api import addresses
from api.answer_page import agreement
from api.small_plot import Scale, SmallPlot, scale, small_plot
from kg.formats.answer_text import interval, published_text
from kg.model.answer import Answer, Pool, Published


@dataclass(frozen=True)
class Row:
    """One pool of the review: a whole analysis, or one level of a subgroup analysis."""

    analysis: str
    label: str
    split: str
    level: bool
    href: str | None
    measure: str
    pool: Pool
    effect: str
    why: str
    certainty: str
    published: str
    agreement: str
    plot: SmallPlot | None


@dataclass(frozen=True)
class Group:
    """The analyses of one comparison: intervention, comparator, route."""

    title: str
    anchor: str
    rows: list[Row]


@dataclass(frozen=True)
class Summary:
    """All groups, and how many pools there are, can be estimated, and equal the published value."""

    groups: list[Group]
    pools: int
    estimable: int
    equal: int
    differing: int


def summary(answers: list[Answer], labels: dict[str, str]) -> Summary:
    """Return the summary of findings of the answers to a review, in its order; labels by number of analysis."""
    kept: dict[str, list[Answer]] = {}
    for answer in answers:
        kept.setdefault(_comparison(answer), []).append(answer)
    groups = [
        Group(
            title,
            f"comparison-{number}",
            [row for answer in own for row in _rows(answer, labels.get(answer.analysis or "", ""))],
        )
        for number, (title, own) in enumerate(kept.items(), 1)
    ]
    rows = [row for group in groups for row in group.rows]
    return Summary(
        groups=groups,
        pools=len(rows),
        estimable=sum(row.pool.display is not None for row in rows),
        equal=sum(row.agreement == "equal" for row in rows),
        differing=sum(row.agreement == "differs" for row in rows),
    )


def _comparison(answer: Answer) -> str:
    question = answer.question
    route = f", {question.route.label}" if question.route else ""
    text = f"{question.intervention.label} versus {question.comparator.label}{route}"
    return text[:1].upper() + text[1:]


def _rows(answer: Answer, told: str) -> list[Row]:
    question = answer.question
    parts = [question.outcome.label]
    parts += [term.label for term in (question.band, question.condition, question.instrument) if term]
    label = ", ".join(parts)
    shared = scale([answer.pool, *(group.pool for group in answer.subgroups)], log=answer.scale == "log")
    href = f"/answers/{answer.id}" if answer.subgroups else addresses.answer(question)
    why = answer.sentence if answer.pool.display is None else ""
    split = told.rpartition(": ")[2].removesuffix(" subgroup analysis") if answer.subgroups else ""
    name = label[:1].upper() + label[1:]
    rows = [_row(answer, (name, f"by {split}" if split else ""), answer.pool, answer.published, shared, href, why)]
    for group in answer.subgroups:
        missing = "" if group.pool.display else "No effect can be estimated from these trials."
        rows.append(_row(answer, (group.label, ""), group.pool, group.published, shared, None, missing))
    return rows


def _row(
    answer: Answer,
    label: tuple[str, str],
    pool: Pool,
    published: Published | None,
    shared: Scale | None,
    href: str | None,
    why: str,
) -> Row:
    return Row(
        analysis=answer.analysis or "",
        label=label[0],
        split=label[1],
        level=href is None,
        href=href,
        measure=answer.measure,
        pool=pool,
        effect=interval(pool.display) if pool.display else "not estimable",
        why=why,
        certainty=(published.certainty if published else None) or "",
        published=published_text(published),
        agreement=agreement(pool, published),
        plot=small_plot(pool, shared) if pool.display and shared else None,
    )
