"""The application: it opens the store when it starts, and closes it when it stops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import create_task_group
from anyio.to_thread import run_sync
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api import description, entities, evidence, health, identity, pages, pooling, problems, queries, sparql
from api.headers import Headers
from api.service import Service
from api.templating import STATIC
from kg import __version__
from kg.evidence_base import EvidenceBase
from kg.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application for a store; without settings, for the one that the environment names."""
    chosen = settings or Settings.read()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        base = await run_sync(EvidenceBase.open, chosen)
        try:
            app.state.service = await run_sync(Service, base)
            async with create_task_group() as tasks:
                tasks.start_soon(run_sync, app.state.service.prepare)
                yield
        finally:
            await run_sync(base.close)

    app = FastAPI(
        title="evigraph",
        version=__version__,
        description=description.SUMMARY,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    problems.install(app)
    app.add_middleware(Headers)
    for module in (pages, evidence, pooling, entities, queries, identity, health, sparql, description):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app
