"""A service with a key, on a store of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kg import keys
from tests.api.sparql.running import running
from tests.api.test_records import Writing


@pytest.fixture(scope="session")
def service(store_url: str) -> Iterator[str]:
    """The address of a service that is read alone."""
    with running("--store", store_url, "serve") as address:
        yield address


@contextmanager
def opened(store_url: str, folder: Path) -> Iterator[Writing]:
    """A service on a copy of a store in a folder."""
    store = folder / "store"
    shutil.copytree(store_url.partition(":")[2], store)
    with Writing(f"oxigraph:{store}", keys.add(store / "keys", "alice")) as made:
        yield made


@pytest.fixture
def writing(store_url: str, tmp_path: Path) -> Iterator[Writing]:
    with opened(store_url, tmp_path) as made:
        yield made
