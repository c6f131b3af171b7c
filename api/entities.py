"""Things of the graph: lists of each kind, and one thing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import addresses, schemas
from api.dependencies import ServiceDep, only
from api.documents import represented_thing
from api.negotiation import FACTS_FIRST, HTML, THING_FORMS
from api.problems import Problem, parameter
from api.responses import chosen, json_bytes, not_modified, represented, unchanged
from api.service import Service
from api.templating import page
from kg.vocabulary import Entry

router = APIRouter(tags=["things"])
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
        request: Request, service: ServiceDep, q: Text = None, limit: Limit = 50, cursor: Cursor = None
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
    found = [entry for entry in service.base.vocabulary.entries(noun) if _holds(entry, text)]
    after = _position(cursor) if cursor else None
    rest = [entry for entry in found if after is None or _key(entry) > after]
    shown = rest[:limit]
    following = _cursor(shown[-1]) if len(rest) > len(shown) else None
    body = schemas.Listing(items=[_item(entry) for entry in shown], total=len(found), next=following)
    given = {"q": text, "limit": str(limit) if limit != 50 else None}
    words = {name: value for name, value in given.items() if value}
    forward = f"/{noun}?{urlencode({**words, 'cursor': following})}" if following else None
    links = [f'<{forward}>; rel="next"'] if forward else []
    if form is not HTML:
        return represented(json_bytes(body.model_dump()), form, tag, links)
    start = f"/{noun}?{urlencode(words)}" if words else f"/{noun}"
    made = page(
        "list.html", request, noun=noun, listing=body, q=text or "", forward=forward, back=start if cursor else None
    )
    return represented(made, form, tag, links)


def _holds(entry: Entry, text: str | None) -> bool:
    if text is None:
        return True
    folded = text.casefold().strip()
    return any(folded in name.casefold() for name in (entry.slug, entry.label, *entry.alternatives))


def _item(entry: Entry) -> schemas.Listed:
    return schemas.Listed(
        iri=entry.iri,
        slug=entry.slug,
        label=entry.label,
        alternatives=list(entry.alternatives),
        href=addresses.page(entry.iri) or addresses.document(entry.iri),
    )


def _key(entry: Entry) -> tuple[str, str]:
    """The order of lists, as the vocabulary sorts them."""
    return entry.label.casefold(), entry.iri


def _cursor(entry: Entry) -> str:
    return base64.urlsafe_b64encode(json.dumps(_key(entry)).encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[str, str]:
    try:
        label, iri = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(label, str) and isinstance(iri, str):
            return label, iri
    except (ValueError, binascii.Error, TypeError):
        pass
    detail = "cursor is not one that this list gave; start without it"
    raise Problem("invalid-parameters", detail, [parameter("cursor", detail)])
