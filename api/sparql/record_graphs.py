"""The graph that is named after a record: what the record says now, or said in a version."""

from __future__ import annotations

from typing import cast

from fastapi import Request
from pyoxigraph import RdfFormat, parse, serialize
from starlette.responses import Response

from api.negotiation import Form
from api.responses import not_modified, represented, unchanged
from api.service import Service
from kg.errors import UnknownTerm
from kg.store.stopped import NoGraph
from kg.writing import record_named


def record_graph(request: Request, graph: str, form: Form) -> Response:
    """Return the graph that is named after a record in a form.

    Raises NoGraph where there is no such record or version, or it is retracted.
    """
    service = cast(Service, request.state.service)
    found = record_named(graph)
    assert found, "other graphs are in the engine"
    try:
        content = service.base.store.content(*found)
    except UnknownTerm as unknown:
        raise NoGraph(f"there is no graph <{graph}>: {unknown}") from unknown
    tag = service.tag("graph", graph, form.media_type)
    if unchanged(request, tag):
        return not_modified(tag)
    rdf = RdfFormat.from_media_type(form.media_type)
    assert rdf is not None, "all forms of graphs are the engine's"
    quads = parse(content, format=RdfFormat.N_TRIPLES)
    written = serialize(quads if rdf.supports_datasets else (quad.triple for quad in quads), format=rdf)
    assert written is not None, "nothing was given to write to"
    return represented(written, form, tag)
