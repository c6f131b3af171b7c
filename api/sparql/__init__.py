"""SPARQL over HTTP: the protocols for queries, updates and graphs, and the description of the service."""

from fastapi import APIRouter, FastAPI

from api.sparql import graph_store, queries, service_description, updates

__all__ = ["install"]


def install(app: FastAPI) -> None:
    """Give an application its routes for SPARQL; the one for queries is looked at before those that come later.

    It is a plain route: what routers and routes of the framework do for parameters takes longer than all the rest.
    """
    app.add_route("/sparql", queries.sparql, methods=["GET", "POST"])
    router = APIRouter(include_in_schema=False)
    for module in (updates, graph_store, service_description):
        router.include_router(module.router)
    app.include_router(router)
