"""The graph over HTTP: neighbours and paths, page by page, with the records that state each edge."""

from __future__ import annotations

from typing import Any

import pytest

from kg.iris import BASE
from tests.api.client import Client


def test_neighbours_come_page_by_page(client: Client) -> None:
    address = "/graph/neighbours?node=nmda-receptor&class=DrugAction&limit=5"
    first: dict[str, Any] = client.get(address).json()
    assert first["node"]["iri"] == f"{BASE}receptor/nmda-receptor"
    assert first["counts"] == [{"distance": 1, "things": 12}]
    assert all(edge["records"] for edge in first["edges"])
    told, at = first["nodes"], first["next"]
    while at is not None:
        page: dict[str, Any] = client.get(f"{address}&cursor={at}").json()
        told, at = [*told, *page["nodes"]], page["next"]
    assert len({node["iri"] for node in told}) == len(told) == 12


def test_paths_lead_over_arms_and_results(client: Client) -> None:
    reply = client.get("/graph/paths?from=ketamine&to=outcome/nausea&class=Arm&class=DichotomousResult&count=3")
    found = reply.json()
    assert [[node["classes"][0] for node in path["nodes"]] for path in found["paths"]] == [
        ["Drug", "Arm", "DichotomousResult", "Outcome"]
    ] * 3
    again = client.get(
        "/graph/paths?from=ketamine&to=outcome/nausea&class=Arm&class=DichotomousResult&count=3",
        headers={"If-None-Match": reply.headers["etag"]},
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/graph/neighbours?node=ketamne", 404, "ketamine"),
        ("/graph/neighbours?node=trial/none", 404, "says nothing of"),
        ("/graph/neighbours?node=ketamine&hops=5", 422, "hops"),
        ("/graph/neighbours?node=ketamine&class=Armm", 404, "Arm"),
        ("/graph/neighbours?node=ketamine&direction=up", 400, "both, out, in"),
        ("/graph/neighbours?node=ketamine&hop=2", 422, "hops"),
        ("/graph/neighbours?node=ketamine&hops=1&hops=2", 422, "twice|2 times"),
        ("/graph/paths?from=ketamine", 422, "to"),
        ("/graph/paths?from=ketamine&to=outcome/a%3E%20b", 400, "not an IRI"),
    ],
)
def test_what_cannot_be_asked_is_a_problem(client: Client, address: str, status: int, said: str) -> None:
    reply = client.get(address)
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert any(word in reply.text for word in said.split("|")), reply.text
