"""Queries that pool: their rows by a reader, their pools by the functions of answers, and what is left to run."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import Final, cast

import pyoxigraph as ox
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Request

from api.clients import client_of
from api.problems import Problem
from api.service import Service
from api.sparql.endpoint import Endpoint
from api.sparql.forms import RESULTS_JSON
from api.sparql.operation import Operation
from kg import functions
from kg.store.engine import Solutions
from kg.store.frames import Ask
from kg.store.stopped import OutOfTime

_MOST_BYTES: Final = 32 << 20
_AT_A_TIME: Final = CapacityLimiter(2)
_LEAST: Final = 0.05


async def with_pools(request: Request, endpoint: Endpoint, asked: Operation) -> Operation:
    """Return a query with the values of its pools in the place of the calls, and the time that is left for it.

    Any other query comes back as it is. Raises a problem, QueryRefused, QueryStopped, StoreUnavailable.
    """
    if not functions.used(asked.text):
        return asked
    service = cast(Service | None, getattr(request.state, "service", None))
    if service is None:
        raise Problem("query-refused", "Functions that pool need evidence, and a scratch store has none.")
    query = functions.apart(asked.text)
    most = endpoint.readers.limits.seconds
    seconds = min(most, asked.seconds or most)
    until = monotonic() + seconds
    async with endpoint.reading(request) as state:
        ask = Ask(
            operation="query",
            place=state.place,
            text=query.rows,
            base=endpoint.base(request),
            default_graphs=asked.default_graphs,
            named_graphs=asked.named_graphs,
            format=RESULTS_JSON.media_type,
            seconds=seconds,
            most_rows=functions.MOST_ROWS,
            most_bytes=_MOST_BYTES,
        )
        async with endpoint.readers.asked(ask, client_of(request)) as result:
            content = await result.rest()

    def text() -> str:
        return functions.last_query(query, _solutions(content), service.base.pools(), until)

    made = await run_sync(text, limiter=_AT_A_TIME)
    left = until - monotonic()
    if left < _LEAST:
        raise OutOfTime("the pools took all the time that the query has; select fewer rows")
    return replace(asked, text=made, seconds=left)


def _solutions(content: bytes) -> Solutions:
    found = ox.parse_query_results(content, format=ox.QueryResultsFormat.JSON)
    assert isinstance(found, ox.QuerySolutions)
    columns = tuple(variable.value for variable in found.variables)
    return Solutions(columns, [tuple(row) for row in found])
