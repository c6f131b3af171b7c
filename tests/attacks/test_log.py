"""What strangers write into logs."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.attacks import corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched
from tests.attacks.wire import send

pytestmark = pytest.mark.server


def logged(server: Server, since: int, marker: str) -> list[dict[str, Any]]:
    """Return the entries about an address that were logged since."""
    deadline = time.monotonic() + 5
    while True:
        text = server.log[since:]
        lines = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
        found = [entry for entry in lines if marker in entry.get("query", "") + entry.get("sent", "")]
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


@pytest.mark.parametrize("item", corpus.items("log", "http"))
def test_a_hostile_header_is_one_entry(server: Server, canary: Canary, item: Item) -> None:
    before = len(server.log)
    agent = item.input["user-agent"].replace("{canary}", canary.address.removeprefix("http://"))
    marker = f"hostile-{item.name}"
    with watched(server, canary, item) as told:
        told(send(server.address, "GET", f"/drugs?q={marker}", {"User-Agent": agent}, length=0))
    entries = logged(server, before, marker)
    assert len(entries) == 1
    assert len(str(entries[0].get("agent", entries[0].get("sent")))) < 400
    raw = next(line for line in server.log[before:].splitlines() if marker in line)
    assert raw.isprintable()


def test_keys_are_in_no_log(server: Server, canary: Canary) -> None:
    before = len(server.log)
    key = server.key
    for number, (path, headers) in enumerate(
        [
            (f"/drugs?q=secret-0&api_key={key}", {}),
            (f"/drugs?q=secret-1&token={key}", {"User-Agent": f"x Bearer {key}"}),
            (f"/drugs?q=secret-2&x={key}", {"Referer": f"https://example.org/?key={key}"}),
            ("/drugs?q=secret-3", {"Authorization": f"Bearer {key}"}),
            (f"/drugs?q=secret-4&authorization=Bearer%20{key}", {"X-API-Key": key}),
        ]
    ):
        send(server.address, "GET", path, headers, length=0)
        assert len(logged(server, before, f"secret-{number}")) == 1
    assert key not in server.log[before:]
    assert key.removeprefix("evk_")[:12] not in server.log[before:]
