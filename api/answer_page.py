"""The page of an answer: what it shows beside the answer itself."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from markupsafe import Markup

from api import addresses, markup
from api.negotiation import CSV, JSON, JSONLD, PNG, SVG, TURTLE
from api.service import Service
from api.templating import page
from kg.charts.wording import INTERVALS
from kg.charts.wording import METHODS as METHOD_NAMES
from kg.evidence.wording import NAMES
from kg.formats.answer_text import interval, published_text
from kg.model.answer import Answer, Pool, Published
from kg.protocol import CI_METHODS, METHODS

_COUNTS, _MEANS = ("RR", "OR", "RD"), ("MD", "SMD")
_COMMON = ("EE", "MH", "PETO")
_DOWNLOADS = (CSV, SVG, PNG, JSON, JSONLD, TURTLE)


@dataclass(frozen=True)
class Variant:
    """The same question with one option changed: what it is called, where it is, and whether it is this one."""

    label: str
    href: str
    current: bool
    title: str = ""


def answer_page(request: Request, answer: Answer, service: Service) -> str:
    """Return the page of an answer."""
    drawn = service.drawing(answer, SVG).decode() if answer.studies else ""
    queries = [(name, service.base.catalog[name].summary) for name in answer.provenance.queries]
    return page(
        "answer.html",
        request,
        answer=answer,
        plot=Markup(drawn),  # noqa: S704 (drawn by us; every text in it is escaped by the renderer)
        variants=variants(answer),
        wider=wider(answer),
        downloads=[(form.name, f"/answers/{answer.id}.{form.suffix}") for form in _DOWNLOADS],
        queries=queries,
        agreement=agreement(answer.pool, answer.published),
        published=published_text(answer.published),
        counts=answer.measure in _COUNTS,
        markup=markup.answer(answer),
    )


def agreement(pool: Pool, published: Published | None) -> str:
    """Tell how ours stands to the published value: equal to the printed digits, differs, or nothing to compare."""
    if published is None or (published.estimate is None and pool.display is not None):
        return "none"
    if pool.display is None:
        return "equal" if published.estimate is None else "differs"
    told = published_text(published).rpartition(" (")[0]
    return "equal" if told == interval(pool.display) else "differs"


def variants(answer: Answer) -> dict[str, list[Variant]]:
    """Return the same question under every option that could be chosen instead."""
    question, family = answer.question, _COUNTS if answer.measure in _COUNTS else _MEANS
    methods = [m for m in METHODS if answer.measure in _COUNTS or m not in ("MH", "DL-MH", "PETO")]
    made = {
        "Measure": [
            Variant(
                code,
                addresses.answer(question, measure=code, method=None if question.method == "PETO" else question.method),
                code == answer.measure,
                NAMES[code],
            )
            for code in family
        ],
        "Estimator": [
            Variant(
                code,
                addresses.answer(
                    question,
                    method=code,
                    measure="OR" if code == "PETO" else question.measure,
                    ci=None if code in _COMMON else question.ci,
                ),
                code == answer.method,
                METHOD_NAMES[code],
            )
            for code in methods
        ],
    }
    if answer.model == "random-effects":
        made["Interval"] = [
            Variant(
                INTERVALS[code], addresses.answer(question, ci=code), code == (question.ci or answer.ci_method), code
            )
            for code in CI_METHODS
        ]
    protocols = [name for name in (answer.protocol, "none") if name]
    made["Protocol"] = [
        Variant(name, addresses.answer(question, protocol=name), name == (answer.protocol or "none"))
        for name in protocols
    ]
    return made


def wider(answer: Answer) -> list[Variant]:
    """Return the question without one of its restrictions, each in turn."""
    terms = answer.question.terms()
    names = (("condition", "condition"), ("route", "route"), ("band", "time"), ("instrument", "instrument"))
    return [
        Variant(f"any {label}", addresses.without(answer.question, name), current=False)
        for name, label in names
        if terms[name]
    ]
