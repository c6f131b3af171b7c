"""``POST /pool``: stateless, in order, and every refusal a problem."""

from __future__ import annotations

import pytest

from tests.api.client import Client

GOOD = {"data": {"study": ["A", "B", "C"], "yi": [0.1, 0.5, 0.3], "vi": [0.1, 0.2, 0.1]}, "method": "DL"}


def test_one_and_many_give_the_same_numbers(client: Client) -> None:
    one = client.request("POST", "/pool", json=GOOD)
    assert one.status_code == 200, one.text
    bad = {"data": {"yi": [1.0], "vi": [0.0]}}
    many = client.request("POST", "/pool", json={"analyses": [GOOD, bad]}).json()["results"]
    assert many[0]["beta"] == one.json()["beta"]
    assert many[1]["error"]["status"] == 422


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100 + b"]" * 100, "application/json", 400),
        (b"yi=1", "text/plain", 415),
        (b'{"data": {"yi": [1], "vi": [1]}, "metod": "DL"}', "application/json", 400),
    ],
)
def test_a_body_that_is_wrong_is_a_problem(client: Client, content: bytes, kind: str, status: int) -> None:
    found = client.request("POST", "/pool", content=content, headers={"content-type": kind})
    assert found.status_code == status, found.text
    assert found.headers["content-type"].startswith("application/problem+json")
