"""The query collection over HTTP, the description of the service, and its health."""

from __future__ import annotations

import csv
import io

import pytest

from api import schemas
from api.answer_schemas import Answer
from kg import __version__
from tests.api.asking import HTML, PROBLEM
from tests.api.client import Client


def test_every_query_of_the_list_runs(client: Client) -> None:
    listed = client.get("/queries").json()
    schemas.QueryList.model_validate(listed)
    assert len(listed["queries"]) >= 20
    assert [query["name"] for query in listed["queries"] if not query["columns"]] == [
        "remote/concept",
        "remote/trial",
        "remote/trials-of-drug",
    ], "those that are sent elsewhere give no rows"
    for query in listed["queries"]:
        found = client.get(query["href"])
        if not query["columns"]:
            assert found.status_code == 200
            continue
        schemas.QueryRun.model_validate(found.json())
        assert set(found.json()["columns"]) <= set(query["columns"])
        assert client.get(query["href"], headers=HTML).status_code == 200


def test_a_query_takes_values(client: Client) -> None:
    for value in ("drug/ketamine", "https://w3id.org/evigraph/drug/ketamine"):
        found = client.get("/queries/trials/trials-of-drugs", params={"drug": value}).json()
        assert {row[0] for row in found["rows"]} == {"https://w3id.org/evigraph/drug/ketamine"}
    nothing = client.get("/queries/trials/trials-of-drugs", params={"drug": "drug/nothing"})
    assert (nothing.status_code, nothing.json()["rows"]) == (200, [])


def test_rows_come_as_csv(client: Client) -> None:
    found = client.get("/queries/explore/counts", headers={"accept": "text/csv"})
    assert found.headers["content-type"] == "text/csv; charset=utf-8"
    assert next(csv.reader(io.StringIO(found.text))) == ["class", "things"]
    assert client.get("/queries/explore/counts.csv").content == found.content
    assert client.get("/queries/explore/counts.html").headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("place", "status", "pointer"),
    [
        ("/queries/explore/nothing", 404, None),
        ("/queries/explore/entity?thingy=x", 422, "/query/thingy"),
        ("/queries/explore/entity?thing=a&thing=b", 422, "/query/thing"),
        ("/queries/explore/entity?thing=%3Fs%20}", 400, "/query/thing"),
        ("/queries/explore/entity?thing=" + "x" * 3000, 400, "/query/thing"),
    ],
)
def test_what_a_query_does_not_take(client: Client, place: str, status: int, pointer: str | None) -> None:
    found = client.get(place)
    assert (found.status_code, found.headers["content-type"]) == (status, PROBLEM)
    if pointer:
        assert found.json()["errors"][0]["pointer"] == pointer
    else:
        assert len(found.json()["nearest"]) == 3


def test_the_service_describes_itself_with_real_examples(client: Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert document["info"]["version"] == __version__
    example = document["paths"]["/answer"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    Answer.model_validate(example)
    again = client.get("/answers/" + example["id"]).json()
    assert again["estimate"] == example["estimate"]
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
    names = {p["name"] for p in document["paths"]["/answer"]["get"]["parameters"]}
    assert {"intervention", "comparator", "outcome", "condition", "route", "band", "protocol", "measure"} <= names


def test_health(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    ready = client.get("/health/ready")
    schemas.Ready.model_validate(ready.json())
    assert ready.json()["commit"] == 1
    assert len(ready.json()["fingerprint"]) == 64
    assert ready.headers["cache-control"] == "no-store"
