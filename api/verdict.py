"""What a request to write gets back: what was done with each record, or everything that keeps the records out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from api.negotiation import HTML, JSON, JSONLD, TURTLE, preferred
from api.problems import PROBLEM, Problem
from api.responses import json_bytes
from kg.reading import Read
from kg.store import Commit
from kg.writing import Fault, RecordReport, Retraction, Written

_MOST = 200
_PLACE = re.compile(r"[^#]*#(/.*)?")


def unreadable(read: Read) -> Problem:
    """Return the problem of a body whose records cannot be read."""
    errors = [{"pointer": fault.pointer, "detail": fault.message} for fault in read.faults[:_MOST]]
    return _problem(errors)


def written(done: Written, *, dry_run: bool) -> Response:
    """Return what was done with each record, or would be; 201 where one record is new."""
    new = [record for record in done.records if record.action == "new"]
    made = len(done.records) == 1 and len(new) == 1 and not dry_run
    headers = {"Location": _href(new[0].source, new[0].name)} if made else None
    return changed(done, 201 if made else 200, headers, dry_run=dry_run)


def changed(done: Written, status: int, headers: Mapping[str, str] | None = None, *, dry_run: bool) -> Response:
    """Return what was done with each record, or would be, with a status."""
    body = {
        "dry_run": dry_run,
        "commit": _commit(done.commit) if done.committed else None,
        "records": [_record(record) for record in done.records],
    }
    return Response(json_bytes(body), status, headers, JSON.media_type)


def refused(request: Request, done: Written) -> Response:
    """Return why records are refused: the report of the SHACL recommendation where Accept asks for RDF.

    Raises a problem (422) with every fault and its place otherwise.
    """
    form = preferred(request.headers.get("accept"), (PROBLEM, JSON, HTML, JSONLD, TURTLE))
    if form in (JSONLD, TURTLE) and done.report.results:
        content = done.report.to_jsonld() if form is JSONLD else done.report.to_turtle()
        return Response(content, 422, {"Vary": "Accept", "Cache-Control": "no-store"}, form.content_type)
    errors = [_fault(fault) for record in done.records for fault in record.faults]
    raise _problem(errors[:_MOST])


def retracted(done: Retraction) -> Response:
    """Return which records left the evidence."""
    records = [
        {
            "source": version.source,
            "id": version.id,
            "href": _href(version.source, version.id),
            "action": "retracted",
            "differences": [],
            "warnings": [],
            "unresolved": [],
            "likely_duplicates": [],
        }
        for version in done.records
    ]
    return Response(
        json_bytes({"dry_run": False, "commit": _commit(done.commit), "records": records}), media_type=JSON.media_type
    )


def _problem(errors: Sequence[Mapping[str, Any]]) -> Problem:
    first = errors[0]
    more = f" There are {len(errors) - 1} more faults." if len(errors) > 1 else ""
    where = f"{first['pointer']}: " if first["pointer"] else ""
    return Problem("record-refused", f"{where}{first['detail']} Nothing was written.{more}", errors)


def _fault(fault: Fault) -> dict[str, Any]:
    found = _PLACE.fullmatch(fault.place)
    pointer = (found[1] or "") if found else ""
    if found and fault.column and not pointer.endswith(f"/{fault.column}"):
        pointer += f"/{fault.column}"
    told = {"rule": fault.rule, "about": fault.about, "column": fault.column, "found": fault.found}
    made = {"pointer": pointer, "detail": fault.remedy, **{name: value for name, value in told.items() if value}}
    return made | {"nearest": list(fault.nearest)} if fault.nearest else made


def _commit(commit: Commit) -> dict[str, Any]:
    return {name: getattr(commit, name) for name in ("number", "time", "author", "reason", "hash")}


def _record(record: RecordReport) -> dict[str, Any]:
    return {
        "source": record.source,
        "id": record.name,
        "href": _href(record.source, record.name),
        "action": record.action,
        "differences": [{"thing": d.thing, "column": d.column, "old": d.old, "new": d.new} for d in record.differences],
        "warnings": list(record.warnings),
        "unresolved": [words.text for words in record.unresolved],
        "likely_duplicates": [f"{found.other}: {found.why}" for found in record.duplicates],
    }


def _href(source: str | None, record: str | None) -> str:
    return f"/records/{quote(source or '', safe='')}/{quote(record or '', safe='')}"
