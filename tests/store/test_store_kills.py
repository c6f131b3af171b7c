"""Killed at any moment: in a bulk load, a rebuild, a backup, a restore, and in imports, corrections and retractions.

``test_store_processes`` kills plain commits; together there are more than a hundred kills.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from kg.evidence_base import EvidenceBase
from kg.iris import EV
from kg.settings import Settings
from kg.store import Folder, Store, back_up, restore
from kg.store.backup import check
from tests.memory.memory_support import QUESTION, RESULTS, TRIAL, TRIAL_IRI, correct, retract
from tests.store.store_support import change, graph_lines, replayed, stated, triples
from tests.store.test_store_processes import PROCESSES, received

BULK, REBUILDS, BACKUPS, RESTORES, IMPORTS = 30, 14, 14, 10, 14
RECORDS = 200


def killed(target: Callable[..., None], args: tuple[Any, ...], chance: random.Random, within: float) -> list[int]:
    """Run a process until a random moment after its first word, kill it, and return what it had acknowledged."""
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=target, args=(*args, theirs))
    process.start()
    theirs.close()
    assert ours.poll(120), "the process does not begin"
    ours.recv()
    time.sleep(chance.uniform(0, within))
    process.kill()
    process.join()
    return received(ours)


def duration(target: Callable[..., None], *args: str) -> float:
    """How many seconds there are today between the first two words of a process, which is killed then."""
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=target, args=(*args, theirs))
    process.start()
    assert ours.poll(120)
    ours.recv()
    begun = time.monotonic()
    assert ours.poll(120)
    process.kill()
    process.join()
    return time.monotonic() - begun


def load_in_bulk(url: str, told: Connection) -> None:
    from kg.store import store as module

    module._BULK_BYTES = 1000  # type: ignore[misc]
    with Store.open(url, "write") as store:
        changes = [change(f"r{i}", *triples(f"r{i}", 40)) for i in range(RECORDS)]
        told.send(0)
        told.send(store.commit(changes, "tester", "all at once").number)
        time.sleep(60)


@pytest.mark.slow
def test_a_killed_bulk_load_is_absent_or_whole(tmp_path: Path) -> None:
    PROCESSES.set_forkserver_preload(["kg.evidence_base", "kg.intake", "tests.store.test_store_kills"])
    chance = random.Random(1)
    seen, seconds = [], duration(load_in_bulk, f"oxigraph:{tmp_path / 'timed'}")
    for kill in range(BULK):
        place = tmp_path / f"store-{kill}"
        acknowledged = killed(load_in_bulk, (f"oxigraph:{place}",), chance, 1.2 * seconds)
        started = time.monotonic()
        with Store.open(f"oxigraph:{place}", "write") as store:
            assert time.monotonic() - started < 10
            assert store.head().number in ({1} if acknowledged else {0, 1})
            assert len(store.heads()) == RECORDS * store.head().number
            assert graph_lines(store) == stated(store)
            assert store.verify() == []
            seen.append(store.head().number)
        shutil.rmtree(place)
    assert set(seen) == {0, 1}, "kills must fall before and after the commit"


def rebuild_for_ever(url: str, told: Connection) -> None:
    with Store.open(url, "write") as store:
        told.send(0)
        while True:
            store.rebuild()
            told.send(1)


@pytest.mark.slow
def test_a_killed_rebuild_loses_nothing(tmp_path: Path) -> None:
    chance = random.Random(2)
    url = f"oxigraph:{tmp_path / 'store'}"
    with Store.open(url, "write") as store:
        replayed(store, 9)
        due = graph_lines(store), store.fingerprint(), store.commits()
    for kill in range(REBUILDS):
        killed(rebuild_for_ever, (url,), chance, 0.8)
        with Store.open(url, "read" if kill % 2 else "write") as store:
            assert (graph_lines(store), store.fingerprint(), store.commits()) == due
            assert store.verify() == []


def back_up_for_ever(place: str, target: str, told: Connection) -> None:
    told.send(0)
    for number in range(10_000):
        back_up(Folder(Path(place)), Path(target) / str(number))
        told.send(number)


@pytest.mark.slow
def test_a_killed_backup_is_whole_or_absent(tmp_path: Path) -> None:
    chance = random.Random(3)
    place, target = tmp_path / "store", tmp_path / "backups"
    with Store.open(f"oxigraph:{place}", "write") as store:
        replayed(store, 9)
        (place / "answers").mkdir()
        for number in range(20):
            (place / "answers" / f"{number:032x}.json").write_text("{}")
        due = store.fingerprint()
    whole = 0
    for _ in range(BACKUPS):
        acknowledged = killed(back_up_for_ever, (str(place), str(target)), chance, 0.6)
        made = sorted(p for p in target.iterdir() if not p.name.startswith("."))
        assert {str(number) for number in acknowledged} <= {p.name for p in made}
        for folder in made:
            told = check(folder)
            assert (told.fingerprint, told.answers) == (due, 20)
            assert len(list((folder / "answers").iterdir())) == 20
            shutil.rmtree(folder)
        whole += len(made)
    assert whole >= 2, "some kills must fall after a backup was made"
    back_up(Folder(place), target / "0")
    assert not list(target.glob(".0.*")), "what a kill left behind is cleared by the next of its name"
    with Store.open(f"oxigraph:{place}") as store:
        assert store.verify() == []


def restore_for_ever(source: str, place: str, told: Connection) -> None:
    told.send(0)
    while True:
        restore(Path(source), Folder(Path(place)), force=True)
        told.send(1)


@pytest.mark.slow
def test_a_killed_restore_leaves_the_old_store_or_the_new_one(tmp_path: Path) -> None:
    chance = random.Random(4)
    place, source = tmp_path / "here" / "store", tmp_path / "backup"
    with Store.open(f"oxigraph:{tmp_path / 'first'}", "write") as store:
        replayed(store, 5)
    back_up(Folder(tmp_path / "first"), source)
    with Store.open("memory:") as clean:
        due = {number: graph_lines(replayed(clean, number)) for number in (5, 9)}
    for _ in range(RESTORES):
        shutil.rmtree(tmp_path / "here", ignore_errors=True)
        with Store.open(f"oxigraph:{place}", "write") as store:
            replayed(store, 9)
        acknowledged = killed(restore_for_ever, (str(source), str(place)), chance, 2.0)
        asides = sorted(place.parent.glob("store.before-restore-*"))
        if not place.exists():  # between two renames: the store that was there is whole beside its place
            assert asides
            asides[-1].rename(place)
        with Store.open(f"oxigraph:{place}") as store:
            assert store.head().number in ({5} if acknowledged else {5, 9})
            assert graph_lines(store) == due[store.head().number]
            assert store.verify() == []


def import_for_ever(url: str, told: Connection) -> None:
    """Correct a trial again and again through the gate, retract it, and let it come back; say each commit."""
    from kg.memory import lifting

    with EvidenceBase.open(Settings.read(url), "write") as base:
        _ = base.shapes.graph
        out = base.store.latest([RESULTS])[RESULTS].action == "retract"
        told.send(0)
        number = base.store.head().number
        while True:
            number += 1
            if out:
                commit = lifting.lift(base, TRIAL, "tester", "it was sound").commit
                out = False
            elif number % 3 == 0:
                commit, out = retract(base), True
            else:
                commit = correct(base, f"0.{70 + number % 29}")
            told.send(commit.number)


@pytest.mark.slow
def test_killed_imports_corrections_and_retractions_lose_nothing_and_leave_no_half_record(
    store_url: str, tmp_path: Path
) -> None:
    chance = random.Random(5)
    place = Path(shutil.copytree(store_url.partition(":")[2], tmp_path / "store"))
    url, last, actions = f"oxigraph:{place}", 0, set()
    for kill in range(IMPORTS):
        acknowledged = killed(import_for_ever, (url,), chance, 2.5)
        last = max([last, *acknowledged])
        with EvidenceBase.open(Settings.read(url), "write" if kill % 2 else "read") as base:
            assert base.store.head().number >= last
            assert base.store.verify() == []
            newest = base.store.latest([RESULTS, ("reports", TRIAL), ("retractions", TRIAL)])
            stone = newest.get(("retractions", TRIAL))
            gone = stone is not None and stone.action == "put"
            assert all((newest[name].action == "retract") is gone for name in (RESULTS, ("reports", TRIAL)))
            assert base.store.ask(f"ASK {{ ?result <{EV}ofTrial> <{TRIAL_IRI}> ; <{EV}outcome> ?o }}") is not gone
            assert base.ask(QUESTION).pool.k == (2 if gone else 3)
            actions |= {version.action for version in base.store.versions(*RESULTS)}
    assert last > 3, "some work must be acknowledged between the kills"
    assert actions == {"put", "retract"}
    with EvidenceBase.open(Settings.read(url)) as base:
        assert base.validate()[0].conforms
