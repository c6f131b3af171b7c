"""Errors as RFC 9457 problems: one table from the class of an error to its status, one body for all of them."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.headers import SECURITY
from api.negotiation import HTML, JSON, Form, preferred
from api.templating import page
from kg.errors import (
    Contradiction,
    EndpointFailed,
    EvidenceError,
    InputRefused,
    NoRoom,
    NotConverged,
    NotPoolable,
    QueryRefused,
    StoreUnavailable,
    UnknownTerm,
)
from kg.pooling.request import pointer
from kg.reading import ReaderGone, TooLarge, UnknownForm
from kg.store.guard import FetchRefused, TooLong
from kg.store.remote_faults import EngineNonsense, EngineSlow
from kg.store.stopped import Busy, NotSupported, OutOfMemory, OutOfTime, ResultTooLarge

PROBLEM = Form("json", "application/problem+json", "problem")
_LOG = logging.getLogger("api")


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its name in the address of its type, its status, its title and what helps."""

    name: str
    status: int
    title: str
    remedy: str


KINDS = (
    Kind("unknown-term", 404, "Not in the graph", "Use one of the nearest names, or look the term up in the lists."),
    Kind("contradiction", 422, "Options exclude each other", "Leave out one of the two options that are named."),
    Kind(
        "not-poolable",
        422,
        "The trials cannot be pooled",
        "Ask as the message offers.",
    ),
    Kind("not-converged", 422, "The fit did not converge", "Ask for another estimator."),
    Kind("query-refused", 400, "The query is not accepted", "Run one of the queries that the collection lists."),
    Kind("input-refused", 400, "The input is not accepted", "Correct the value that is named."),
    Kind("endpoint-failed", 502, "An endpoint elsewhere gave no answer", "Ask again later, or ask another endpoint."),
    Kind("store-unavailable", 503, "The store cannot be read now", "Ask again in a moment."),
    Kind("invalid-parameters", 422, "A parameter is not accepted", "Correct the parameters listed under errors."),
    Kind("evidence-changed", 410, "The evidence has changed", "Ask the question again; its answer has a new id."),
    Kind(
        "not-found",
        404,
        "Nothing is here",
        "Start from the front page; /openapi.json lists every address.",
    ),
    Kind("method-not-allowed", 405, "The method is not allowed here", "Use one of the methods in the Allow header."),
    Kind("not-acceptable", 406, "No such form", "Ask for one of the media types listed, or use a suffix."),
    Kind("not-open", 403, "The evidence is not written by SPARQL", "Send records to /records."),
    Kind("fetch-refused", 403, "Nothing is fetched from elsewhere", "Take out SERVICE and LOAD."),
    Kind("not-supported", 422, "This service cannot evaluate it", "Leave out what is named."),
    Kind("out-of-time", 504, "The query takes too long", "Ask for less: fewer patterns, a narrower one first."),
    Kind("out-of-memory", 503, "The query takes too much memory", "Ask for less: without DISTINCT or ORDER BY."),
    Kind("result-too-large", 503, "The result is too large", "Ask for less, such as by LIMIT and OFFSET."),
    Kind("unsupported-media-type", 415, "The form of the body is not taken", "Send one of the media types named."),
    Kind("too-large", 413, "The body is too large", "Send it in parts."),
    Kind(
        "record-refused",
        422,
        "A record is refused",
        "Correct what stands under errors, and send all again; Accept: application/ld+json gives the SHACL report.",
    ),
    Kind("no-key", 401, "Writing needs a key", "Send a key that `kg key new NAME` made, as Authorization: Bearer KEY."),
    Kind("read-only", 403, "This service takes no writes", "Ask whoever runs it for one that does."),
    Kind("too-slow", 408, "The body comes too slowly", "Send it again over a better line, or in parts."),
    Kind("busy", 503, "The service is busy", "Send it again in a moment."),
    Kind("reading-ended", 503, "Reading the body was broken off", "Send it again."),
    Kind("engine-nonsense", 502, "The engine does not speak as it should", "Ask again in a moment."),
    Kind("engine-slow", 504, "The engine takes too long", "Ask for less, or again in a moment."),
    Kind("no-room", 507, "There is no room", "Send it again when whoever runs the service has made room."),
    Kind("too-often", 429, "Too many requests", "Wait as long as Retry-After says."),
    Kind("refused", 400, "The request is not accepted", "Correct the request."),
    Kind("fault", 500, "The service failed", "Please report the address that was asked."),
)
_BY_NAME = {kind.name: kind for kind in KINDS}
OF_ERROR: Mapping[type[EvidenceError], str] = {
    UnknownTerm: "unknown-term",
    Contradiction: "contradiction",
    NotConverged: "not-converged",
    NotPoolable: "not-poolable",
    QueryRefused: "query-refused",
    InputRefused: "input-refused",
    EndpointFailed: "endpoint-failed",
    StoreUnavailable: "store-unavailable",
    EngineNonsense: "engine-nonsense",
    EngineSlow: "engine-slow",
    NoRoom: "no-room",
    TooLarge: "too-large",
    UnknownForm: "unsupported-media-type",
    ReaderGone: "reading-ended",
    TooLong: "too-large",
    FetchRefused: "fetch-refused",
    NotSupported: "not-supported",
    OutOfTime: "out-of-time",
    OutOfMemory: "out-of-memory",
    ResultTooLarge: "result-too-large",
    Busy: "busy",
}
_UNTOLD = {
    "store-unavailable": "The store cannot be read or written now.",
    "engine-nonsense": "The engine that holds the evidence does not answer as a SPARQL service should.",
    "engine-slow": "The engine that holds the evidence does not answer in time.",
    "no-room": "There is no room for this write; nothing was written, and reading goes on.",
    "reading-ended": "Reading the body was broken off; nothing was written.",
}
"""What is said of errors whose own words are about this machine."""
_OF_STATUS = {404: "not-found", 405: "method-not-allowed", 406: "not-acceptable"}
_STEERING = frozenset({"Cc", "Cf", "Co", "Cs"})
_OPTION = re.compile(r"(?<![\w-])--(?=[a-z])")
_NAMED_OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")


@dataclass(eq=False)
class Problem(Exception):
    """A problem that a route raises itself; ``more`` are members beside those of the recommendation."""

    kind: str
    detail: str
    errors: Sequence[Mapping[str, Any]] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(self.detail)


def install(app: FastAPI) -> None:
    """Make every error of an application a problem."""
    app.add_exception_handler(Problem, _own)
    app.add_exception_handler(EvidenceError, _evidence)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


def parameter(name: str, detail: str, **more: Any) -> dict[str, Any]:
    """Return an item of ``errors`` about a query parameter."""
    return {"pointer": f"/query/{name}", "parameter": name, "detail": detail, **more}


def _own(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return response(request, error)


def _evidence(request: Request, error: Exception) -> Response:
    assert isinstance(error, EvidenceError)
    name = next(OF_ERROR[cls] for cls in type(error).__mro__ if cls in OF_ERROR)
    if name in _UNTOLD:
        _LOG.error("%s", error)
        return response(request, Problem(name, _UNTOLD[name], headers={"Retry-After": "5"}))
    if isinstance(error, Busy):
        return response(request, Problem(name, str(error), headers={"Retry-After": str(error.seconds)}))
    text = str(error)
    wrong = set(_NAMED_OPTION.findall(text)) & set(request.query_params)
    wrong |= {key for key, value in request.query_params.items() if value and repr(value) in text}
    detail = _OPTION.sub("", text)
    more = {"nearest": list(error.nearest)} if isinstance(error, UnknownTerm) else {}
    errors = [parameter(key, detail) for key in sorted(wrong)]
    if (place := pointer(error)) is not None:
        errors.append({"pointer": place, "detail": detail})
    return response(request, Problem(name, detail, errors, more))


def problem_body(error: EvidenceError, within: str = "") -> dict[str, Any]:
    """Return an error as the body of a problem, for the item of many that a pointer leads to."""
    kind = _BY_NAME[next(OF_ERROR[cls] for cls in type(error).__mro__ if cls in OF_ERROR)]
    body = {"type": f"/problems/{kind.name}", "title": kind.title, "status": kind.status, "detail": str(error)}
    place = pointer(error)
    return body if place is None else {**body, "errors": [{"pointer": within + place, "detail": str(error)}]}


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = []
    for item in error.errors():
        place = [str(part) for part in item["loc"]]
        name = place[-1]
        needed = item["type"] in {"missing", "string_too_short"}
        detail = (
            f"{name} is needed; add it" if needed else f"{name}: {str(item['msg'])[:1].lower()}{str(item['msg'])[1:]}"
        )
        found.append({"pointer": "/" + "/".join(place), "parameter": name, "detail": detail})
    detail = "; ".join(str(item["detail"]) for item in found)
    return response(request, Problem("invalid-parameters", detail, found))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if "GET" in headers.get("Allow", ""):
        headers["Allow"] = ", ".join(sorted({*re.split(r",\s*", headers["Allow"]), "HEAD"}))
    name = _OF_STATUS.get(error.status_code, "refused")
    detail = {
        "not-found": "There is nothing at this address.",
        "method-not-allowed": f"This address takes {headers.get('Allow', 'other methods')} only.",
    }.get(name, str(error.detail))
    return response(request, Problem(name, detail, headers=headers), status=error.status_code)


def _fault(request: Request, error: Exception) -> Response:
    return response(request, Problem("fault", "Something went wrong in the service; it has been logged."))


def response(request: Request, problem: Problem, status: int | None = None) -> Response:
    """Return a problem as a response: a page where one is asked for, else JSON."""
    kind = _BY_NAME[problem.kind]
    code = status or kind.status
    title = kind.title if code == kind.status else HTTPStatus(code).phrase
    body: dict[str, Any] = {"type": f"/problems/{kind.name}", "title": title, "status": code, "detail": problem.detail}
    body |= {"errors": [dict(item) for item in problem.errors]} if problem.errors else {}
    body = _inert({**body, **problem.more})
    headers = {**SECURITY, "Vary": "Accept", "Cache-Control": "no-store", **problem.headers}
    if preferred(request.headers.get("accept"), (PROBLEM, JSON, HTML)) is HTML:
        offers = _offers(request, problem)
        content = page("problem.html", request, problem=body, remedy=kind.remedy, offers=offers)
        return Response(content, code, headers, HTML.content_type)
    return Response(orjson.dumps(body), code, headers, PROBLEM.media_type)


def _inert(value: Any) -> Any:
    """Return a value with the characters written out that steer a terminal or turn the direction of a text."""
    match value:
        case str():
            hidden = {c for c in value if c != "\n" and unicodedata.category(c) in _STEERING}
            return value.translate({ord(c): f"\\u{ord(c):04x}" for c in hidden}) if hidden else value
        case Mapping():
            return {key: _inert(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_inert(inner) for inner in value]
    return value


def _offers(request: Request, problem: Problem) -> list[tuple[str, str | None]]:
    """Return the nearest names, each with the address that has it in the place of the wrong one."""
    made: list[tuple[str, str | None]] = [(name, None) for name in problem.more.get("nearest", ())]
    wrong = {item.get("parameter") for item in problem.errors}
    if len(wrong) == 1:
        (place,) = wrong
        given = {key: value for key, value in request.query_params.items() if value}
        made = [(name, f"{request.url.path}?{urlencode({**given, str(place): name})}") for name, _ in made]
    return made
