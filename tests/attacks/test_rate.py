"""Clients that ask for more than their share."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.attacks import corpus
from tests.attacks.server import Server
from tests.attacks.watch import Canary
from tests.conftest import SHARED

pytestmark = [pytest.mark.server, pytest.mark.slow]
ELSEWHERE = "127.0.0.3"


def item(name: str) -> corpus.Item:
    return next(item for item in corpus.of_folder(SHARED / "attacks", "rate") if item.name == name)


def test_who_guesses_keys_is_stopped(server: Server, canary: Canary) -> None:
    given = item("rate-bad-keys").input
    guessing = httpx.HTTPTransport(local_address="127.0.0.4")
    with httpx.Client(base_url=server.address, transport=guessing, timeout=20) as client:
        found = []
        for number in range(given["requests"]):
            headers = {name: value.replace("{i}", str(number)) for name, value in given["headers"].items()}
            found.append(client.post("/records", json={}, headers=headers))
        statuses = [reply.status_code for reply in found]
        assert statuses[0] == 401
        assert set(statuses) == {401, 429}
        assert statuses[-1] == 429
        assert statuses.index(429) <= 50
        assert int(found[-1].headers["retry-after"]) > 0
        assert client.get("/drugs").status_code == 200, "who asks without a key is not concerned"
    with httpx.Client(base_url=server.address, transport=httpx.HTTPTransport(local_address=ELSEWHERE)) as other:
        headers = {"Authorization": f"Bearer {server.key}"}
        assert other.post("/records", json=[], headers=headers, timeout=60).status_code == 400


def test_costly_queries_wait_a_bounded_time(server: Server, canary: Canary) -> None:
    given = item("rate-expensive").input

    def expensive() -> tuple[httpx.Response, float]:
        started = time.monotonic()
        found = httpx.get(f"{server.address}/sparql", params={"query": given["query"]}, timeout=60)
        return found, time.monotonic() - started

    cheap: list[float] = []
    with ThreadPoolExecutor(given["requests"]) as pool:
        asked = [pool.submit(expensive) for _ in range(given["requests"])]
        time.sleep(0.5)
        with httpx.Client(base_url=server.address, transport=httpx.HTTPTransport(local_address=ELSEWHERE)) as other:
            while not all(each.done() for each in asked):
                started = time.monotonic()
                assert other.get("/sparql", params={"query": "ASK {}"}).status_code == 200
                cheap.append(time.monotonic() - started)
                time.sleep(0.05)
        found = [each.result() for each in asked]
    assert {reply.status_code for reply, _ in found} <= {503, 504}
    waited = [reply for reply, _ in found if reply.status_code == 503]
    assert waited
    assert all(int(reply.headers["retry-after"]) > 0 for reply in waited)
    assert sum(reply.status_code == 504 for reply, _ in found) <= 8
    assert max(seconds for _, seconds in found) <= 12
    assert sorted(cheap)[int(len(cheap) * 0.95)] <= 0.25
