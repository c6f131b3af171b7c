"""Stateless pooling: study data in, the pooled effect out."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.problems import Problem, problem_body
from kg.errors import EvidenceError
from kg.pooling.request import MOST_ANALYSES, Limits, many_pooled, pooled_as_asked, read

router = APIRouter(tags=["pooling"])
LARGEST = 8 * 1024 * 1024
DEEPEST = 64
LIMITS = Limits()
EXAMPLE = {
    "data": {"study": ["A", "B"], "ai": [4, 6], "n1i": [123, 306], "ci": [11, 29], "n2i": [139, 303]},
    "measure": "RR",
    "method": "REML",
    "test": "knha",
}
_SCHEMA = {"requestBody": {"required": True, "content": {"application/json": {"example": EXAMPLE}}}}


@router.post("/pool", openapi_extra=_SCHEMA)
async def post_pool(request: Request) -> Response:
    """Pool study data, or many analyses in one call; numbers on the analysis scale, log for ratios."""
    body = _parsed(await _content(request))
    return Response(orjson.dumps(await run_in_threadpool(_answered, body)), media_type="application/json")


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
    depth = deepest = 0
    in_text = escaped = False
    for byte in content:
        if in_text:
            in_text, escaped = escaped or byte != 0x22, not escaped and byte == 0x5C
        elif byte == 0x22:
            in_text = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    if deepest > DEEPEST:
        raise Problem("refused", f"The JSON is nested {deepest} deep; {DEEPEST} is the most.")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Problem("refused", f"The body is not JSON: {error}.") from error


def _answered(body: Any) -> dict[str, Any]:
    if not (isinstance(body, dict) and "analyses" in body):
        return pooled_as_asked(read(body), LIMITS)
    analyses = body["analyses"]
    if set(body) != {"analyses"} or not isinstance(analyses, list) or len(analyses) > MOST_ANALYSES:
        raise Problem("invalid-parameters", f"analyses takes a list of at most {MOST_ANALYSES} and stands alone.")
    found = many_pooled(analyses, LIMITS)
    return {"results": [{"error": problem_body(f)} if isinstance(f, EvidenceError) else f for f in found]}
