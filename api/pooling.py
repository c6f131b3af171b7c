"""Stateless pooling: study data in, the pooled effect out."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import schemas
from api.dependencies import only
from api.problems import Problem, problem_body
from kg.errors import EvidenceError
from kg.pooling.request import MOST_ANALYSES, Limits, many_pooled, pooled_as_asked, read

router = APIRouter(tags=["pooling"])
LARGEST = 8 * 1024 * 1024
DEEPEST = 64
EXAMPLE = {
    "data": {"study": ["A", "B"], "ai": [4, 6], "n1i": [123, 306], "ci": [11, 29], "n2i": [139, 303]},
    "measure": "RR",
    "method": "REML",
    "test": "knha",
}
_SCHEMA = {"requestBody": {"required": True, "content": {"application/json": {"example": EXAMPLE}}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The pooled effect in metafor's words.", "content": {"application/json": {}}},
    **{
        status: {"description": text, "model": schemas.ProblemBody}
        for status, text in (
            (400, "The body is malformed; `errors` points to the place."),
            (413, "The body is larger than 8 MiB."),
            (415, "The body is not application/json."),
            (422, "The studies cannot be pooled; `errors` points to the value."),
        )
    },
}


@router.post("/pool", openapi_extra=_SCHEMA, responses=_RESPONSES, dependencies=[Depends(only())])
async def post_pool(request: Request) -> Response:
    """Pool study data, or many analyses in one call; numbers on the analysis scale, log for ratios.

    `data` holds columns of equal length, named as in metafor's `escalc`, null for missing; `study` labels. Options are
    those of `kg pool`. `{"analyses": [...]}` gives `{"results": [...]}` in order; one that cannot be pooled has an
    `error` there. What cannot be pooled is refused, with a pointer to the value.
    """
    return Response(await run_in_threadpool(_response, await _content(request)), media_type="application/json")


def _response(content: bytes) -> bytes:
    return orjson.dumps(_answered(_parsed(content)))


async def _content(request: Request) -> bytes:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem("unsupported-media-type", f"The body is {kind or 'of no type'}; send application/json.")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST:
            raise Problem("too-large", f"The body is larger than {LARGEST // 1024**2} MiB; send it in parts.")
    return bytes(content)


def _parsed(content: bytes) -> Any:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Problem("refused", f"The body is not JSON: {error}.") from error
    if _deeper(body, DEEPEST):
        raise Problem("refused", f"The JSON is nested more than {DEEPEST} deep; no request needs that.")
    return body


def _deeper(value: Any, limit: int) -> bool:
    """Whether lists and objects are nested more than so many deep."""
    level = [value]
    for _ in range(limit + 1):
        inside = (v.values() if isinstance(v, dict) else v for v in level if isinstance(v, dict | list))
        level = [item for items in inside for item in items if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _answered(body: Any) -> dict[str, Any]:
    if not (isinstance(body, dict) and "analyses" in body):
        return pooled_as_asked(read(body), Limits())
    analyses = body["analyses"]
    if set(body) != {"analyses"} or not isinstance(analyses, list) or len(analyses) > MOST_ANALYSES:
        raise Problem("invalid-parameters", f"analyses takes a list of at most {MOST_ANALYSES} and stands alone.")
    found = many_pooled(analyses, Limits())
    return {
        "results": [
            {"error": problem_body(item, f"/analyses/{place}")} if isinstance(item, EvidenceError) else item
            for place, item in enumerate(found)
        ]
    }
