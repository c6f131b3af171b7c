"""Changing the evidence by SPARQL: tried on a copy, assigned to records, and through the gate, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from fastapi import Request
from starlette.responses import Response

from api import verdict
from api.authorising import Author
from api.clients import client_of
from api.problems import Problem, parameter
from api.sparql.endpoint import StoreEndpoint
from kg.errors import InputRefused
from kg.store.drafts import Draft
from kg.store.frames import Ask

_TRIES: Final = 5
_LONGEST_REASON: Final = 500
OPTIONS: Final = ("reason", "dry_run")
"""What the address of a change may say besides."""


async def edited(
    request: Request,
    endpoint: StoreEndpoint,
    author: Author,
    changes: Sequence[Ask],
    graphs: Iterable[str],
    *,
    seconds: float | None = None,
    bring_back: bool = False,
    location: str | None = None,
) -> Response:
    """Make changes to the evidence, one after the other in one transaction, and say what became of the records.

    ``graphs`` are those that the changes may name; the ones of records are there for them. 201, with the ``location``,
    says that a graph is new.

    Raises a problem: 422 where a record is refused, 503 where others write all the while; NoGraph, QueryRefused,
    QueryStopped, StoreUnavailable.
    """
    reason, dry_run = _reason(request), _dry_run(request)
    writer, most = author.writer, endpoint.readers.limits.seconds
    named = set(graphs)
    for _ in range(_TRIES):
        basis = await writer.run(partial(writer.basis, endpoint.copies, named))
        draft = Draft(basis.place, changes, basis.graphs, min(most, seconds or most))
        found = await endpoint.drafts.difference(draft, client_of(request))
        work = partial(writer.change, basis, found, author.name, reason, dry_run=dry_run, bring_back=bring_back)
        try:
            done = await writer.run(work)
        except InputRefused as refused:
            raise Problem("record-refused", f"{refused}. Nothing was written.") from refused
        if done is None:
            continue
        if done.refused:
            return verdict.refused(request, done)
        made = found.created and not dry_run
        return verdict.changed(done, 201 if made else 200, _headers(location) if made else None, dry_run=dry_run)
    raise Problem("busy", "Others write all the while; send it again.", headers={"Retry-After": "2"})


def _headers(location: str | None) -> Mapping[str, str] | None:
    return {"Location": location} if location else None


def _reason(request: Request) -> str:
    given = request.query_params.getlist("reason")
    if len(given) > 1 or any(not reason.strip() or len(reason) > _LONGEST_REASON for reason in given):
        detail = f"reason says once, in at most {_LONGEST_REASON} characters, why the records change"
        raise Problem("invalid-parameters", detail, [parameter("reason", detail)])
    return given[0] if given else "sent over HTTP as SPARQL"


def _dry_run(request: Request) -> bool:
    given = request.query_params.getlist("dry_run")
    if given not in ([], ["true"], ["false"]):
        detail = "dry_run is true or false, once"
        raise Problem("invalid-parameters", detail, [parameter("dry_run", detail)])
    return given == ["true"]
