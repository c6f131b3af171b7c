"""Reading a journal file by plain SQL: it says what the journal says, at every commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kg.errors import StoreUnavailable
from kg.store import Change, Store
from kg.store.journal import Journal
from kg.store.journal_file import _LIVE, _SOURCES, open_file
from tests.store.store_support import change, retraction, triple

NAMES = [("tests", "one"), ("tests", "two"), ("others", "one"), ("nobody", "one")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four commits: two records of one id, one of them changed, then retracted, then put again."""
    with Store.open(f"oxigraph:{tmp_path / 'store'}", "write") as store:
        for changes in (
            [change("one", triple("a", "p", 1)), change("two", triple("b", "p", 1))],
            [change("one", triple("a", "p", 2)), Change("others", "one", [triple("c", "p", 1)])],
            [retraction("one")],
            [change("one", triple("a", "p", 3))],
        ):
            store.commit(changes, "tester", "a test")
    return tmp_path / "store"


@pytest.fixture
def both(folder: Path) -> Iterator[tuple[Journal, Journal]]:
    path = folder / "journal.sqlite"
    with closing(open_file(path)) as plain, closing(Journal.open(path, writable=False)) as whole:
        assert type(plain) is not type(whole)
        yield plain, whole


@pytest.mark.parametrize("at", [None, 0, 1, 2, 3, 4, 9])
def test_it_says_what_the_journal_says(both: tuple[Journal, Journal], at: int | None) -> None:
    plain, whole = both
    assert plain.head(at) == whole.head(at)
    assert plain.hash_of(at or 0) == whole.hash_of(at or 0)
    assert plain.digests(NAMES, at) == whole.digests(NAMES, at)
    assert plain.called(["one", "none"], at) == whole.called(["one", "none"], at)
    live = {(v.source, v.id): v.digest for v in whole.heads(at)}
    assert plain.digests(NAMES, at) == {name: live[name] for name in NAMES if name in live}
    assert plain.called(["one"], at) == sorted(name for name in live if name[1] == "one")


def test_many_names_are_looked_up_in_several_statements(both: tuple[Journal, Journal]) -> None:
    names = [("tests", f"none-{i}") for i in range(1200)] + NAMES
    assert both[0].digests(names) == both[1].digests(names) != {}


def test_what_moved_is_the_newest_version_of_each(both: tuple[Journal, Journal]) -> None:
    assert {(v.source, v.id, v.version) for v in both[0].moved(1)} == {("others", "one", 1), ("tests", "one", 4)}
    assert [(v.id, v.action) for v in both[0].moved(2, 3)] == [("one", "retract")]


def test_a_file_that_cannot_be_read_is_refused_as_ever(folder: Path) -> None:
    path = folder / "journal.sqlite"
    with closing(sqlite3.connect(path)) as sql:
        sql.execute("UPDATE journal_format SET format = 99")
        sql.commit()
    with pytest.raises(StoreUnavailable, match="has format 99"):
        open_file(path)
    path.write_bytes(b"no journal" * 1000)
    with pytest.raises(StoreUnavailable, match="kg restore"):
        open_file(path)


def test_an_id_is_found_by_the_index_of_sources_and_ids(folder: Path) -> None:
    """However many records there are: SQLite would look at each of them by the id alone."""
    with closing(sqlite3.connect(folder / "journal.sqlite")) as sql:
        query = f"EXPLAIN QUERY PLAN {_SOURCES} {_LIVE} AND source IN sources AND id IN (?, ?)"
        plan = [str(row[3]) for row in sql.execute(query, (9, "one", "two"))]
    assert any("records" in step and "(source=? AND id=?)" in step for step in plan), plan
    assert not any("SCAN records" in step or "SCAN versions" in step for step in plan), plan
