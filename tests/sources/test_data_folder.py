"""The bundled tables: their checksums, and a source, a place and a kind in every row."""

from __future__ import annotations

import csv
import hashlib
import tomllib

import pytest

from kg.sources.tables import TABLES
from tests.conftest import ROOT

DATA = ROOT / "data"
LISTED = tomllib.loads((DATA / "sources.toml").read_text(encoding="utf-8"))


def test_every_file_is_listed_with_its_origin() -> None:
    files = {p.relative_to(DATA).as_posix() for p in DATA.rglob("*") if p.suffix in {".csv", ".toml"}}
    assert files - {"sources.toml"} == set(LISTED)
    assert set(TABLES) <= set(LISTED)
    assert all(entry["origin"] and entry["licence"] and entry["read_on"] for entry in LISTED.values())


@pytest.mark.parametrize("name", LISTED)
def test_checksum(name: str) -> None:
    found = hashlib.sha256((DATA / name).read_bytes()).hexdigest()
    assert found == LISTED[name]["sha256"], f"{name} changed: write {found} into sources.toml"


@pytest.mark.parametrize("name", TABLES)
def test_every_row_names_its_source_its_place_and_its_kind(name: str) -> None:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert row["source"]
            assert row["locator"]
            assert row["source_kind"] in {"primary", "secondary"}
