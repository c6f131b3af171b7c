"""Names of things: each redirects to a document about the thing, in the form that was asked for."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from pyoxigraph import NamedNode
from starlette.responses import Response

from api import addresses, schemas
from api.dependencies import ServiceDep, only
from api.documents import represented_thing
from api.facts import facts
from api.negotiation import ANSWER_FORMS, ROWS_FORMS, THING_FORMS, by_suffix
from api.problems import Problem
from api.responses import chosen

router = APIRouter(tags=["linked data"], dependencies=[Depends(only())])
_REDIRECT: dict[int | str, dict[str, Any]] = {
    303: {"description": "The document of the thing, in the form that Accept asks for."},
    404: {"model": schemas.ProblemBody, "description": "Nothing is known of the thing."},
}
_DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {form.media_type: {} for form in THING_FORMS if form.suffix != "json"}},
    404: {"model": schemas.ProblemBody, "description": "Nothing is known of the thing."},
}


@router.get("/id/{path:path}", status_code=303, response_class=Response, responses=_REDIRECT)
def read_identity(request: Request, path: str, service: ServiceDep) -> Response:
    """Redirect from a thing to its document."""
    kind, _, rest = path.partition("/")
    if kind == "answer":
        service.answered(rest)
        suffix = chosen(request, (ANSWER_FORMS[1], *ANSWER_FORMS)).suffix
        place = f"/answers/{quote(rest, safe='')}"
    elif kind == "query":
        place, suffix = f"/queries/{quote(service.base.catalog[rest].name)}", chosen(request, ROWS_FORMS).suffix
    else:
        iri = _known(path)
        facts(service, iri)
        suffix, place = chosen(request, THING_FORMS).suffix, addresses.document(iri)
    location = place if kind == "query" else f"{place}.{suffix}"
    links = f'<{place}>; rel="describedby"'
    return Response(status_code=303, headers={"Location": location, "Vary": "Accept", "Link": links})


@router.get("/doc/{path:path}", response_model=schemas.Thing, responses=_DOCUMENT)
def read_document(request: Request, path: str, service: ServiceDep) -> Response:
    """Give the document of a thing; a suffix says the form, or else Accept."""
    head, dot, suffix = path.rpartition(".")
    form = by_suffix(suffix, THING_FORMS) if dot else None
    if form is not None:
        return represented_thing(request, service, _known(head), form.suffix)
    return represented_thing(request, service, _known(path), None)


def _known(path: str) -> str:
    """Return the IRI of a path, where it can be one.

    Raises a problem (404) where it cannot.
    """
    try:
        return NamedNode(addresses.identity(path)).value
    except ValueError as error:
        raise Problem("not-found", "No thing can have this name: it holds characters that an IRI may not.") from error
