"""The application of a scratch store: SPARQL and the Graph Store Protocol about a store that begins empty."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from api import problems, sparql
from api.cors import CrossOrigin
from api.headers import Headers
from api.lingering import Lingering
from api.negotiation import JSON
from api.responses import json_bytes
from api.sparql.endpoint import opened_scratch
from kg import __version__

router = APIRouter(include_in_schema=False)


@router.get("/health/live")
@router.get("/health/ready")
async def healthy() -> Response:
    """Say that the process answers."""
    return Response(json_bytes({"status": "ready"}), headers={"Cache-Control": "no-store"}, media_type=JSON.media_type)


def create_scratch_app() -> FastAPI:
    """Return the application; its store is gone when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened_scratch(app):
            yield

    app = FastAPI(
        title="evigraph scratch store",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    problems.install(app)
    for middleware in (Headers, Lingering, CrossOrigin):
        app.add_middleware(middleware)
    sparql.install(app)
    app.include_router(router)
    return app
