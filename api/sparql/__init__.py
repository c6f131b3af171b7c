"""SPARQL over HTTP: the protocols for queries, updates and graphs, and the description of the service."""

from fastapi import APIRouter

from api.sparql import graph_store, queries, service_description, updates

router = APIRouter(include_in_schema=False)
for module in (queries, updates, graph_store, service_description):
    router.include_router(module.router)
