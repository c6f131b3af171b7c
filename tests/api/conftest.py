"""The application on a real store on disk, opened once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.app import create_app
from kg.settings import Settings
from tests.api.client import Client


@pytest.fixture(scope="session")
def settings(store_url: str) -> Settings:
    return Settings.read(store_url)


@pytest.fixture(scope="session")
def client(settings: Settings) -> Iterator[Client]:
    with Client(create_app(settings)) as made:
        yield made
