"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api import schemas
from api.dependencies import ServiceDep, only
from api.negotiation import JSON
from api.responses import json_bytes
from kg import __version__

router = APIRouter(prefix="/health", tags=["health"], dependencies=[Depends(only())])
_NOW = {"Cache-Control": "no-store"}


@router.get("/live", response_model=schemas.Live)
def live() -> Response:
    """Say that the process answers."""
    return Response(json_bytes({"status": "live"}), headers=_NOW, media_type=JSON.media_type)


@router.get(
    "/ready",
    response_model=schemas.Ready,
    responses={503: {"model": schemas.ProblemBody, "description": "The store cannot be read."}},
)
def ready(service: ServiceDep) -> Response:
    """Say that the store can be read, and what it holds."""
    service.base.store.check_ready()
    commit = service.commit
    body = {
        "status": "ready",
        "fingerprint": service.fingerprint,
        "commit": commit.number,
        "committed_at": commit.time,
        "commit_hash": commit.hash,
        "software": {"name": "evigraph", "version": __version__},
    }
    return Response(json_bytes(body), headers=_NOW, media_type=JSON.media_type)
