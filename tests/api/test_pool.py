"""``POST /pool``: stateless, in order, and every refusal a problem that points to the place."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.api.client import Client
from tests.pooling.asked import BCG, ask

GOOD: dict[str, Any] = {
    "data": {"study": ["A", "B", "C"], "yi": [0.1, 0.5, 0.3], "vi": [0.1, 0.2, 0.1]},
    "method": "DL",
}


def test_one_and_many_give_the_same_numbers(client: Client) -> None:
    one = client.post("/pool", json=GOOD)
    assert one.status_code == 200, one.text
    assert one.headers["content-type"] == "application/json"
    bad = {"data": {"yi": [1.0], "vi": [0.0]}}
    many = client.post("/pool", json={"analyses": [GOOD, bad, GOOD | {"leave1out": True}]}).json()["results"]
    assert many[0] == one.json()
    assert many[1]["error"]["status"] == 422
    assert many[1]["error"]["errors"] == [{"pointer": "/analyses/1/data/vi/0", "detail": many[1]["error"]["detail"]}]
    assert {name: many[2][name] for name in many[0]} == many[0]


@pytest.mark.parametrize(
    "options",
    [
        {"measure": "RR", "test": "knha", "tau2_ci": True, "leave1out": True, "subgroup": "alloc"},
        {"measure": "OR", "method": "MH"},
        {"measure": "OR", "mods": ["ablat"], "permutation": 50},
        {"measure": "OR", "method": "none"},
        {"measure": "OR", "method": "GLMM", "model": "CM.AL"},
        {"measure": "OR", "nested": ["alloc", "study"]},
    ],
)
def test_it_gives_what_the_library_gives(client: Client, options: dict[str, Any]) -> None:
    assert client.post("/pool", json={"data": BCG, **options}).json() == ask(BCG, **options)


@pytest.mark.parametrize(
    ("content", "kind", "status", "place"),
    [
        (b"{", "application/json", 400, None),
        (b"", "application/json", 400, None),
        (b"[" * 100 + b"]" * 100, "application/json", 400, None),
        (b"[" * 100_000, "application/json", 400, None),
        (b"yi=1", "text/plain", 415, None),
        (b"null", "application/json", 400, ""),
        (b'{"data": {"yi": [1], "vi": [1]}, "metod": "DL"}', "application/json", 400, "/metod"),
        (b'{"data": {"yi": [NaN], "vi": [1]}}', "application/json", 400, None),
        (b'{"data": {"yi": ["1"], "vi": [1]}}', "application/json", 400, "/data/yi/0"),
        (b'{"data": {"yi": [1, 2], "vi": [1, -1]}}', "application/json", 422, "/data/vi/1"),
        (b'{"data": {"yi": [1, 2], "vi": [1, 1]}, "mods": ["x"]}', "application/json", 400, "/mods"),
        (b'{"data": {"yi": [1], "vi": [1]}, "mods": ["yi"], "trimfill": true}', "application/json", 422, None),
        (b'{"analyses": {}}', "application/json", 422, None),
        (b'{"analyses": [], "measure": "RR"}', "application/json", 422, None),
    ],
)
def test_a_body_that_is_wrong_is_a_problem(
    client: Client, content: bytes, kind: str, status: int, place: str | None
) -> None:
    found = client.post("/pool", content=content, headers={"content-type": kind})
    assert found.status_code == status, found.text
    assert found.headers["content-type"].startswith("application/problem+json")
    assert [item["pointer"] for item in found.json().get("errors", [])] == ([] if place is None else [place])


def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    found = client.post("/pool", content=b" " * (9 * 1024 * 1024), headers={"content-type": "application/json"})
    assert found.status_code == 413


def test_a_small_body_cannot_keep_the_service_busy(client: Client) -> None:
    k = 3000
    data = {"yi": [0.1 * (i % 7) for i in range(k)], "vi": [0.1 + 0.01 * (i % 5) for i in range(k)]}
    few = {name: column[:9] for name, column in data.items()}
    bodies = (
        {"data": data, "influence": True},
        {"data": data, "permutation": 10**9},
        {"data": data, "selmodel": [i / 100 for i in range(1, 90)]},
        {"analyses": [{"data": few, "permutation": 5000}] * 500},
        {"analyses": [{"data": few, "trimfill": True}] * 5000},
    )
    for body in bodies:
        began = time.monotonic()
        found = client.post("/pool", json=body)
        assert "one call may" in found.text
        assert time.monotonic() - began < 20


def test_a_large_analysis_is_pooled(client: Client) -> None:
    k = 100_000
    found = client.post("/pool", json={"data": {"yi": [0.1 * (i % 7) for i in range(k)], "vi": [0.1] * k}})
    assert found.json()["k"] == k


def test_the_description_has_an_example_that_works(client: Client) -> None:
    described = client.get("/openapi.json").json()["paths"]["/pool"]["post"]
    example = described["requestBody"]["content"]["application/json"]["example"]
    found = client.post("/pool", content=json.dumps(example), headers={"content-type": "application/json"})
    assert found.json()["k"] == 2
    assert set(described["responses"]) >= {"200", "400", "413", "415", "422"}


def test_other_methods_and_parameters_are_refused(client: Client) -> None:
    assert client.get("/pool").status_code == 405
    assert client.post("/pool?measure=RR", json=GOOD).status_code == 422
