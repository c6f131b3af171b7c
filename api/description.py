"""The OpenAPI document, its examples taken from real answers of the open store."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import Response

from api.dependencies import ServiceDep, only
from api.listing import listing
from api.negotiation import JSON
from api.responses import json_bytes, not_modified, represented, unchanged
from api.service import Service
from api.thing import thing
from kg import asked
from kg.errors import EvidenceError
from kg.formats.answer_json import answer_json

router = APIRouter(include_in_schema=False, dependencies=[Depends(only())])
SUMMARY = (
    "Answers to questions of effect and harm, pooled from randomised trials in a knowledge graph; "
    "every number can be walked back to the row of the source it came from."
)

_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key that `kg key new` made."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."},
}


@router.get("/openapi.json")
def read_description(request: Request, service: ServiceDep) -> Response:
    """Give the OpenAPI document."""
    tag = service.tag("openapi")
    if unchanged(request, tag):
        return not_modified(tag)
    return represented(json_bytes(described(request.app, service)), JSON, tag)


def described(app: FastAPI, service: Service) -> dict[str, Any]:
    """Return the OpenAPI document with examples from the store."""
    document = app.openapi()
    document.setdefault("components", {})["securitySchemes"] = _KEYS
    paths = document["paths"]
    for place, example in _examples(service).items():
        content = paths[place]["get"]["responses"]["200"]["content"]["application/json"]
        content["example"] = example
    for parameters in (paths["/answer"]["get"]["parameters"], paths["/answer.{form}"]["get"]["parameters"]):
        for parameter in parameters:
            words = service.choices.examples[0].words if service.choices.examples else {}
            if parameter["name"] in words:
                parameter["example"] = words[parameter["name"]]
    return document


def _examples(service: Service) -> dict[str, Any]:
    """Return an example for the body of some addresses; a store without reviews gives none."""
    made: dict[str, Any] = {}
    for example in service.choices.examples[:1]:
        try:
            found = answer_json(service.answer(asked.of(**example.words)))
            made["/answer"] = {**found, "studies": found["studies"][:1], "excluded": found["excluded"][:1]}
            iri = found["question"]["intervention"]["iri"]
            made["/drugs/{slug}"] = thing(service, iri).model_dump()
        except EvidenceError:
            continue
    drugs = listing(service, "drugs", None, 2, None)
    made["/drugs"] = drugs.model_dump()
    return made
