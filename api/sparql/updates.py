"""SPARQL 1.1 Protocol: updates."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.authorising import author
from api.problems import Problem
from api.sparql.checking import checked
from api.sparql.endpoint import endpoint_of
from api.sparql.operation import Operation, operation
from api.sparql.streaming import ClientGone, while_connected
from kg.store.scratch import Scratch
from kg.store.using import with_using

router = APIRouter(include_in_schema=False)
_GONE = 499


@router.post("/sparql/update")
async def update(request: Request) -> Response:
    """Carry out an update, whole or not at all.

    Raises a problem, QueryRefused, QueryStopped, StoreUnavailable.
    """
    writable(request)
    asked = await operation(request, ("update",))
    if asked is None:
        raise Problem("refused", "The request has no update; send one as the field update, or as the body.")
    return await updated(request, asked)


async def updated(request: Request, asked: Operation) -> Response:
    """Carry out an update, whole or not at all.

    Raises a problem, QueryRefused, QueryStopped, StoreUnavailable.
    """
    scratch = writable(request)
    found = await checked(asked)
    if found.form not in {"UPDATE", None}:
        raise Problem("query-refused", "This is a query; send it to /sparql.")
    text = with_using(asked.text, asked.default_graphs, asked.named_graphs)
    try:
        async with while_connected(request):
            await scratch.update(text, endpoint_of(request).base(request), asked.seconds)
    except ClientGone:
        return Response(status_code=_GONE)
    return Response(status_code=204)


def writable(request: Request) -> Scratch:
    """Return the store that a request may write to by SPARQL.

    Raises a problem: 401 without a key or with a wrong one, 403 where nobody may.
    """
    scratch = endpoint_of(request).scratch
    if scratch is None:
        author(request)
        raise Problem("not-open", "The evidence is not written by SPARQL in this version; send records to /records.")
    return scratch
