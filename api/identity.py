"""Names of things: each redirects to a document about the thing, in the form that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from pyoxigraph import NamedNode
from starlette.responses import Response

from api import addresses, schemas
from api.dependencies import ServiceDep, only
from api.documents import represented_thing
from api.facts import facts
from api.negotiation import ANSWER_FORMS, JSONLD, NTRIPLES, ROWS_FORMS, THING_FORMS, TURTLE, by_suffix
from api.problems import Problem
from api.responses import chosen
from api.service import Service
from api.vocabulary_page import FORMS as VOCABULARY_FORMS
from api.vocabulary_page import is_vocabulary, represented_vocabulary
from kg import iris
from kg.iris import BASE, SKOS

router = APIRouter(tags=["linked data"], dependencies=[Depends(only())])
_REDIRECT: dict[int | str, dict[str, Any]] = {
    303: {"description": "The document of the thing, in the form that Accept asks for."},
    404: {"model": schemas.ProblemBody, "description": "Nothing is known of the thing."},
}
_DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {form.media_type: {} for form in THING_FORMS if form.suffix != "json"}},
    404: {"model": schemas.ProblemBody, "description": "Nothing is known of the thing."},
}
_QUERY_FORMS: Final = (*ROWS_FORMS, TURTLE, JSONLD, NTRIPLES)
_ELSEWHERE: Final[Mapping[str, str]] = {
    "sparql": "/sparql",
    "service": "/sparql",
    "dataset": "/.well-known/void",
    "context.jsonld": "/context.jsonld",
    "graph/current": "/rdf-graph-store?default",
    **{f"graph/{name}": f"/rdf-graph-store/{name}" for name in ("catalog", "ontology", "vocabularies", "queries")},
}
"""Where what is no thing of the graph is described: the service, its data set, and the graphs."""


@router.get("/id/{path:path}", status_code=303, response_class=Response, responses=_REDIRECT)
def read_identity(request: Request, path: str, service: ServiceDep) -> Response:
    """Redirect from a thing, by the path of its IRI or by a CURIE, to its document."""
    named = _curie(service, path)
    if named is not None and not named.startswith(BASE):
        return _redirect(addresses.uri(named), addresses.uri(named))
    path = path if named is None else named.removeprefix(BASE).partition("#")[0]
    kind, _, rest = path.partition("/")
    if path in _ELSEWHERE:
        return _redirect(_ELSEWHERE[path], _ELSEWHERE[path])
    if is_vocabulary(path):
        return _redirect(f"/doc/{path}.{chosen(request, VOCABULARY_FORMS).suffix}", f"/doc/{path}")
    if kind == "answer":
        answer_id = rest.partition("/")[0]
        service.answered(answer_id)
        place = f"/answers/{quote(answer_id, safe='')}"
        return _redirect(f"{place}.{chosen(request, (ANSWER_FORMS[1], *ANSWER_FORMS)).suffix}", place)
    if kind == "query":
        name = service.base.catalog[rest.partition("/parameter/")[0]].name
        form = chosen(request, _QUERY_FORMS)
        document = f"/doc/query/{quote(name)}"
        return _redirect(f"/queries/{quote(name)}" if form in ROWS_FORMS else f"{document}.{form.suffix}", document)
    iri = _known(path)
    facts(service, iri)
    place = addresses.document(iri)
    return _redirect(f"{place}.{chosen(request, THING_FORMS).suffix}", place)


@router.get("/doc/{path:path}", response_model=schemas.Thing, responses=_DOCUMENT)
def read_document(request: Request, path: str, service: ServiceDep) -> Response:
    """Give the document of a thing; a suffix says the form, or else Accept."""
    head, dot, suffix = path.rpartition(".")
    if is_vocabulary(path):
        return represented_vocabulary(request, service, path, None)
    if dot and is_vocabulary(head):
        return represented_vocabulary(request, service, head, suffix)
    form = by_suffix(suffix, THING_FORMS) if dot else None
    if form is not None:
        return represented_thing(request, service, _known(head), form.suffix)
    return represented_thing(request, service, _known(path), None)


def _redirect(location: str, place: str) -> Response:
    headers = {"Location": location, "Vary": "Accept", "Link": f'<{place}>; rel="describedby"'}
    return Response(status_code=303, headers=headers)


def _curie(service: Service, path: str) -> str | None:
    """Return the IRI that a CURIE names: of our own thing that matches it exactly, or else the outside one.

    Nothing where the path is no CURIE by the project's prefixes. Raises a problem (404) where it cannot be an IRI.
    """
    outside = iris.expand(path, service.base.prefixes)
    if outside is None:
        return None
    try:
        node = NamedNode(outside)
    except ValueError as error:
        raise Problem("not-found", "No thing can have this name: it holds characters that an IRI may not.") from error
    if outside.startswith(BASE):
        return outside
    rows = service.base.store.select(
        f"SELECT ?thing {{ ?thing <{SKOS}exactMatch> {node} }} ORDER BY ?thing LIMIT 1"
    ).rows
    thing = rows[0][0] if rows else None
    return thing.value if isinstance(thing, NamedNode) and thing.value.startswith(BASE) else outside


def _known(path: str) -> str:
    """Return the IRI of a path, where it can be one.

    Raises a problem (404) where it cannot.
    """
    try:
        return NamedNode(addresses.identity(path)).value
    except ValueError as error:
        raise Problem("not-found", "No thing can have this name: it holds characters that an IRI may not.") from error
