"""A store of the bundled evidence to write to, and the bundled rows of one record."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kg import intake
from kg.evidence_base import EvidenceBase
from kg.intake import Taken
from kg.model.records import Row
from kg.settings import Settings
from kg.sources import tables
from kg.triples import key
from tests.conftest import ROOT


def copied(store_url: str, folder: Path) -> EvidenceBase:
    """Open a copy of a store for writing."""
    target = folder / "copy"
    shutil.copytree(store_url.partition(":")[2], target)
    return EvidenceBase.open(Settings.read(f"oxigraph:{target}"), "write")


def record(source: str, name: str) -> list[Row]:
    """Return the bundled rows of one record."""
    return [row for row in tables.read(ROOT / "data") if key(row) == (source, name)]


def take(base: EvidenceBase, rows: list[Row]) -> Taken:
    """Take rows into a store, beside what it holds."""
    return intake.take(base.store, base.shapes, rows, "a test", "to see")


def state(base: EvidenceBase) -> tuple[str, int]:
    """Return what a refusal must leave as it was."""
    return base.store.fingerprint(), base.store.head().number


def first(rows: list[Row], kind: type, fits: Callable[[Any], bool] = lambda _: True) -> Any:
    """Return the first row of a kind that fits."""
    return next(row for row in rows if isinstance(row, kind) and fits(row))
