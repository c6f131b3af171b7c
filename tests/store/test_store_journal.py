"""The journal: what it tells, and that nobody changes it unnoticed."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kg.errors import StoreUnavailable
from kg.store import Store
from kg.store.records import NOTHING
from kg.store.store import Mode
from tests.store.store_support import change, graph_lines, replayed, triple, triples


@pytest.fixture(scope="module")
def twelve_commits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("journal") / "store"
    with Store.open(f"oxigraph:{place}", "write") as store:
        replayed(store, 12)
    return place


@pytest.fixture
def folder(twelve_commits: Path, tmp_path: Path) -> Path:
    """A closed store with twelve commits, to be broken."""
    return Path(shutil.copytree(twelve_commits, tmp_path / "store"))


def test_commits_tell_who_when_why_and_what() -> None:
    with Store.open("memory:") as store:
        replayed(store, 9)
        every = store.commits()
        assert [c.number for c in every] == list(range(1, 10))
        assert [c.previous_hash for c in every] == [NOTHING.hash, *(c.hash for c in every[:-1])]
        assert {c.author for c in every} == {"tester"}
        assert every == sorted(every, key=lambda c: c.time)
        assert store.commits(since=7) == every[7:]
        assert {v.id for v in every[7].versions} == {"slot-1", "counter"}
        counter = store.versions("tests", "counter")
        assert [(v.version, v.commit) for v in counter] == [(n, n) for n in range(1, 10)]
        assert counter[3].reason == "commit 4"
        assert b'"4"' in store.content("tests", "counter", 4)


def clock(monkeypatch: pytest.MonkeyPatch, *moments: str) -> None:
    """Let the journal read these moments, one after the other, as the time of now."""
    from datetime import UTC, datetime

    told = iter(moments)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.fromisoformat(next(told)).replace(tzinfo=UTC)

    monkeypatch.setattr("kg.store.journal.datetime", Clock)


def test_a_clock_set_back_an_hour_leaves_history_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, "2031-01-01T10:00:00.250", "2031-01-01T09:00:00", "2031-01-01T09:00:00", "2031-01-01T10:00:01")
    with Store.open("memory:") as store:
        replayed(store, 4)
        assert [c.time.removeprefix("2031-01-01T") for c in store.commits()] == [
            "10:00:00.250Z", "10:00:00.251Z", "10:00:00.252Z", "10:00:01.000Z",
        ]  # fmt: skip
        assert [store.known_by(c.time).number for c in store.commits()] == [1, 2, 3, 4]
        assert store.known_by("2031-01-01T10:00:00.249Z").number == 0
        assert store.known_by("2031-01-01T10:00:00.999Z").number == 3
        assert store.known_by("2099-12-31T23:59:59.999Z").number == 4
        assert store.verify() == []


def test_times_to_the_second_of_an_older_journal_are_in_their_place(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.sqlite")) as sql:
        sql.execute("UPDATE commits SET time = '2020-01-01T00:00:0' || (number / 4) || 'Z'")
        sql.commit()
    with Store.open(f"oxigraph:{folder}") as store:
        found = [store.known_by(f"2020-01-01T00:00:0{second}.000Z").number for second in range(4)]
        assert found == [3, 7, 11, 12]
        assert store.known_by("2019-12-31T23:59:59.999Z").number == 0
    with Store.open(f"oxigraph:{folder}", "write") as store:
        replayed(store, 13)
        assert store.known_by("2020-01-01T00:00:09.000Z").number == 12


def test_every_commit_is_flushed_to_the_disk(folder: Path) -> None:
    with Store.open(f"oxigraph:{folder}", "write") as store, store._journal._engine.connect() as sql:
        assert sql.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert sql.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE commits SET reason = 'another' WHERE number = 5", "commit 5 does not follow"),
        ("UPDATE commits SET author = 'another' WHERE number = 12", "commit 12 does not follow"),
        ("UPDATE versions SET origin = 'elsewhere' WHERE commit_number = 3", "commit 3 does not follow"),
        ("DELETE FROM versions WHERE commit_number = 4", "commit 4 does not follow"),
        ("DELETE FROM commits WHERE number = 6", "commit 7 does not follow from commit 5"),
        ("UPDATE contents SET data = (SELECT data FROM contents ORDER BY digest LIMIT 1)", "not what was written"),
        ("UPDATE contents SET data = substr(data, 2)", "not what was written"),
        ("DELETE FROM subjects", "index does not know"),
    ],
)
def test_a_changed_row_is_found(folder: Path, statement: str, says: str) -> None:
    with closing(sqlite3.connect(folder / "journal.sqlite")) as sql:
        sql.execute(statement)
        sql.commit()
    with Store.open(f"oxigraph:{folder}") as store:
        assert any(says in fault for fault in store.verify())


def test_a_flipped_byte_is_found_or_changes_nothing(folder: Path) -> None:
    chance = random.Random(20261125)
    journal = folder / "journal.sqlite"
    sound = journal.read_bytes()
    found = 0
    with Store.open(f"oxigraph:{folder}") as store:
        due = store.commits(), store.heads(), store.fingerprint()
    for _ in range(50):
        place = chance.randrange(len(sound))
        broken = bytearray(sound)
        broken[place] ^= 1 << chance.randrange(8)
        journal.write_bytes(broken)
        try:
            with Store.open(f"oxigraph:{folder}") as store:
                faults = store.verify()
                found += bool(faults)
                assert faults or (store.commits(), store.heads(), store.fingerprint()) == due, place
        except StoreUnavailable:
            found += 1
    assert found > 15
    journal.write_bytes(sound)
    with Store.open(f"oxigraph:{folder}", "write") as store:
        assert store.verify() == []
        assert (store.commits(), store.heads(), store.fingerprint()) == due


def test_a_journal_without_room_takes_nothing_of_a_commit() -> None:
    with Store.open("memory:") as store, store._journal._engine.connect() as sql:
        replayed(store, 3)
        before = store.commits(), graph_lines(store)
        pages = sql.exec_driver_sql("PRAGMA page_count").scalar()
        sql.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreUnavailable, match="full; nothing was written; free disk space"):
            store.commit([change(f"r{i}", *triples(f"r{i}", 50)) for i in range(50)], "me", "too much")
        assert (store.commits(), graph_lines(store)) == before
        sql.exec_driver_sql("PRAGMA max_page_count = 100000")
        replayed(store, 5)
        assert store.verify() == []


@pytest.mark.parametrize("mode", ["read", "write"])
@pytest.mark.parametrize("text", [b"", b"not a database at all" * 100])
def test_a_journal_that_is_none_is_said_to_be_damaged(folder: Path, mode: Mode, text: bytes) -> None:
    (folder / "journal.sqlite").write_bytes(text)
    with pytest.raises(StoreUnavailable, match="damaged; put the last good copy"):
        Store.open(f"oxigraph:{folder}", mode)


def test_a_journal_of_another_format_is_left_alone(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.sqlite")) as sql:
        sql.execute("UPDATE journal_format SET format = 99")
        sql.commit()
    with pytest.raises(StoreUnavailable, match="format 99"):
        Store.open(f"oxigraph:{folder}")


def test_a_half_made_journal_is_completed(tmp_path: Path) -> None:
    place = tmp_path / "store"
    place.mkdir()
    with closing(sqlite3.connect(place / "journal.sqlite")) as sql:
        sql.execute("CREATE TABLE commits (number INTEGER PRIMARY KEY, time, author, reason, previous_hash, hash)")
    with Store.open(f"oxigraph:{place}", "write") as store:
        store.commit([change("a", triple("a", "n", 1))], "me", "first")
        assert store.verify() == []


def test_the_schema_is_also_that_of_postgresql() -> None:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateTable

    from kg.store.schema import metadata

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    tables = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    assert any("BYTEA" in table for table in tables)
    assert not any("ROWID" in table for table in tables)


def test_a_store_that_was_begun_and_never_finished_says_so_to_readers_and_is_finished_by_a_writer(
    tmp_path: Path,
) -> None:
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as sql:
        sql.execute("PRAGMA journal_mode = wal")
    with pytest.raises(StoreUnavailable, match="never finished; run `kg build`"):
        Store.open(f"oxigraph:{tmp_path}")
    with Store.open(f"oxigraph:{tmp_path}", "write") as store:
        assert store.head().number == 0
