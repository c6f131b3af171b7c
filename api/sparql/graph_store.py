"""SPARQL 1.1 Graph Store HTTP Protocol: graphs by name, directly and indirectly."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.addresses import uri
from api.body import received
from api.problems import Problem, parameter
from api.sparql.answering import Asked, answered
from api.sparql.endpoint import endpoint_of
from api.sparql.forms import GRAPHS, best
from api.sparql.operation import check_iri
from api.sparql.updates import writable
from kg.store.frames import Ask

router = APIRouter(include_in_schema=False)
_ROOT: Final = "/rdf-graph-store"
_LARGEST: Final = 16 * 1024 * 1024
_MOST_FILES: Final = 100
_TAKEN: Final = tuple(form.media_type for form in GRAPHS)
Graph = str | None
"""The IRI of a graph; nothing for the default graph."""


@router.api_route(_ROOT, methods=["GET", "PUT", "POST", "DELETE"])
@router.api_route(_ROOT + "/{path:path}", methods=["GET", "PUT", "POST", "DELETE"])
async def graph_store(request: Request, path: str = "") -> Response:
    """Give, replace, extend or delete a graph.

    Raises a problem, NoGraph, QueryRefused, QueryStopped, StoreUnavailable.
    """
    if request.method == "GET":
        return await _given(request, _named(request, path))
    scratch = writable(request)
    if request.method == "DELETE":
        await scratch.delete(_named(request, path))
        return Response(status_code=204)
    new = request.method == "POST" and not path and not request.query_params
    graph = endpoint_of(request).graph(request, secrets.token_hex(16)) if new else _named(request, path)
    base = graph or endpoint_of(request).base(request)
    created = False
    for number, (content, form) in enumerate(await _sent(request)):
        write = scratch.put if request.method == "PUT" and number == 0 else scratch.post
        created = await write(graph, content, form, base) or created
    if not created:
        return Response(status_code=204)
    return Response(status_code=201, headers={"Location": uri(graph)} if graph and new else None)


async def _given(request: Request, graph: Graph) -> Response:
    endpoint = endpoint_of(request)
    form = best(request.headers.get("accept"), GRAPHS)
    named = () if graph is None else (graph,)
    ask = Ask("graph", "", default_graphs=named, seconds=endpoint.readers.limits.seconds)
    return await answered(request, endpoint, Asked(ask, form, ("graph", *named)))


def _named(request: Request, path: str) -> Graph:
    """Return which graph a request is about.

    Raises a problem (400) where it names none, or several.
    """
    given = request.query_params.multi_items()
    if path and not given:
        iri = endpoint_of(request).graph(request, path)
        check_iri("path", iri)
        return iri
    if not path and given == [("default", "")]:
        return None
    if not path and len(given) == 1 and given[0][0] == "graph":
        check_iri("graph", given[0][1])
        return given[0][1]
    detail = "Name one graph: ?graph=IRI, ?default, or its own address below /rdf-graph-store/."
    raise Problem("input-refused", detail, [parameter("graph", detail)])


async def _sent(request: Request) -> list[tuple[bytes, str]]:
    """Return what a request sends, each part with the media type of a graph.

    Raises a problem: 400, 408, 413, 415.
    """
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        return await _parts(request)
    _check(media_type)
    async with received(request, _LARGEST) as body:
        if body.coding not in {"", "identity"}:
            raise Problem("unsupported-media-type", "The graph is sent plain, without Content-Encoding.")
        content = body.content.read_bytes() if isinstance(body.content, Path) else body.content
    return [(content, media_type)]


async def _parts(request: Request) -> list[tuple[bytes, str]]:
    announced = request.headers.get("content-length", "")
    if not announced.isascii() or not announced.isdigit() or int(announced[:12]) > _LARGEST:
        raise Problem("too-large", f"A form says its length, and has at most {_LARGEST // 1024**2} MiB.")
    found = []
    async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FILES) as form:
        for value in form.values():
            if not isinstance(value, UploadFile):
                raise Problem("refused", "A form for the graph store has files alone.")
            media_type = (value.content_type or "").partition(";")[0].strip().lower()
            _check(media_type)
            found.append((await value.read(), media_type))
    return found


def _check(media_type: str) -> None:
    if media_type not in _TAKEN:
        raise Problem(
            "unsupported-media-type", f"A graph is sent as one of {', '.join(_TAKEN)}.", more={"accepted": list(_TAKEN)}
        )
