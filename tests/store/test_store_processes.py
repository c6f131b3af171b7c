"""Several processes at one store: killed writers, locks, readers beside a writer, checkpoints in use."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from kg.errors import StoreUnavailable
from kg.store import Change, Store
from tests.store.store_support import (
    change,
    checkpoints,
    die_after_journal,
    graph_lines,
    hold_lock,
    numbered_changes,
    replayed,
    triple,
    triples,
    write_until_killed,
)

KILLS = 26
PROCESSES = multiprocessing.get_context("forkserver")


def received(pipe: Connection) -> list[int]:
    """All that came through a pipe before its writer died."""
    numbers = []
    try:
        while pipe.poll():
            numbers.append(int(pipe.recv()))
    except EOFError:
        pass
    return numbers


def killed_at_random(url: str, chance: random.Random) -> int:
    """Run a writer, kill it at a random moment, and return the last commit that it acknowledged."""
    ours, theirs = PROCESSES.Pipe()
    writer = PROCESSES.Process(target=write_until_killed, args=(url, theirs))
    writer.start()
    theirs.close()
    last = 0
    if chance.random() < 0.8:  # else: while it opens
        for _ in range(chance.randint(1, 2)):
            assert ours.poll(30), "the writer could not go on"
            last = int(ours.recv())
    time.sleep(chance.uniform(0, 0.05))
    writer.kill()
    writer.join()
    return max([last, *received(ours)])


def test_a_killed_writer_loses_nothing_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    PROCESSES.set_forkserver_preload(["kg.store"])
    chance = random.Random(7)
    place = tmp_path / "store"
    url = f"oxigraph:{place}"
    acknowledged = 0
    with Store.open("memory:") as clean:
        for kill in range(KILLS):
            acknowledged = max(acknowledged, killed_at_random(url, chance))
            if kill % 5 == 4 and chance.random() < 0.8:
                shutil.rmtree(place / chance.choice(["engine", "checkpoints"]))
            if not (place / "journal.sqlite").exists():
                assert not acknowledged
                continue
            with Store.open(url, "write" if kill % 2 or not acknowledged else "read") as store:
                assert store.head().number >= acknowledged
                replayed(clean, store.head().number)
                assert store.fingerprint() == clean.fingerprint()
                assert graph_lines(store) == graph_lines(clean)
                assert store.verify() == []
            assert {p.name for p in place.iterdir()} <= {"journal.sqlite", "lock", "engine", "checkpoints"}
    assert acknowledged > KILLS


@contextmanager
def held(url: str, *changes: Change) -> Iterator[int]:
    """Another process has the store open for writing; gives its pid."""
    ours, theirs = PROCESSES.Pipe()
    process: ForkServerProcess = PROCESSES.Process(
        target=hold_lock, args=(url, theirs, changes_without_triples(changes))
    )
    process.start()
    assert ours.poll(30)
    assert ours.recv() == "ready"
    assert process.pid is not None
    try:
        yield process.pid
    finally:
        ours.send("end")
        process.join(30)


def changes_without_triples(changes: tuple[Change, ...]) -> list[Change]:
    """Changes that can be pickled."""
    return [Change(c.source, c.id, tuple(c.triples or ()), c.origin, c.licence, c.reason) for c in changes]


def test_a_second_writer_is_told_who_writes_and_what_helps(tmp_path: Path) -> None:
    url = f"oxigraph:{tmp_path / 'store'}"
    with held(url, change("a", triple("a", "n", 1))) as pid, pytest.raises(StoreUnavailable) as refused:
        Store.open(url, "write")
    assert f"process {pid} since" in str(refused.value)
    assert f"`kill {pid}`" in str(refused.value)
    with Store.open(url, "write") as store:
        assert store.head().number == 1
        with pytest.raises(StoreUnavailable, match=f"process {os.getpid()}"):
            Store.open(url, "write")


def test_readers_work_while_a_writer_holds_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.store.upkeep._PATIENCE", 60)
    url = f"oxigraph:{tmp_path / 'store'}"
    with held(url, change("a", triple("a", "n", 1))):
        started = time.monotonic()
        with Store.open(url) as one, Store.open(url) as other:
            assert graph_lines(one) == graph_lines(other) == [f"{triple('a', 'n', 1)} ."]
            with pytest.raises(StoreUnavailable, match="open for reading"):
                one.commit([change("b", triple("b", "n", 1))], "me", "reason")
        assert time.monotonic() - started < 30  # nobody waited


def test_a_reader_keeps_seeing_the_commit_it_opened(tmp_path: Path) -> None:
    place = tmp_path / "store"
    with Store.open(f"oxigraph:{place}", "write") as writer:
        replayed(writer, 3)
        with Store.open(f"oxigraph:{place}") as reader:
            before = graph_lines(reader), reader.fingerprint(), reader.heads(), reader.commits()
            replayed(writer, 9)
            writer.rebuild()
            assert checkpoints(place) == ["3-1", "9-1", "9-2"]
            assert (graph_lines(reader), reader.fingerprint(), reader.heads(), reader.commits()) == before
            assert reader.head().number == 3
            assert len(reader.versions("tests", "counter")) == 3
            assert reader.verify() == []
        replayed(writer, 11)
        assert checkpoints(place) == ["10-1", "11-1"]
        with Store.open(f"oxigraph:{place}") as reader:
            assert reader.head().number == 11


def test_publishing_can_wait_and_is_done_on_closing(tmp_path: Path) -> None:
    place = tmp_path / "store"
    with Store.open(f"oxigraph:{place}", "write") as writer:
        replayed(writer, 2)
        for number in (3, 4):
            writer.commit(numbered_changes(number), "tester", f"commit {number}", checkpoint=False)
        assert checkpoints(place) == ["1-1", "2-1"]
        started = time.monotonic()
        with Store.open(f"oxigraph:{place}") as reader:  # waits for a moment, then takes what there is
            assert reader.head().number == 2
        assert 1.9 < time.monotonic() - started < 30
        writer.checkpoint()
        with Store.open(f"oxigraph:{place}") as reader:
            assert reader.head().number == 4
        writer.commit(numbered_changes(5), "tester", "commit 5", checkpoint=False)
    assert checkpoints(place) == ["4-1", "5-1"]


def test_a_reader_finishes_what_a_dead_writer_began(tmp_path: Path) -> None:
    url = f"oxigraph:{tmp_path / 'store'}"
    with Store.open(url, "write") as store:
        replayed(store, 4)
    writer = PROCESSES.Process(target=die_after_journal, args=(url, 5))
    writer.start()
    writer.join(30)
    assert writer.exitcode == 9
    with Store.open(url) as reader, Store.open("memory:") as clean:
        assert reader.head().number == 5
        assert graph_lines(reader) == graph_lines(replayed(clean, 5))
        assert reader.verify() == []


def test_a_path_may_have_any_letters(tmp_path: Path) -> None:
    url = f"oxigraph:{tmp_path / 'a b?c#d%20é'}"
    with Store.open(url, "write") as store:
        replayed(store, 1)
    with Store.open(url) as store:
        assert store.head().number == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a b?c#d%20é"]


def test_threads_may_write_and_ask_one_store(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def add(number: int) -> int:
        store.commit([change(f"r{number}", *triples(f"r{number}", 5))], "me", "from a thread")
        return len(store.select("SELECT * { ?s ?p ?o }").rows) + len(store.heads())

    for url in (f"oxigraph:{tmp_path / 'store'}", "memory:"):
        with Store.open(url, "write") as store, ThreadPoolExecutor(4) as pool:
            list(pool.map(add, range(12)))
            assert store.head().number == 12
            assert store.verify() == []
