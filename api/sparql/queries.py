"""SPARQL 1.1 Protocol: queries, and the description of the service where there is none."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.problems import Problem
from api.sparql.answering import Asked, answered
from api.sparql.checking import checked
from api.sparql.endpoint import endpoint_of
from api.sparql.forms import accepted
from api.sparql.operation import Operation, operation
from api.sparql.pooling import with_pools
from api.sparql.service_description import described
from api.sparql.updates import updated
from kg.store.frames import Ask


async def sparql(request: Request) -> Response:
    """Answer a query; carry out an update where one was sent; describe the service where nothing was.

    Raises a problem, QueryRefused, QueryStopped, StoreUnavailable.
    """
    asked = await operation(request, ("query", "update"))
    if asked is None:
        if request.method == "GET":
            return await described(request)
        raise Problem("refused", "The request has no query; send one as the field query, or as the body.")
    return await (queried if asked.kind == "query" else updated)(request, asked)


async def queried(request: Request, asked: Operation) -> Response:
    """Answer a query.

    Raises a problem, QueryRefused, QueryStopped, StoreUnavailable.
    """
    endpoint = endpoint_of(request)
    found = await checked(asked)
    if found.form == "UPDATE":
        raise Problem("query-refused", "This is an update; send it by POST to /sparql/update.")
    if found.form is None:
        raise Problem("query-refused", "This is no query: it begins with none of SELECT, ASK, CONSTRUCT, DESCRIBE.")
    form = accepted(request.headers.get("accept"), found.form)
    most = endpoint.readers.limits.seconds
    base = endpoint.base(request)
    tagged = ("sparql", asked.text, base, *asked.default_graphs, "named", *asked.named_graphs)
    asked = await with_pools(request, endpoint, asked)
    ask = Ask(
        operation="query",
        place="",
        text=asked.text,
        base=base,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        seconds=min(most, asked.seconds or most),
    )
    return await answered(request, endpoint, Asked(ask, form, tagged if found.repeatable else None))
