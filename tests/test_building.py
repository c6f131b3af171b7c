"""A new build brings the bundled evidence up to date and leaves alone what others imported, corrected or took out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from kg.evidence_base import EvidenceBase
from kg.importing import import_paths
from kg.model.records import ContinuousResult
from tests.importing.table_files import COMMON, trial, written
from tests.intake_support import copied, record, state, take

SIGTERMANS = record("cd015373", "sigtermans-2009")


@pytest.fixture
def base(store_url: str, tmp_path: Path) -> Iterator[EvidenceBase]:
    with copied(store_url, tmp_path) as opened:
        yield opened


def test_a_build_of_what_is_there_changes_nothing(base: EvidenceBase) -> None:
    before = state(base)
    taken = base.build()
    assert (taken.new, taken.changed, taken.retracted) == (0, 0, 0)
    assert state(base) == before


def test_what_was_imported_stays_also_of_sources_that_the_build_has(base: EvidenceBase, tmp_path: Path) -> None:
    tables = trial("one-2020", drug="new-drug")
    tables["drugs"] = [{**COMMON, "drug": "new-drug", "label": "new drug"}]
    tables["reviews"] = [{**COMMON, "review": "cd000001", "label": "A review", "citation": "A review 2020"}]
    assert import_paths(base, [written(tmp_path / "tables", tables)]).counts == {"new": 3}
    before = state(base)
    assert base.build().retracted == 0
    assert state(base) == before


def test_a_correction_by_someone_else_is_not_undone(base: EvidenceBase) -> None:
    mended = [
        replace(r, mean=Decimal("36.8")) if isinstance(r, ContinuousResult) and r.number == 1 else r for r in SIGTERMANS
    ]
    assert take(base, mended).changed == 1
    before = state(base)
    base.build()
    assert state(base) == before
    assert base.store.versions("cd015373", "sigtermans-2009")[-1].author == "a test"


def test_what_the_build_itself_no_longer_has_is_retracted(base: EvidenceBase, tmp_path: Path) -> None:
    import shutil

    data = tmp_path / "data"
    shutil.copytree(base.settings.data, data)
    path = data / "evidence" / "drug-identifiers.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    slug = lines[-1].split(",")[1]
    path.write_text("".join(line for line in lines if f"drug,{slug}," not in line), encoding="utf-8")
    other = type(base)(replace(base.settings, data=data), base.store, borrowed=True)
    taken = other.build()
    assert (taken.changed, taken.retracted) != (0, 0)
    assert (other.build().changed, other.build().retracted) == (0, 0)
