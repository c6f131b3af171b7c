"""Answers: one question, an answer asked before, and all analyses of a review."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import addresses, answer_schemas, schemas, signposting
from api.answer_page import answer_page
from api.dependencies import ServiceDep, check_parameters, only
from api.negotiation import ANSWER_FORMS, CSV, FACTS_FIRST, HTML, JSON, JSONLD, PNG, SVG, TURTLE, Form
from api.problems import Problem
from api.responses import alternates, chosen, json_bytes, not_modified, represented, unchanged
from api.service import Service
from api.summary import summary
from api.templating import page
from kg.errors import InputRefused
from kg.formats.answer_csv import answer_csv
from kg.formats.answer_json import answer_json
from kg.formats.answer_rdf import answer_iri, answer_triples
from kg.formats.context import jsonld
from kg.formats.rdf import turtle
from kg.iris import local
from kg.model.answer import Answer
from kg.protocol import Protocol

router = APIRouter(tags=["evidence"])
_NONE = [Depends(only())]
_REVIEW: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {}}}}
_OTHER_FORMS: dict[str, Any] = {form.media_type: {} for form in ANSWER_FORMS if form is not JSON}
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": _OTHER_FORMS},
    304: {"description": "The caller's representation is current."},
    406: {"model": schemas.ProblemBody, "description": "No form fits Accept."},
}
_ASKED: dict[int | str, dict[str, Any]] = {
    **_ANSWER,
    400: {"model": schemas.ProblemBody, "description": "A value is not accepted."},
    404: {"model": schemas.ProblemBody, "description": "A term is not in the graph; `nearest` has three that are."},
    422: {
        "model": schemas.ProblemBody,
        "description": "A wrong parameter, a contradiction, or trials that do not pool.",
    },
}


def known_words(request: Request) -> None:
    """Refuse parameters that are no words of a question."""
    check_parameters(request, schemas.QuestionWords.model_fields)


_WORDS = [Depends(known_words)]
_DATED = [Depends(only(*schemas.ReviewDates.model_fields))]
Dates = Annotated[schemas.ReviewDates, Query()]
Words = Annotated[schemas.QuestionWords, Query()]


@router.get(
    "/answer",
    response_model=answer_schemas.Answer,
    responses=_ASKED,
    dependencies=_WORDS,
)
def read_answer(request: Request, words: Words, service: ServiceDep) -> Response:
    """Pool the trials that fit a question; say what was left out, and why."""
    return _asked(request, words, service, None)


@router.get(
    "/answer.{form}",
    response_model=answer_schemas.Answer,
    responses=_ASKED,
    dependencies=_WORDS,
)
def read_answer_as(request: Request, form: str, words: Words, service: ServiceDep) -> Response:
    """Give the answer in the form of a suffix: json, jsonld, ttl, csv, svg, png or html."""
    return _asked(request, words, service, form)


@router.get("/answers/{answer_id}.{form}", response_model=answer_schemas.Answer, responses=_ANSWER, dependencies=_NONE)
def read_answered_as(request: Request, answer_id: str, form: str, service: ServiceDep) -> Response:
    """Give an answer asked before in the form of a suffix."""
    return _answered(request, answer_id, service, form)


@router.get("/answers/{answer_id}", response_model=answer_schemas.Answer, responses=_ANSWER, dependencies=_NONE)
def read_answered(request: Request, answer_id: str, service: ServiceDep) -> Response:
    """Give an answer asked before, by its id."""
    return _answered(request, answer_id, service, None)


@router.get(
    "/review",
    response_model=answer_schemas.Review,
    responses=_REVIEW,
    dependencies=_DATED,
)
def read_review(request: Request, dates: Dates, service: ServiceDep) -> Response:
    """Answer every analysis of the review of the default protocol, published beside ours."""
    return _review(request, service, None, dates, None)


@router.get("/review.{form}", response_model=answer_schemas.Review, responses=_REVIEW, dependencies=_DATED)
def read_review_as(request: Request, form: str, dates: Dates, service: ServiceDep) -> Response:
    """Give the review in the form of a suffix: json or html."""
    return _review(request, service, None, dates, form)


@router.get("/review/{protocol}.{form}", response_model=answer_schemas.Review, responses=_REVIEW, dependencies=_DATED)
def read_protocol_as(request: Request, protocol: str, form: str, dates: Dates, service: ServiceDep) -> Response:
    """Give the review of a protocol in the form of a suffix."""
    return _review(request, service, protocol, dates, form)


@router.get(
    "/review/{protocol}",
    response_model=answer_schemas.Review,
    responses=_REVIEW,
    dependencies=_DATED,
)
def read_protocol(request: Request, protocol: str, dates: Dates, service: ServiceDep) -> Response:
    """Answer every analysis of the review that a protocol names."""
    return _review(request, service, protocol, dates, None)


def _asked(request: Request, words: schemas.QuestionWords, service: Service, suffix: str | None) -> Response:
    via = words.via or "table"
    if via not in ("table", "sparql"):
        raise Problem("invalid-parameters", f"via is {via!r}; it is table or sparql")
    form = chosen(request, ANSWER_FORMS, suffix)
    return _represented(request, service.answer(words.asked(), via), form, service)


def _answered(request: Request, answer_id: str, service: Service, suffix: str | None) -> Response:
    form = chosen(request, ANSWER_FORMS, suffix)
    try:
        found = service.answered(answer_id)
    except InputRefused as error:
        raise Problem("evidence-changed", str(error)) from error
    return _represented(request, found, form, service)


def _represented(request: Request, answer: Answer, form: Form, service: Service) -> Response:
    tag = service.answer_tag(answer, form)
    links = [
        f'</answers/{answer.id}>; rel="canonical"',
        f'<{answer_iri(answer)}>; rel="describes"',
        *signposting.links(answer_iri(answer), f"/answers/{answer.id}", ANSWER_FORMS, form),
        *alternates(f"/answers/{answer.id}", ANSWER_FORMS, form),
    ]
    if unchanged(request, tag):
        return not_modified(tag, links)
    if form in (SVG, PNG):
        content = service.drawing(answer, form)
    else:
        content = service.content(tag, lambda: _content(request, answer, form, service))
    return represented(content, form, tag, links, _file_name(answer))


def _content(request: Request, answer: Answer, form: Form, service: Service) -> bytes | str:
    if form is HTML:
        return answer_page(request, answer, service)
    if form is CSV:
        return answer_csv(answer)
    if form is TURTLE:
        return turtle(answer_triples(answer), service.base.prefixes)
    if form is JSONLD:
        return jsonld(answer_triples(answer), service.base.terms)
    return json_bytes(answer_json(answer))


def _file_name(answer: Answer) -> str:
    terms = (answer.question.intervention, answer.question.comparator, answer.question.outcome)
    return "-".join([*(local(term.iri) for term in terms), answer.id[:8]])


def _review(
    request: Request, service: Service, name: str | None, dates: schemas.ReviewDates, suffix: str | None
) -> Response:
    form = chosen(request, FACTS_FIRST, suffix)
    protocol, answers = service.review(name, dates.published_by, dates.known_by)
    when = answers[0].provenance.generated_at if answers else ""
    until, known = (answers[0].question.published_by, answers[0].question.known_by) if answers else (None, None)
    tag = service.tag("review", protocol.name, until or "", known or "", when, form.suffix)
    own = addresses.review(protocol.name, published_by=until, known_by=known)
    links = [f'<{own}>; rel="canonical"']
    if unchanged(request, tag):
        return not_modified(tag, links)
    content = service.content(tag, lambda: _review_content(request, service, protocol, answers, form))
    return represented(content, form, tag, links)


def _review_content(
    request: Request, service: Service, protocol: Protocol, answers: list[Answer], form: Form
) -> bytes | str:
    if form is HTML:
        labels = {analysis.identifier: analysis.label for analysis in service.base.published}
        findings = summary(answers, labels)
        asked = answers[0].question if answers else None
        return page("review.html", request, protocol=protocol, summary=findings, total=len(answers), question=asked)
    return json_bytes({"protocol": protocol.name, "analyses": [answer_json(a) for a in answers]})
