"""The application: it opens the store when it starts, and closes it when it stops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from api import (
    description,
    entities,
    evidence,
    graph,
    health,
    identity,
    pages,
    pooling,
    problems,
    queries,
    records,
    sparql,
    vocabulary_page,
)
from api.cors import CrossOrigin
from api.headers import Headers
from api.lingering import Lingering
from api.opening import opened
from api.present import OneCommit
from api.rates import Rates
from api.sparql import endpoint as sparql_endpoint
from api.templating import STATIC
from kg import __version__
from kg.settings import Settings
from kg.store.readers import ReaderLimits


def create_app(settings: Settings | None = None, processes: int = 1) -> FastAPI:
    """Return the application for a store; without settings, for the one that the environment names.

    It is served by so many ``processes``, and takes its share of what there is for queries.
    """
    chosen = settings or Settings.read()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(app, chosen), sparql_endpoint.opened(app, chosen, ReaderLimits.among(processes)):
            yield

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
    app.state.address, app.state.proxies = chosen.address, frozenset(chosen.proxies)
    problems.install(app)
    for middleware in (OneCommit, Headers, Lingering, CrossOrigin):
        app.add_middleware(middleware)
    app.add_middleware(Rates, requests=chosen.requests)
    sparql.install(app)
    for module in (
        pages,
        evidence,
        pooling,
        records,
        entities,
        graph,
        queries,
        identity,
        health,
        description,
        vocabulary_page,
    ):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app
