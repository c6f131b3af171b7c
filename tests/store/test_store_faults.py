"""Damage to single bytes and ends of files: found, or without effect; never a wrong answer that says nothing."""

from __future__ import annotations

import random
import resource
import shutil
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from kg.errors import StoreUnavailable
from kg.store import Store
from kg.store.engine import EngineDamaged
from kg.store.footers import check_footers
from kg.store.store import Mode
from tests.store.store_support import checkpoints, graph_lines, replayed
from tests.store.test_store_processes import PROCESSES

COMMITS = 9
EVERYTHING = "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("faults") / "store"
    with Store.open(f"oxigraph:{place}", "write") as store:
        replayed(store, COMMITS)
    return place


def what_is_said(store: Store) -> tuple[object, ...]:
    rows = sorted(map(str, store.select(EVERYTHING).rows))
    return store.head(), store.fingerprint(), rows, graph_lines(store)


def looked_at(url: str, mode: Mode, told: Connection) -> None:
    """Say what a store says and what it finds wrong with itself, in limited memory: damage can ask for all of it."""
    resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
    try:
        with Store.open(url, mode) as store:
            told.send((what_is_said(store), store.verify()))
    except StoreUnavailable as fault:
        told.send((None, [str(fault)]))


def seen_by_another(url: str, mode: Mode) -> tuple[tuple[object, ...] | None, list[str]]:
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=looked_at, args=(url, mode, theirs))
    process.start()
    theirs.close()
    assert ours.poll(60), "opened for ever"
    said: tuple[tuple[object, ...] | None, list[str]] = ours.recv()
    process.join()
    return said


def damaged(sound: Path, place: Path, name: str, at: int, bit: int) -> Path:
    """A copy of a store with a bit of a file flipped; the file is no longer shared with another."""
    shutil.copytree(sound, place)
    content = bytearray((place / name).read_bytes())
    content[at] ^= 1 << bit
    (place / name).unlink()
    (place / name).write_bytes(content)
    return place


def flips(sound: Path, folder: str, chance: random.Random) -> list[tuple[str, int, int]]:
    """A bit of each small file of an engine, of its logs, and of its largest tables, in their data and their ends."""
    at = sound / folder if folder == "engine" else sound / "checkpoints" / checkpoints(sound)[-1]
    names = [str(p.relative_to(sound)) for p in sorted(at.iterdir()) if p.stat().st_size]
    tables = [name for name in names if name.endswith(".sst")]
    logs = [name for name in names if name.endswith(".log") and (sound / name).stat().st_size > 1000]
    small = [name for name in names if Path(name).name.startswith(("CURRENT", "MANIFEST"))]
    tables.sort(key=lambda name: -(sound / name).stat().st_size)

    def size(name: str) -> int:
        return (sound / name).stat().st_size

    found = [(name, chance.randrange(size(name))) for name in (*small, *chance.sample(logs, min(2, len(logs))))]
    found += [(name, chance.randrange(size(name) // 2)) for name in tables[:6]]
    found += [(name, size(name) - 1 - chance.randrange(53)) for name in tables[:4]]
    return [(name, byte, chance.randrange(8)) for name, byte in found]


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["engine", "checkpoints"])
def test_a_flipped_byte_of_an_engine_gives_no_wrong_answer(sound: Path, tmp_path: Path, folder: str) -> None:
    chance = random.Random(20261125)
    mode: Mode = "write" if folder == "engine" else "read"
    with Store.open(f"oxigraph:{sound}") as store:
        due = what_is_said(store)
    noticed = 0
    for number, (name, at, bit) in enumerate(flips(sound, folder, chance)):
        place = damaged(sound, tmp_path / f"store-{number}", name, at, bit)
        said, faults = seen_by_another(f"oxigraph:{place}", mode)
        noticed += bool(faults)
        assert said == due or faults, (name, "another answer, and no fault is found")
        if faults:
            assert any("kg rebuild" in fault for fault in faults), (name, faults)
            with Store.open(f"oxigraph:{place}", "write") as store:
                store.rebuild()
            with Store.open(f"oxigraph:{place}") as store:
                assert what_is_said(store) == due
        shutil.rmtree(place)
    assert noticed >= 1


def test_a_table_that_tells_of_blocks_outside_of_it_is_not_opened(sound: Path, tmp_path: Path) -> None:
    tables = sorted((sound / "engine").glob("*.sst"), key=lambda p: p.stat().st_size)
    old = [t for t in tables if int.from_bytes(t.read_bytes()[-12:-8], "little") < 6]
    assert old, "the form without a checksum at the end is still in use"
    check_footers(sound / "engine")
    for at, byte in ((-51, 0xFF), (-50, 0xFF), (-8, 0x00), (-1, 0x00)):
        place = tmp_path / f"engine{at}"
        place.mkdir()
        content = bytearray(old[-1].read_bytes())
        content[at] = byte
        (place / old[-1].name).write_bytes(content)
        with pytest.raises(EngineDamaged, match=f"the end of {old[-1].name}.*kg rebuild"):
            check_footers(place)
    (place / old[-1].name).write_bytes(b"short")
    with pytest.raises(EngineDamaged):
        check_footers(place)


@pytest.mark.parametrize("cut", [1, 100, 5000])
def test_an_engine_whose_log_lost_its_end_is_brought_forward(sound: Path, tmp_path: Path, cut: int) -> None:
    place = Path(shutil.copytree(sound, tmp_path / "store"))
    with Store.open(f"oxigraph:{place}") as store:
        due = what_is_said(store)
    logs = sorted((place / "engine").glob("*.log"), key=lambda p: p.stat().st_size)
    assert logs
    size = logs[-1].stat().st_size
    assert size > 100, "the log must hold something to lose"
    with logs[-1].open("rb+") as file:
        file.truncate(max(0, size - cut))
    with Store.open(f"oxigraph:{place}", "write") as store:
        assert what_is_said(store) == due
        assert store.verify() == []


@pytest.mark.parametrize("cut", [1, 100, 4096, 100_000])
def test_a_journal_whose_log_lost_its_end_keeps_whole_commits(tmp_path: Path, cut: int) -> None:
    place = tmp_path / "store"
    opened = Store.open(f"oxigraph:{place}", "write")
    replayed(opened, 6)
    copy = tmp_path / "copy"  # as a disk would hold it after a loss of power: the log is not yet in the journal
    copy.mkdir()
    for name in ("journal.sqlite", "journal.sqlite-wal"):
        shutil.copyfile(place / name, copy / name)
    opened.close()
    with (copy / "journal.sqlite-wal").open("rb+") as log:
        log.truncate(max(0, log.seek(0, 2) - cut))
    try:
        with Store.open(f"oxigraph:{copy}", "write") as store, Store.open("memory:") as clean:
            replayed(clean, store.head().number)
            assert store.fingerprint() == clean.fingerprint()
            assert graph_lines(store) == graph_lines(clean)
            assert store.verify() == []
            assert store.head().number < 6
    except StoreUnavailable as fault:
        assert "kg restore" in str(fault) or "no such table" in str(fault)


def test_an_engine_ahead_of_a_journal_that_lost_its_end_is_made_anew(sound: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(sound, tmp_path / "store"))
    older = tmp_path / "older"
    with Store.open(f"oxigraph:{older}", "write") as store:
        replayed(store, 4)
    shutil.copyfile(older / "journal.sqlite", place / "journal.sqlite")
    modes: tuple[Mode, ...] = ("read", "write")
    for mode in modes:
        with Store.open(f"oxigraph:{place}", mode) as store, Store.open(f"oxigraph:{older}") as due:
            assert graph_lines(store) == graph_lines(due)
            assert store.head().number == 4
