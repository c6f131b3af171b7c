"""Damage to the files of a store: what is derived is made anew, what is missing is said."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.errors import StoreUnavailable
from kg.store import Store
from kg.store.store import Mode
from tests.store.store_support import change, checkpoints, graph_lines, replayed, stated, triple


@pytest.fixture(scope="module")
def nine_commits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("repair") / "store"
    with Store.open(f"oxigraph:{place}", "write") as store:
        replayed(store, 9)
    return place


def no_engine(place: Path) -> None:
    shutil.rmtree(place / "engine")


def no_current(place: Path) -> None:
    (place / "engine" / "CURRENT").unlink()


def wrong_current(place: Path) -> None:
    (place / "engine" / "CURRENT").write_text("MANIFEST-999999\n")


def no_manifest(place: Path) -> None:
    for manifest in (place / "engine").glob("MANIFEST*"):
        manifest.unlink()


def no_tables(place: Path) -> None:
    for table in (place / "engine").glob("*.sst"):
        table.unlink()


def engine_is_a_file(place: Path) -> None:
    no_engine(place)
    (place / "engine").write_text("a file")


def broken_tables(place: Path) -> None:
    for table in (place / "engine").glob("*.sst"):
        content = bytearray(table.read_bytes())
        content[: len(content) // 2] = bytes(len(content) // 2)
        table.unlink()  # the checkpoints share the file
        table.write_bytes(content)


@pytest.mark.parametrize("mode", ["read", "write"])
@pytest.mark.parametrize(
    "harm", [no_engine, no_current, wrong_current, no_manifest, no_tables, broken_tables, engine_is_a_file]
)
def test_a_damaged_engine_is_made_anew_from_the_journal(
    nine_commits: Path, tmp_path: Path, mode: Mode, harm: Callable[[Path], None]
) -> None:
    place = Path(shutil.copytree(nine_commits, tmp_path / "store"))
    with Store.open(f"oxigraph:{place}") as store:
        due = graph_lines(store), store.fingerprint()
    harm(place)
    if mode == "read":
        shutil.rmtree(place / "checkpoints")
    with Store.open(f"oxigraph:{place}", mode) as store:
        if mode == "write" and store.verify():
            store.rebuild()
        assert (graph_lines(store), store.fingerprint()) == due
        assert store.verify() == []


def test_an_engine_that_fell_behind_is_brought_forward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "store"
    with Store.open(f"oxigraph:{place}", "write") as store:
        replayed(store, 3)
    shutil.copytree(place / "engine", tmp_path / "older")
    with Store.open(f"oxigraph:{place}", "write") as store:
        replayed(store, 9)
        due = graph_lines(store)
    shutil.rmtree(place / "engine")
    (tmp_path / "older").rename(place / "engine")
    monkeypatch.setattr("kg.store.upkeep.rebuild", lambda *_: pytest.fail("a replay is enough"))
    with Store.open(f"oxigraph:{place}", "write") as store:
        assert graph_lines(store) == due
        assert store.verify() == []


def test_a_damaged_checkpoint_is_passed_over_and_replaced(tmp_path: Path) -> None:
    place = tmp_path / "store"
    url = f"oxigraph:{place}"
    with Store.open(url, "write") as store:
        replayed(store, 5)
    (place / "checkpoints" / "5-1" / "CURRENT").unlink()
    with Store.open(url) as reader:
        assert reader.head().number == 5
        assert reader.verify() == []
    assert checkpoints(place) == ["5-1", "5-2"]


def test_rebuilding_gives_the_same_store(tmp_path: Path) -> None:
    with Store.open(f"oxigraph:{tmp_path / 'store'}", "write") as store:
        replayed(store, 9)
        due = graph_lines(store), store.engine.counts(), store.fingerprint()
        store.rebuild()
        assert (graph_lines(store), store.engine.counts(), store.fingerprint()) == due
        assert graph_lines(store) == stated(store)
        replayed(store, 11)
        assert store.verify() == []


def test_a_journal_put_back_to_an_older_state_rules(tmp_path: Path) -> None:
    place = tmp_path / "store"
    url = f"oxigraph:{place}"
    with Store.open(url, "write") as store:
        replayed(store, 3)
    older = (place / "journal.sqlite").read_bytes()
    with Store.open(url, "write") as store:
        replayed(store, 6)
    (place / "journal.sqlite").write_bytes(older)
    with Store.open(url) as reader:
        assert reader.head().number == 3
        assert reader.verify() == []
    with Store.open(url, "write") as store:
        for number in range(4, 7):
            store.commit([change("other", triple("other", "n", number))], "tester", "another history")
    with Store.open(url) as reader:
        assert graph_lines(reader) == stated(reader)


def test_what_is_missing_or_foreign_is_said(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(StoreUnavailable, match=re.escape(f"no store at {missing}; run `kg build`")):
        Store.open(f"oxigraph:{missing}")
    assert not missing.exists()
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    with pytest.raises(StoreUnavailable, match="the folder is empty; run `kg build`"):
        Store.open(f"oxigraph:{foreign}")
    (foreign / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "lost" / "engine").mkdir(parents=True)
    modes: tuple[Mode, ...] = ("read", "write")
    for mode in modes:
        with pytest.raises(StoreUnavailable, match="is not a store"):
            Store.open(f"oxigraph:{foreign}", mode)
        with pytest.raises(StoreUnavailable, match="is a file"):
            Store.open(f"oxigraph:{tmp_path / 'file'}", mode)
        with pytest.raises(StoreUnavailable, match=r"lost its journal\.sqlite"):
            Store.open(f"oxigraph:{tmp_path / 'lost'}", mode)
    assert sorted(p.name for p in foreign.iterdir()) == ["thesis.txt"]
