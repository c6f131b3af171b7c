"""SPARQL 1.1 Protocol: updates."""

from __future__ import annotations

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.authorising import Author, author
from api.problems import Problem
from api.sparql.checking import checked
from api.sparql.editing import edited
from api.sparql.endpoint import StoreEndpoint, endpoint_of
from api.sparql.operation import Operation, operation
from api.sparql.streaming import ClientGone, while_connected
from kg.store.frames import Ask
from kg.store.graphs_named import iris_named
from kg.store.using import with_using
from kg.writing import record_named

router = APIRouter(include_in_schema=False)
_GONE = 499


@router.post("/sparql/update")
async def update(request: Request) -> Response:
    """Carry out an update, whole or not at all.

    Raises a problem, QueryRefused, QueryStopped, StoreUnavailable.
    """
    writing(request)
    asked = await operation(request, ("update",))
    if asked is None:
        raise Problem("refused", "The request has no update; send one as the field update, or as the body.")
    return await updated(request, asked)


async def updated(request: Request, asked: Operation) -> Response:
    """Carry out an update, whole or not at all.

    Raises a problem, QueryRefused, QueryStopped, StoreUnavailable.
    """
    endpoint, author = endpoint_of(request), writing(request)
    found = await checked(asked)
    if found.form not in {"UPDATE", None}:
        raise Problem("query-refused", "This is a query; send it to /sparql.")
    text, base = with_using(asked.text, asked.default_graphs, asked.named_graphs), endpoint.base(request)
    try:
        async with while_connected(request):
            if author is not None:
                assert isinstance(endpoint, StoreEndpoint), "other stores have no authors"
                graphs = await run_sync(_records_named, text, base)
                change = Ask("update", "", text, base)
                return await edited(request, endpoint, author, [change], graphs, seconds=asked.seconds)
            assert endpoint.scratch is not None, "other stores have authors"
            await endpoint.scratch.update(text, base, asked.seconds)
    except ClientGone:
        return Response(status_code=_GONE)
    return Response(status_code=204)


def writing(request: Request) -> Author | None:
    """Return who a request to write is from; nothing where anybody may write.

    Raises a problem: 401 without a key or with a wrong one, 403 where nobody may.
    """
    return author(request) if endpoint_of(request).scratch is None else None


def _records_named(text: str, base: str) -> set[str]:
    return {iri for iri in iris_named(text, base) if record_named(iri)}
