"""Records: what the store keeps as one unit, with its versions, and writing it; one request is one transaction."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from api import schemas, verdict, write_schemas
from api.authorising import Author, AuthorDep
from api.body import largest_of, received
from api.dependencies import ServiceDep, only
from api.negotiation import THING_FORMS
from api.problems import Problem
from api.record_documents import represented_record
from api.sent import Sent, check_form
from kg.reading import MEDIA_TYPES

router = APIRouter(tags=["records"])
_SLUG = r"^[a-z0-9]+(?:[.-][a-z0-9]+)*$"
_WHY = "sent over HTTP"
Source = Annotated[str, Path(max_length=100, pattern=_SLUG, description="Source of the record, such as ctgov.")]
Id = Annotated[str, Path(max_length=200, pattern=_SLUG, description="Name of the record within its source.")]
DryRun = Annotated[bool, Query(description="Say what would change, value by value, and write nothing.")]
Reason = Annotated[str, Query(min_length=1, max_length=500, description="Why; it stays with the commit.")]
Format = Annotated[
    str | None, Query(max_length=20, description="Form of the body, where its media type does not say it.")
]
OfRecord = Annotated[
    str | None, Query(max_length=200, pattern=_SLUG, description="Of statements in RDF that stand in no graph.")
]
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string"}} for kind in (*MEDIA_TYPES, "multipart/form-data")}
        | {"application/json": {"schema": {"type": "object"}, "example": write_schemas.EXAMPLE}},
    },
    "security": [{"bearer": []}, {"key": []}],
}
_KEYED: dict[str, Any] = {"security": _BODY["security"]}
_REFUSED: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "model": schemas.ProblemBody}
    for status, text in (
        (400, "The body or the request is malformed."),
        (401, "The key is missing or not known."),
        (403, "The service takes no writes."),
        (413, "The body is, or unpacks to, more than 64 MiB, or 32 MiB of XML."),
        (415, "The form of the body is not read here."),
        (503, "Too many wait to write, or the store cannot be written to now."),
        (507, "There is no room for it."),
    )
}
_WRITTEN: dict[int | str, dict[str, Any]] = {
    **_REFUSED,
    201: {"description": "One record, which is new.", "model": write_schemas.WrittenBody},
    422: {
        "description": "A record is refused, and nothing was written; as RDF, the report of the SHACL recommendation.",
        "model": write_schemas.RefusedBody,
        "content": {"application/ld+json": {}, "text/turtle": {}},
    },
}
_RECORD: dict[int | str, dict[str, Any]] = {
    200: {"content": {form.media_type: {} for form in THING_FORMS if form.suffix != "json"}},
    404: {"model": schemas.ProblemBody, "description": "There is no such record or version."},
}


@router.post(
    "/records",
    response_model=write_schemas.WrittenBody,
    responses=_WRITTEN,
    openapi_extra=_BODY,
    dependencies=[Depends(only("dry_run", "reason", "format", "source", "id"))],
)
async def post_records(
    request: Request,
    author: AuthorDep,
    dry_run: DryRun = False,
    reason: Reason = _WHY,
    format: Format = None,
    source: OfRecord = None,
    id: OfRecord = None,
) -> Response:
    """Write records, all of them or none.

    The body is a record in JSON, an array of records, RDF in our vocabulary (a named graph is a record), or a file of
    another system; it may be packed (`Content-Encoding`), or the one file of a form.
    """
    if (source is None) != (id is None):
        raise Problem("invalid-parameters", "source and id are given together, or neither.")
    return await _write(request, author, (source, id) if source and id else None, format, reason, dry_run=dry_run)


@router.put(
    "/records/{source}/{id}",
    response_model=write_schemas.WrittenBody,
    responses=_WRITTEN,
    openapi_extra=_BODY,
    dependencies=[Depends(only("dry_run", "reason", "format"))],
)
async def put_record(
    request: Request,
    author: AuthorDep,
    source: Source,
    id: Id,
    dry_run: DryRun = False,
    reason: Reason = _WHY,
    format: Format = None,
) -> Response:
    """Write one record in the place of what it said before; one that was retracted comes back."""
    return await _write(request, author, (source, id), format, reason, dry_run=dry_run, whole=True)


@router.delete(
    "/records/{source}/{id}",
    response_model=write_schemas.WrittenBody,
    responses=_REFUSED | {404: {"model": schemas.ProblemBody, "description": "There is no such record."}},
    openapi_extra=_KEYED,
    dependencies=[Depends(only("reason"))],
)
async def delete_record(
    author: AuthorDep,
    source: Source,
    id: Id,
    reason: Annotated[str, Query(min_length=1, max_length=500, description="Why it is retracted.")],
) -> Response:
    """Retract a record: it leaves the evidence, and stays in the memory; one that defines a trial takes all of it."""
    work = partial(author.writer.retract, source, id, author.name, reason)
    return verdict.retracted(await author.writer.run(work))


@router.get(
    "/records/{source}/{id}",
    response_model=write_schemas.RecordBody,
    responses=_RECORD,
    dependencies=[Depends(only("version"))],
)
def read_record(
    request: Request,
    service: ServiceDep,
    source: Source,
    id: Id,
    version: Annotated[
        int | None, Query(ge=1, le=10**9, description="A version; the newest, if it is left out.")
    ] = None,
) -> Response:
    """Give a record: its versions as JSON or as a page, what it says as RDF."""
    return represented_record(request, service, source, id, version)


async def _write(
    request: Request,
    author: Author,
    record: tuple[str, str] | None,
    format: str | None,
    reason: str,
    *,
    dry_run: bool,
    whole: bool = False,
) -> Response:
    writer = author.writer
    kind = request.headers.get("content-type", "")
    check_form(kind, format)
    largest = largest_of(kind)
    async with received(request, largest) as body:
        sent = Sent(body.content, body.content_type, body.coding, largest, format, record)
        read = await writer.run(partial(writer.read, sent))
    if read.faults:
        raise verdict.unreadable(read)
    if not read.units:
        raise Problem("refused", "The body has no record in it.")
    if whole and [(unit.source, unit.name) for unit in read.units] != [record]:
        raise Problem("refused", f"The body is to hold the record {'/'.join(record or ())} and no other.")
    done = await writer.run(partial(writer.write, read, author.name, reason, dry_run=dry_run, bring_back=whole))
    return verdict.refused(request, done) if done.refused else verdict.written(done, dry_run=dry_run)
