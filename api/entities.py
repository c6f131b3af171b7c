"""Things of the graph: lists of each kind, and one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import addresses, schemas, signposting
from api.dependencies import ServiceDep, only
from api.documents import represented_thing
from api.listing import listing
from api.negotiation import FACTS_FIRST, HTML, THING_FORMS
from api.responses import chosen, json_bytes, not_modified, represented, unchanged
from api.service import Service
from api.templating import page

router = APIRouter(tags=["things"])
_USUAL = 50
_MOST_LINKS = 50
Text = Annotated[str | None, Query(max_length=200, description="Only those whose name holds this text.")]
Limit = Annotated[int, Query(ge=1, le=500, description="How many to give at once.")]
Cursor = Annotated[str | None, Query(max_length=2000, description="`next` of the page before.")]
_LIST: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {}}},
    422: {"model": schemas.ProblemBody, "description": "A parameter is not accepted."},
}
_ONE: dict[int | str, dict[str, Any]] = {
    200: {"content": {form.media_type: {} for form in THING_FORMS[2:]} | {"text/html": {}}},
    404: {"model": schemas.ProblemBody, "description": "No such thing; `nearest` has three that are."},
}


def _list_route(noun: str) -> Callable[..., Response]:
    def read_list(
        request: Request, service: ServiceDep, q: Text = None, limit: Limit = _USUAL, cursor: Cursor = None
    ) -> Response:
        return _listing(request, service, noun, q or None, limit, cursor or None)

    read_list.__doc__ = f"List the {noun.replace('-', ' ')} of the graph, by label."
    return read_list


def _one_route(noun: str) -> Callable[..., Response]:
    def read_one(request: Request, slug: str, service: ServiceDep) -> Response:
        entry = service.base.vocabulary.resolve(slug, noun)
        return represented_thing(request, service, entry.iri, None, (THING_FORMS[1], THING_FORMS[0], *THING_FORMS[2:]))

    read_one.__doc__ = f"Give one of the {noun.replace('-', ' ')}, by its slug or another of its names."
    return read_one


for _noun in addresses.NOUNS:
    _name = _noun.replace("-", "_")
    router.add_api_route(
        f"/{_noun}",
        _list_route(_noun),
        name=f"list_{_name}",
        operation_id=f"list_{_name}",
        response_model=schemas.Listing,
        responses=_LIST,
        dependencies=[Depends(only("q", "limit", "cursor"))],
    )
    router.add_api_route(
        f"/{_noun}/{{slug}}",
        _one_route(_noun),
        name=f"read_{_name}",
        operation_id=f"read_{_name}",
        response_model=schemas.Thing,
        responses=_ONE,
        dependencies=[Depends(only())],
    )


def _listing(
    request: Request, service: Service, noun: str, text: str | None, limit: int, cursor: str | None
) -> Response:
    form = chosen(request, FACTS_FIRST)
    tag = service.tag(noun, text or "", str(limit), cursor or "", form.suffix)
    if unchanged(request, tag):
        return not_modified(tag)
    body = listing(service, noun, text, limit, cursor)
    given = {"q": text, "limit": str(limit) if limit != _USUAL else None}
    words = {name: value for name, value in given.items() if value}
    forward = f"/{noun}?{urlencode({**words, 'cursor': body.next})}" if body.next else None
    links = [f'<{forward}>; rel="next"'] if forward else []
    links += signposting.items([item.href for item in body.items[:_MOST_LINKS]])
    if form is not HTML:
        return represented(json_bytes(body.model_dump()), form, tag, links)
    start = f"/{noun}?{urlencode(words)}" if words else f"/{noun}"
    back = start if cursor else None
    made = page("list.html", request, noun=noun, listing=body, q=text or "", forward=forward, back=back)
    return represented(made, form, tag, links)
