"""What tests share: the bundled evidence in a store, and the folder of outside data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.evidence_base import EvidenceBase
from kg.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def base() -> Iterator[EvidenceBase]:
    """The bundled evidence in memory, for reading."""
    with EvidenceBase.open(Settings.read("memory:")) as opened:
        yield opened


@pytest.fixture(scope="session")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bundled evidence in a store on disk."""
    url = f"oxigraph:{tmp_path_factory.mktemp('store') / 'evidence'}"
    with EvidenceBase.open(Settings.read(url), "write") as opened:
        opened.build()
    return url


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of other people's data; tests that need it are skipped where it is absent, never in CI."""
    if SHARED.is_dir():
        return SHARED
    if os.environ.get("CI") == "true":
        pytest.fail(f"{SHARED} is absent, and CI must run these tests")
    pytest.skip(f"{SHARED} is absent")


LENGTHY = ("tests/attacks/",)
"""Tests that take minutes each, or judge how long something takes and need a quiet machine for it."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(LENGTHY):
            item.add_marker(pytest.mark.lengthy)
