"""Pages that are no answers: the front page, and what each kind of problem means."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api import addresses, markup
from api.dependencies import ServiceDep, only
from api.negotiation import FACTS_FIRST, HTML, PAGE_FIRST
from api.problems import KINDS, Problem
from api.responses import chosen, json_bytes, not_modified, represented, unchanged
from api.templating import page
from kg.iris import EV

router = APIRouter(include_in_schema=False, dependencies=[Depends(only())])
_COUNTED = (
    ("RandomisedTrial", "randomised trial"),
    ("Arm", "arm"),
    ("Result", "result"),
    ("Drug", "drug"),
    ("Receptor", "receptor"),
    ("Analysis", "published analysis"),
)
_RESULTS = ("DichotomousResult", "ContinuousResult", "ContrastResult")


@router.get("/")
def read_home(request: Request, service: ServiceDep) -> Response:
    """Say what this is, and take a question."""
    form = chosen(request, PAGE_FIRST)
    tag = service.tag("home", form.suffix)
    if unchanged(request, tag):
        return not_modified(tag)
    counts = {name: service.counts.get(EV + name, 0) for name, _ in _COUNTED}
    counts["Result"] = sum(service.counts.get(EV + name, 0) for name in _RESULTS)
    examples = [(example.title, addresses.answer(example.words)) for example in service.choices.examples]
    protocol = service.base.protocol()
    if form is HTML:
        told = [(counts[name], word) for name, word in _COUNTED]
        said = markup.home("Evidence from randomised trials", service.commit.time, service.fingerprint)
        made = page(
            "home.html",
            request,
            counts=told,
            choices=service.choices,
            examples=examples,
            protocol=protocol,
            markup=said,
        )
        return represented(made, form, tag)
    body: dict[str, Any] = {
        "name": "evigraph",
        "counts": {word: counts[name] for name, word in _COUNTED},
        "examples": [{"title": title, "href": href} for title, href in examples],
        "answer": "/answer",
        "review": "/review",
        "lists": [f"/{noun}" for noun in addresses.NOUNS],
        "queries": "/queries",
        "openapi": "/openapi.json",
    }
    return represented(json_bytes(body), form, tag)


@router.get("/problems/{name}")
def read_problem(request: Request, name: str, service: ServiceDep) -> Response:
    """Say what a kind of problem means, and what helps."""
    form = chosen(request, FACTS_FIRST)
    kind = next((each for each in KINDS if each.name == name), None)
    if kind is None:
        raise Problem("not-found", f"There is no kind of problem {name[:100]!r}.")
    body = {"type": f"/problems/{kind.name}", "title": kind.title, "status": kind.status, "remedy": kind.remedy}
    tag = service.tag("problem", name, form.suffix)
    made = page("kind.html", request, kind=kind) if form is HTML else json_bytes(body)
    return represented(made, form, tag)
