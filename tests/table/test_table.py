"""The evidence table gives the rows that the queries give, for any values of their parameters."""

from __future__ import annotations

import random

import pytest

from kg.catalog import Rows
from kg.evidence_base import EvidenceBase
from kg.iris import BASE
from kg.table import QueriedRows
from tests.conftest import ROOT

QUERIES = sorted(p.relative_to(ROOT / "queries").with_suffix("").as_posix() for p in ROOT.glob("queries/trials/*.rq"))


def values_of(base: EvidenceBase, name: str) -> dict[str, list[str]]:
    rows = base.table.rows(name)
    return {p: sorted({str(r[p]) for r in rows.records()}) for p in base.catalog[name].params}


def as_set(rows: Rows) -> list[str]:
    return sorted(map(repr, rows.rows))


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("share", [1, 5, 40])
def test_table_and_query_agree_on_drawn_values(base: EvidenceBase, name: str, share: int) -> None:
    drawn = random.Random(share)
    known = values_of(base, name)
    values = {p: [*drawn.sample(found, min(share, len(found))), f"{BASE}none"] for p, found in known.items()}
    by_table, by_query = base.table.rows(name, **values), QueriedRows(base.catalog, base.store).rows(name, **values)
    assert by_table.columns == by_query.columns
    assert as_set(by_table) == as_set(by_query)
    if share == 40:
        assert by_table.rows


@pytest.mark.parametrize("name", QUERIES)
def test_nothing_asked_for_gives_nothing(base: EvidenceBase, name: str) -> None:
    empty: dict[str, list[str]] = {p: [] for p in base.catalog[name].params}
    assert not base.table.rows(name, **empty).rows
    assert not QueriedRows(base.catalog, base.store).rows(name, **empty).rows
    nonsense = {p: ["nonsense"] for p in empty}
    assert not base.table.rows(name, **nonsense).rows
    assert not QueriedRows(base.catalog, base.store).rows(name, **nonsense).rows


def test_a_value_named_twice_gives_its_rows_once(base: EvidenceBase) -> None:
    trial = f"{BASE}trial/sigtermans-2009"
    once, queried = base.table.rows("trials/arms", trial=[trial]), QueriedRows(base.catalog, base.store)
    assert once.rows
    assert as_set(base.table.rows("trials/arms", trial=[trial, trial])) == as_set(once)
    assert as_set(queried.rows("trials/arms", trial=[trial, trial])) == as_set(once)


def test_the_table_holds_every_query_of_its_folder(base: EvidenceBase) -> None:
    assert list(base.table.names) == QUERIES
