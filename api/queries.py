"""The query collection: what may be asked by name, and the rows of one query."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api import schemas, signposting
from api.dependencies import ServiceDep, check_parameters, only
from api.documents import represented_thing
from api.negotiation import CSV, FACTS_FIRST, HTML, JSON, ROWS_FORMS, THING_FORMS, by_suffix
from api.problems import Problem, parameter
from api.responses import chosen, json_bytes, not_modified, represented, unchanged
from api.templating import page
from kg.catalog import Query
from kg.errors import InputRefused
from kg.formats.rows import rows_csv, rows_json
from kg.iris import BASE

router = APIRouter(tags=["queries"])
_ROWS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {}, "text/csv": {}}},
    400: {"model": schemas.ProblemBody, "description": "A value is not of the kind of its parameter."},
    404: {"model": schemas.ProblemBody, "description": "No such query; `nearest` has three that are."},
    422: {"model": schemas.ProblemBody, "description": "A parameter that the query does not have."},
}
_MOST_ON_PAGE = 500
_LONGEST = 2000
_PATH = re.compile(r"[a-z][a-z-]*(?:[/#][A-Za-z0-9]+(?:[._~-]+[A-Za-z0-9]+)*)*")


def _summary(query: Query) -> dict[str, Any]:
    return {
        "name": query.name,
        "summary": query.summary,
        "params": dict(query.params),
        "columns": dict(query.columns),
        "href": f"/queries/{query.name}",
    }


@router.get(
    "/queries",
    response_model=schemas.QueryList,
    responses={200: {"content": {"text/html": {}}}},
    dependencies=[Depends(only())],
)
def list_queries(request: Request, service: ServiceDep) -> Response:
    """List the query collection: each query with its parameters and columns."""
    form = chosen(request, FACTS_FIRST)
    tag = service.tag("queries", form.suffix)
    if unchanged(request, tag):
        return not_modified(tag)
    found = [_summary(query) for query in service.base.catalog.values()]
    if form is HTML:
        folders: dict[str, list[dict[str, Any]]] = {}
        for query in found:
            folders.setdefault(query["name"].partition("/")[0], []).append(query)
        return represented(page("queries.html", request, folders=folders), form, tag)
    return represented(json_bytes({"queries": found}), form, tag)


@router.get("/queries/{name:path}", response_model=schemas.QueryRun, responses=_ROWS)
def run_query(request: Request, name: str, service: ServiceDep) -> Response:
    """Run one query of the collection; its parameters are given as parameters of the address.

    Without a value a parameter keeps the example of the query file; a suffix (.csv, .json, .html) says the form.
    """
    head, dot, suffix = name.rpartition(".")
    named = by_suffix(suffix, ROWS_FORMS) if dot else None
    name = head if named else name
    query = service.base.catalog[name]
    if query.form != "SELECT":  # it gives no rows, and is there to be sent elsewhere
        return represented_thing(request, service, f"{BASE}query/{name}", None, THING_FORMS)
    check_parameters(request, query.params)
    form = named or chosen(request, ROWS_FORMS)
    values = {key: value for key, value in request.query_params.items() if value}
    tag = service.tag("query", name, *(f"{key}={value}" for key, value in sorted(values.items())), form.suffix)
    for key, value in values.items():
        _check(query, key, value)
    links = [
        *signposting.links(f"{BASE}query/{name}", f"/queries/{name}", (), form),
        f'</doc/query/{name}.ttl>; rel="describedby"; type="text/turtle"',
        signposting.LICENCE,
    ]
    if unchanged(request, tag):
        return not_modified(tag, links)
    rows = service.base.query(name, **values)
    if form is CSV:
        return represented(rows_csv(rows), form, tag, links, name=name.replace("/", "-"))
    if form is HTML:
        made = page(
            "query.html",
            request,
            query=query,
            values=values,
            columns=rows.columns,
            rows=rows.rows[:_MOST_ON_PAGE],
            total=len(rows.rows),
            downloads=[(f.name, f"/queries/{name}.{f.suffix}?{urlencode(values)}".rstrip("?")) for f in (CSV, JSON)],
        )
        return represented(made, form, tag, links)
    return represented(json_bytes({"query": name, "parameters": values, **rows_json(rows)}), form, tag, links)


def _check(query: Query, name: str, text: str) -> None:
    """Refuse a value that is not of the kind of its parameter.

    Raises a problem (400) naming the parameter.
    """
    if len(text) > _LONGEST:
        detail = f"{name} is longer than {_LONGEST} characters; shorten it"
        raise Problem("input-refused", detail, [parameter(name, detail)])
    if query.params[name] == "iri" and ":" not in text and not _PATH.fullmatch(text):
        detail = f"{name} is {text[:100]!r}; write an IRI, a CURIE, or the path of a thing such as kind/slug"
        raise Problem("input-refused", detail, [parameter(name, detail)])
    try:
        query.term(name, text)
    except InputRefused as error:
        raise Problem("input-refused", str(error), [parameter(name, str(error))]) from error
