"""The service on a store of its own, and a listener that nobody may call."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg import keys
from tests.attacks import world
from tests.attacks.server import Server
from tests.attacks.watch import Canary


@pytest.fixture(scope="session")
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.close()


@pytest.fixture(scope="session")
def _server(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("attacked")
    shutil.copytree(store_url.partition(":")[2], folder / "store")
    server = Server(folder, keys.add(folder / "store" / "keys", "attacker"))
    server.start()
    try:
        concepts = world.CONCEPTS.encode()
        told = server.send("POST", "/records", {"Content-Type": "application/trig"}, [concepts], len(concepts))
        assert told.status == 200, told.body
        told = server.post(world.drugs())
        assert told.status == 200, told.body
        told = server.post(world.other_trial())
        assert told.status == 201, told.body
        server.keep()
        yield server
    finally:
        server.stop()


@pytest.fixture
def server(_server: Server, shared: Path) -> Server:
    """The service in its first state."""
    _server.put_back()
    return _server
