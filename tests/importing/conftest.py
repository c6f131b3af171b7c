"""A store of the bundled evidence for each test to write to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.evidence_base import EvidenceBase
from tests.intake_support import copied


@pytest.fixture
def base(store_url: str, tmp_path: Path) -> Iterator[EvidenceBase]:
    """A copy of the store, open for writing."""
    with copied(store_url, tmp_path) as opened:
        yield opened
