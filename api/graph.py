"""The graph to walk: what stands around a thing, and the shortest ways between two."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api import schemas
from api.dependencies import ServiceDep, many
from api.negotiation import JSON
from api.responses import chosen, json_bytes, not_modified, represented, unchanged
from api.service import Service
from kg.formats.graph_json import neighbours_json, paths_json
from kg.graph import Adjacency, Filter, neighbours, paths
from kg.graph.filters import filter_of
from kg.graph.stated import stated_by

router = APIRouter(tags=["graph"], prefix="/graph")
_MOST_FILTERS = 50
Term = Annotated[str, Query(max_length=2000, description="A name, label, CURIE or IRI, or a path below the base IRI.")]
Direction = Annotated[str, Query(max_length=10, description="both, out or in: how statements are followed.")]
Names = Annotated[list[str], Query(max_length=_MOST_FILTERS)]
_RESPONSES: dict[int | str, dict[str, Any]] = {
    404: {"model": schemas.ProblemBody, "description": "No such thing or class; `nearest` has three that are."},
    422: {"model": schemas.ProblemBody, "description": "A parameter is not accepted."},
}


@router.get(
    "/neighbours",
    response_model=None,
    responses=_RESPONSES,
    dependencies=[Depends(many("predicate", "class", once=("node", "hops", "direction", "limit", "cursor")))],
)
def read_neighbours(
    request: Request,
    service: ServiceDep,
    node: Term,
    hops: Annotated[int, Query(ge=1, le=4, description="Edges away at most.")] = 1,
    direction: Direction = "both",
    predicate: Names = [],  # noqa: B006  (FastAPI copies it)
    class_: Annotated[list[str], Query(alias="class", max_length=_MOST_FILTERS)] = [],  # noqa: B006
    limit: Annotated[int, Query(ge=1, le=1000, description="Things on one page.")] = 100,
    cursor: Annotated[int, Query(ge=0, le=1_000_000, description="`next` of the page before.")] = 0,
) -> Response:
    """Give what stands around a thing, nearest first, a page at a time, each edge with the records that state it."""
    form = chosen(request, [JSON])
    thing = service.base.vocabulary.thing(node)
    asked = (direction, sorted(predicate), sorted(class_), hops, limit, cursor)
    tag = service.tag("neighbours", thing, repr(asked))
    if unchanged(request, tag):
        return not_modified(tag)
    among = _filter(service, direction, predicate, class_)
    found = neighbours(Adjacency(service.base.store), thing, hops, among, limit, cursor)
    stated = stated_by(service.base.store, (edge for reached in found.reached for edge in reached.edges))
    return represented(json_bytes(neighbours_json(found, stated)), form, tag)


@router.get(
    "/paths",
    response_model=None,
    responses=_RESPONSES,
    dependencies=[Depends(many("predicate", "class", once=("from", "to", "max_length", "count", "direction")))],
)
def read_paths(
    request: Request,
    service: ServiceDep,
    source: Annotated[str, Query(alias="from", max_length=2000, description="Where the paths begin.")],
    target: Annotated[str, Query(alias="to", max_length=2000, description="Where they end.")],
    max_length: Annotated[int, Query(ge=1, le=6, description="Edges at most.")] = 4,
    count: Annotated[int, Query(ge=1, le=100, description="Paths at most, the shortest first.")] = 5,
    direction: Direction = "both",
    predicate: Names = [],  # noqa: B006
    class_: Annotated[list[str], Query(alias="class", max_length=_MOST_FILTERS)] = [],  # noqa: B006
) -> Response:
    """Give the shortest paths between two things; none meets a thing twice, and `class` holds for those between."""
    form = chosen(request, [JSON])
    ends = service.base.vocabulary.thing(source), service.base.vocabulary.thing(target)
    tag = service.tag("paths", *ends, repr((direction, sorted(predicate), sorted(class_), max_length, count)))
    if unchanged(request, tag):
        return not_modified(tag)
    among = _filter(service, direction, predicate, class_)
    found = paths(Adjacency(service.base.store), *ends, max_length, count, among)
    stated = stated_by(service.base.store, (edge for path in found.paths for edge in path.edges))
    return represented(json_bytes(paths_json(found, stated)), form, tag)


def _filter(service: Service, direction: str, predicates: list[str], classes: list[str]) -> Filter:
    base = service.base
    return filter_of(direction, predicates, classes, base.shapes.classes, base.prefixes)
