"""SPARQL 1.1 Graph Store HTTP Protocol: graphs by name, directly and indirectly."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.addresses import uri
from api.authorising import Author
from api.body import received
from api.problems import Problem, parameter
from api.sparql.answering import Asked, answered
from api.sparql.editing import OPTIONS, edited
from api.sparql.endpoint import StoreEndpoint, endpoint_of
from api.sparql.forms import GRAPHS, best
from api.sparql.operation import check_iri
from api.sparql.record_graphs import record_graph
from api.sparql.updates import writing
from kg.store.frames import Ask
from kg.writing import record_named

router = APIRouter(include_in_schema=False)
_ROOT: Final = "/rdf-graph-store"
_LARGEST: Final = 16 * 1024 * 1024
_MOST_FILES: Final = 100
_TAKEN: Final = tuple(form.media_type for form in GRAPHS)
Graph = str | None
"""The IRI of a graph; nothing for the default graph."""
Sent = list[tuple[bytes, str]]
"""Contents of graphs, each with its media type."""


@router.api_route(_ROOT, methods=["GET", "PUT", "POST", "DELETE"])
@router.api_route(_ROOT + "/{path:path}", methods=["GET", "PUT", "POST", "DELETE"])
async def graph_store(request: Request, path: str = "") -> Response:
    """Give, replace, extend or delete a graph.

    Raises a problem, NoGraph, QueryRefused, QueryStopped, StoreUnavailable.
    """
    if request.method == "GET":
        return await _given(request, _named(request, path))
    author = writing(request)
    new = request.method == "POST" and not path and not _naming(request)
    graph = endpoint_of(request).new_graph(request) if new else _named(request, path)
    sent = [] if request.method == "DELETE" else await _sent(request)
    if author is not None:
        return await _edited(request, author, graph, sent, new=new)
    scratch, base, created = endpoint_of(request).scratch, graph or endpoint_of(request).base(request), False
    assert scratch is not None, "other stores have authors"
    if request.method == "DELETE":
        await scratch.delete(graph)
    for number, (content, form) in enumerate(sent):
        write = scratch.put if request.method == "PUT" and number == 0 else scratch.post
        created = await write(graph, content, form, base) or created
    if not created:
        return Response(status_code=204)
    return Response(status_code=201, headers={"Location": uri(graph)} if graph and new else None)


async def _edited(request: Request, author: Author, graph: Graph, sent: Sent, *, new: bool) -> Response:
    """Change the evidence as a request does with a graph.

    Raises a problem, NoGraph, QueryRefused, QueryStopped, StoreUnavailable.
    """
    endpoint = endpoint_of(request)
    assert isinstance(endpoint, StoreEndpoint), "other stores have no authors"
    base, put = graph or endpoint.base(request), request.method == "PUT"
    changes = [
        Ask.of_graph("put" if put and number == 0 else "post", "", graph, content, form, base)
        for number, (content, form) in enumerate(sent)
    ] or [Ask.of_graph("delete", "", graph)]
    location = uri(graph) if graph and new else None
    graphs = () if graph is None else (graph,)
    return await edited(request, endpoint, author, changes, graphs, bring_back=put, location=location)


async def _given(request: Request, graph: Graph) -> Response:
    endpoint = endpoint_of(request)
    form = best(request.headers.get("accept"), GRAPHS)
    if graph is not None and endpoint.scratch is None and record_named(graph):
        return await run_sync(record_graph, request, graph, form)
    named = () if graph is None else (graph,)
    ask = Ask("graph", "", default_graphs=named, seconds=endpoint.readers.limits.seconds)
    return await answered(request, endpoint, Asked(ask, form, ("graph", *named)))


def _named(request: Request, path: str) -> Graph:
    """Return which graph a request is about.

    Raises a problem (400) where it names none, or several.
    """
    given = _naming(request)
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


def _naming(request: Request) -> list[tuple[str, str]]:
    """Return the parameters of a request, without those that say how a change is to be made."""
    options = OPTIONS if endpoint_of(request).scratch is None and request.method != "GET" else ()
    return [(name, value) for name, value in request.query_params.multi_items() if name not in options]


async def _sent(request: Request) -> Sent:
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


async def _parts(request: Request) -> Sent:
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
