"""The records of the shared folder, each read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

from kg.sources import ctgov
from kg.sources.incoming import Unit

from .reading import Read


@lru_cache(maxsize=64)
def _unit(path: Path) -> Unit:
    (unit,) = ctgov.read(path)
    assert isinstance(unit, Unit), unit
    return unit


@pytest.fixture(scope="session")
def folder(shared: Path) -> Path:
    """The 37 records as they were posted, with the values that were read from them by eye."""
    return shared / "data" / "ctgov"


@pytest.fixture
def read(folder: Path) -> Read:
    """Read one record of the folder by its file name."""
    return Read(lambda name: _unit(folder / name))
