"""The place of SPARQL over HTTP, which is not open in this version."""

from __future__ import annotations

from fastapi import APIRouter

from api.problems import Problem

router = APIRouter(include_in_schema=False)


@router.api_route("/sparql", methods=["GET", "POST"])
@router.api_route("/sparql/{rest:path}", methods=["GET", "POST"])
def not_open() -> None:
    """Say that free SPARQL is not open, and what is.

    Raises a problem (404).
    """
    raise Problem(
        "not-open",
        "Free SPARQL is not open in this version. The named queries of the collection are, under /queries.",
        more={"queries": "/queries"},
    )
