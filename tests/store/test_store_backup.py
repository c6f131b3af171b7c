"""A copy of a store, and a store from a copy."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kg.errors import InputRefused, StoreUnavailable
from kg.store import Folder, Store, back_up, restore
from kg.store.backup import MANIFEST, check
from tests.store.store_support import change, graph_lines, replayed, stated, triple, triples
from tests.store.test_store_processes import held

ANSWERS = {f"{'ab' * 16}.json": '{"outcome": "nausea"}', f"{'cd' * 16}.json": '{"outcome": "pain"}'}


@pytest.fixture(scope="module")
def eleven_commits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("backup") / "store"
    with Store.open(f"oxigraph:{place}", "write") as store:
        replayed(store, 11)
    (place / "answers").mkdir()
    for name, text in ANSWERS.items():
        (place / "answers" / name).write_text(text)
    (place / "answers" / "half.new").write_text("half")
    return place


@pytest.fixture
def place(eleven_commits: Path, tmp_path: Path) -> Path:
    """A closed store with eleven commits and two answers."""
    return Path(shutil.copytree(eleven_commits, tmp_path / "store"))


@pytest.fixture
def backup(place: Path, tmp_path: Path) -> Path:
    back_up(Folder(place), tmp_path / "backup")
    return tmp_path / "backup"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_restored_store_is_the_one_that_was_backed_up(place: Path, backup: Path, tmp_path: Path) -> None:
    assert names(backup) == {"journal.sqlite", "answers", MANIFEST}
    assert names(backup / "answers") == set(ANSWERS)
    done = restore(backup, Folder(tmp_path / "other" / "place"))
    assert done.aside is None
    with Store.open(f"oxigraph:{place}") as one, Store.open(f"oxigraph:{tmp_path / 'other' / 'place'}") as other:
        assert one.fingerprint() == other.fingerprint() == done.manifest.fingerprint
        assert one.commits() == other.commits()
        assert graph_lines(one) == graph_lines(other) == stated(other)
        assert other.verify() == []
    assert {n: (tmp_path / "other" / "place" / "answers" / n).read_text() for n in ANSWERS} == ANSWERS
    with Store.open(f"oxigraph:{tmp_path / 'other' / 'place'}", "write") as other:
        replayed(other, 13)
        assert other.verify() == []
    assert names(tmp_path) == {"store", "backup", "other"}, "nothing is left lying about"
    assert names(tmp_path / "other") == {"place"}


def test_the_manifest_says_what_is_in_it(place: Path, backup: Path) -> None:
    told = json.loads((backup / MANIFEST).read_text())
    with Store.open(f"oxigraph:{place}") as store:
        head = store.head()
        assert (told["commit"], told["time"], told["hash"]) == (11, head.time, head.hash)
        assert told["fingerprint"] == store.fingerprint()
    assert told["answers"] == 2
    assert told["journal_bytes"] == (backup / "journal.sqlite").stat().st_size


def test_a_backup_holds_no_other_files_and_no_hard_links(place: Path, backup: Path) -> None:
    assert (backup / "journal.sqlite").stat().st_nlink == 1
    with closing(sqlite3.connect(f"file:{backup / 'journal.sqlite'}?mode=ro&immutable=1", uri=True)) as sql:
        assert sql.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert sql.execute("SELECT count(*) FROM commits").fetchone() == (11,)


@pytest.mark.parametrize("there", ["folder", "file", "link"])
def test_a_backup_overwrites_nothing(place: Path, tmp_path: Path, there: str) -> None:
    target = tmp_path / "there"
    if there == "folder":
        target.mkdir()
        (target / "thesis.txt").write_text("mine")
    elif there == "file":
        target.write_text("mine")
    else:
        target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputRefused, match="overwrites nothing"):
        back_up(Folder(place), target)
    assert names(tmp_path) == {"store", "there"}


def test_an_empty_folder_may_be_filled(place: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    back_up(Folder(place), tmp_path / "there")
    assert check(tmp_path / "there").commit == 11


def test_a_backup_inside_the_store_is_refused(place: Path) -> None:
    for target in (place, place / "backup", place / "answers" / "b"):
        with pytest.raises(InputRefused, match="inside the store"):
            back_up(Folder(place), target)


def test_what_is_no_store_is_not_backed_up(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="run `kg build`"):
        back_up(Folder(tmp_path / "none"), tmp_path / "b")
    for url in ("memory:", "sparql+http://x/", "oxigraph:"):
        with pytest.raises(StoreUnavailable, match="not the address of a store in a folder"):
            Folder.at(url)
    assert names(tmp_path) == set()


def test_a_backup_is_of_one_commit_while_a_writer_writes(place: Path, tmp_path: Path) -> None:
    made, stop = [], threading.Event()

    def write() -> None:
        with Store.open(f"oxigraph:{place}", "write") as store:
            number = 11
            while not stop.is_set():
                number += 1
                replayed(store, number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with Store.open(f"oxigraph:{place}") as reader:
            for number in range(8):
                made.append(back_up(Folder(place), tmp_path / f"b{number}"))
            assert reader.select("SELECT * { ?s ?p ?o }").rows
    finally:
        stop.set()
        writer.join()
    assert made == sorted(made, key=lambda m: m.commit)
    with Store.open("memory:") as clean:
        for number, manifest in enumerate(made):
            replayed(clean, manifest.commit)
            assert clean.fingerprint() == manifest.fingerprint
            assert check(tmp_path / f"b{number}") == manifest
    with Store.open(f"oxigraph:{place}") as store:
        assert store.verify() == []
        assert store.head().number > 11


def test_a_store_that_is_there_is_left_alone_unless_forced(place: Path, backup: Path) -> None:
    with Store.open(f"oxigraph:{place}", "write") as store:
        replayed(store, 14)
    (place / "keys").write_text("me:00")
    with pytest.raises(InputRefused, match=r"a store with 14 commits.*--force puts it aside"):
        restore(backup, Folder(place))
    done = restore(backup, Folder(place), force=True)
    assert done.aside is not None
    assert done.aside.name.startswith("store.before-restore-")
    with Store.open(f"oxigraph:{place}") as now, Store.open(f"oxigraph:{done.aside}") as before:
        assert (now.head().number, before.head().number) == (11, 14)
        assert now.verify() == before.verify() == []
    assert (place / "keys").read_text() == "me:00", "who may write may still write"
    assert names(place.parent) == {"store", "backup", done.aside.name}


def test_an_empty_store_gives_way(backup: Path, tmp_path: Path) -> None:
    place = tmp_path / "empty"
    with Store.open(f"oxigraph:{place}", "write"):
        pass
    assert restore(backup, Folder(place)).aside is None
    with Store.open(f"oxigraph:{place}") as store:
        assert store.head().number == 11
    assert names(tmp_path) == {"store", "backup", "empty"}
    bare = tmp_path / "bare"
    (bare / "answers").mkdir(parents=True)
    assert restore(backup, Folder(bare)).aside is None
    assert "backup" in names(tmp_path)


def no_journal(place: Path) -> None:
    (place / "journal.sqlite").unlink()


def broken_journal(place: Path) -> None:
    (place / "journal.sqlite").write_bytes(b"not a database at all" * 100)


@pytest.mark.parametrize("harm", [no_journal, broken_journal])
def test_a_damaged_store_is_put_aside_too(place: Path, backup: Path, harm: Callable[[Path], None]) -> None:
    harm(place)
    with pytest.raises(StoreUnavailable, match="`kg restore`"):
        Store.open(f"oxigraph:{place}")
    with pytest.raises(InputRefused, match="a store that cannot be used"):
        restore(backup, Folder(place))
    done = restore(backup, Folder(place), force=True)
    assert done.aside is not None
    assert done.aside.is_dir()
    with Store.open(f"oxigraph:{place}") as store:
        assert store.head().number == 11


def test_what_is_not_a_store_is_never_replaced(backup: Path, tmp_path: Path) -> None:
    foreign, file = tmp_path / "foreign", tmp_path / "file"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    file.write_text("mine")
    for force in (False, True):
        with pytest.raises(InputRefused, match="is not a store"):
            restore(backup, Folder(foreign), force=force)
        with pytest.raises(InputRefused, match="is a file"):
            restore(backup, Folder(file), force=force)
    assert (foreign / "thesis.txt").read_text() == file.read_text() == "mine"


def test_a_store_that_is_being_written_is_not_replaced(backup: Path, tmp_path: Path) -> None:
    place = tmp_path / "busy"
    with (
        held(f"oxigraph:{place}", change("a", triple("a", "n", 1))) as pid,
        pytest.raises(StoreUnavailable, match=f"written by process {pid}"),
    ):
        restore(backup, Folder(place), force=True)
    with Store.open(f"oxigraph:{place}") as store:
        assert store.head().number == 1
    assert names(tmp_path) == {"store", "backup", "busy"}


def test_a_reader_goes_on_with_the_store_that_is_put_aside(place: Path, backup: Path) -> None:
    with Store.open(f"oxigraph:{place}", "write") as store:
        replayed(store, 13)
    with Store.open(f"oxigraph:{place}") as reader:
        before = graph_lines(reader)
        restore(backup, Folder(place), force=True)
        assert graph_lines(reader) == before
    with Store.open(f"oxigraph:{place}") as reader:
        assert reader.head().number == 11


def test_a_writer_that_waited_for_the_old_store_does_not_get_the_new_one(place: Path, backup: Path) -> None:
    folder = Folder(place)
    descriptor = folder.lock()
    place.rename(place.with_name("elsewhere"))
    place.mkdir()
    os.close(descriptor)
    stale = os.open(place.with_name("elsewhere") / "lock", os.O_RDWR)
    assert not folder._is_lock(stale)
    os.close(stale)
    restore(backup, folder)
    os.close(folder.lock())


@pytest.mark.parametrize("what", ["journal.sqlite", MANIFEST])
def test_a_flipped_byte_in_a_backup_is_found(backup: Path, tmp_path: Path, what: str) -> None:
    chance = random.Random(7)
    sound = (backup / what).read_bytes()
    target = Folder(tmp_path / "restored")
    for _ in range(15):
        broken = bytearray(sound)
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        (backup / what).write_bytes(broken)
        with pytest.raises((StoreUnavailable, InputRefused)):
            restore(backup, target)
        assert not target.path.exists()
    (backup / what).write_bytes(sound)
    assert restore(backup, target).manifest.commit == 11


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "is not a backup"),
        ("", "was changed; use another backup"),
        ("[]", "was changed"),
        ("{}", "was changed"),
        ('{"format": 99}', "format 99, this release reads 1"),
        ("[" * 100_000, "was changed"),
    ],
)
def test_what_is_no_backup_is_not_restored(backup: Path, tmp_path: Path, text: str | None, says: str) -> None:
    (backup / MANIFEST).unlink()
    if text is not None:
        (backup / MANIFEST).write_text(text)
    with pytest.raises((StoreUnavailable, InputRefused), match=says):
        restore(backup, Folder(tmp_path / "restored"))
    assert names(tmp_path) == {"store", "backup"}


def test_a_damaged_journal_is_not_backed_up(place: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(place / "journal.sqlite")) as sql:
        sql.execute("UPDATE commits SET author = 'another' WHERE number = 5")
        sql.commit()
    with pytest.raises(StoreUnavailable, match="commit 5 does not follow"):
        back_up(Folder(place), tmp_path / "b")
    assert names(tmp_path) == {"store"}


def test_a_larger_store_comes_back_whole(tmp_path: Path) -> None:
    with Store.open(f"oxigraph:{tmp_path / 'store'}", "write") as store:
        for number in range(5):
            store.commit([change(f"r{number}-{i}", *triples(f"r{number}-{i}", 40)) for i in range(500)], "me", "many")
        due = store.fingerprint(), store.engine.counts()
    back_up(Folder(tmp_path / "store"), tmp_path / "b")
    restore(tmp_path / "b", Folder(tmp_path / "again"))
    with Store.open(f"oxigraph:{tmp_path / 'again'}") as store:
        assert (store.fingerprint(), store.engine.counts()) == due


def test_a_store_lost_between_two_renames_is_pointed_to(place: Path) -> None:
    place.rename(place.with_name("store.before-restore-20261125T100000000000Z"))
    with pytest.raises(StoreUnavailable, match=r"or rename .*before-restore-20261125.*which a restore put aside"):
        Store.open(f"oxigraph:{place}")
