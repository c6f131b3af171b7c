"""A disk that is full, and one that cannot be written to."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kg.errors import StoreUnavailable
from kg.store import Change, Folder, Store, back_up, restore
from tests.store.store_support import change, graph_lines, replayed, stated, triple

Mount = Callable[..., None]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", "size=32m", "tmpfs", str(place)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("a file system can be mounted by root only")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def incompressible(number: int) -> Change:
    chance = random.Random(number)
    return change(
        f"noise-{number}", *(triple(f"noise-{number}", f"p{i}", chance.randbytes(500).hex()) for i in range(200))
    )


def test_a_full_disk_refuses_commits_and_harms_nothing(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"oxigraph:{disk / 'store'}"
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(12 * 2**20))
    monkeypatch.setattr("kg.store.folder.RESERVE_BYTES", -(2**40))
    acknowledged = 0
    refused: list[str] = []
    try:
        with Store.open(url, "write") as store:
            for number in range(1, 400):
                try:
                    acknowledged = store.commit([incompressible(number)], "me", "noise").number
                except StoreUnavailable as full:
                    refused.append(str(full))
                    if len(refused) == 3:
                        break
    except StoreUnavailable as full:  # closing publishes, for which there may be no room
        refused.append(str(full))
    assert acknowledged > 3
    assert len(refused) >= 3
    assert any("full" in text or "No space left" in text for text in refused), refused
    with Store.open(url) as reader:
        assert reader.head().number >= acknowledged - 1
        assert graph_lines(reader) == stated(reader)
    ballast.unlink()
    with Store.open(url, "write") as store:
        assert store.head().number >= acknowledged
        assert store.verify() == []
        after = store.commit([change("after", triple("after", "n", 1))], "me", "there is room again")
        assert store.verify() == []
    with Store.open(url) as reader:
        assert reader.head() == after or reader.head().hash == after.hash


def test_a_write_is_refused_before_the_disk_is_full(disk: Path) -> None:
    url = f"oxigraph:{disk / 'store'}"
    with Store.open(url, "write") as store:
        with pytest.raises(StoreUnavailable, match="nothing was written; free disk space"):
            store.commit([change("a", triple("a", "n", 1))], "me", "first")
        assert store.head().number == 0


def test_a_store_on_a_read_only_disk_can_be_read(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.store.folder.RESERVE_BYTES", 0)
    url = f"oxigraph:{disk / 'store'}"
    with Store.open(url, "write") as store:
        replayed(store, 5)
        due = graph_lines(store)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with Store.open(url) as reader:
        assert reader.head().number == 5
        assert graph_lines(reader) == due
        assert reader.verify() == []
    with pytest.raises(StoreUnavailable, match="Read-only file system"):
        Store.open(url, "write")


def fill(disk: Path, leave: int) -> Path:
    """Fill a disk but for some bytes; deleting the file makes room again."""
    ballast = disk / "filler"
    with ballast.open("wb") as file:
        file.write(bytes(max(0, shutil.disk_usage(disk).free - leave)))
    return ballast


def test_writing_goes_on_in_the_same_process_once_there_is_room(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that ran out of room fails for ever, so the store opens it anew."""
    monkeypatch.setattr("kg.store.folder.RESERVE_BYTES", -(2**40))
    with Store.open(f"oxigraph:{disk / 'store'}", "write") as store:
        acknowledged = store.commit([incompressible(0)], "me", "noise").number
        filler = fill(disk, 300_000)
        refused = 0
        for number in range(1, 200):
            try:
                acknowledged = store.commit([incompressible(number)], "me", "noise").number
            except StoreUnavailable as full:
                assert "full" in str(full) or "No space left" in str(full), full
                refused += 1
                if refused == 4:
                    break
        assert refused == 4
        filler.unlink()
        after = store.commit([change("after", triple("after", "n", 1))], "me", "there is room again")
        assert after.number > acknowledged
        assert graph_lines(store) == stated(store)
        assert store.verify() == []
    with Store.open(f"oxigraph:{disk / 'store'}") as reader:
        assert reader.head().hash == after.hash


def test_nothing_starts_and_nothing_breaks_on_a_disk_without_room(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.store.folder.RESERVE_BYTES", -(2**40))
    url, place = f"oxigraph:{disk / 'store'}", disk / "store"
    with Store.open(url, "write") as store:
        replayed(store, 6)
        due = graph_lines(store), store.fingerprint()
    back_up(Folder(place), disk / "backup")
    with Store.open(url) as reader:
        filler = fill(disk, 0)
        assert graph_lines(reader) == due[0]
        for attempt in (
            lambda: Store.open(f"oxigraph:{disk / 'new'}", "write"),
            lambda: back_up(Folder(place), disk / "second"),
            lambda: restore(disk / "backup", Folder(disk / "third")),
            lambda: restore(disk / "backup", Folder(place), force=True),
        ):
            with pytest.raises(StoreUnavailable) as refused:
                attempt()
            said = str(refused.value)
            assert any(words in said for words in ("full", "No space left", "MiB free")), said
        looked = subprocess.run(
            [sys.executable, "-m", "kg", "--store", url, "build"], capture_output=True, text=True, check=False
        )
        assert looked.returncode == 3
        assert "Traceback" not in looked.stderr
        assert looked.stderr.startswith("kg: ") or "\nkg: " in looked.stderr
    with Store.open(url) as reader:
        assert (graph_lines(reader), reader.fingerprint()) == due
    assert not (disk / "second").exists()
    assert not (disk / "third").exists()
    assert not list(disk.glob("store.before-restore-*"))
    filler.unlink()
    shutil.rmtree(disk / "new", ignore_errors=True)
    with Store.open(url, "write") as store:
        assert store.verify() == []
        replayed(store, 8)
        store.rebuild()
        assert store.verify() == []
    assert restore(disk / "backup", Folder(disk / "third")).manifest.commit == 6


def test_a_rebuild_without_room_leaves_the_store_as_it_was(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.store.folder.RESERVE_BYTES", -(2**40))
    url = f"oxigraph:{disk / 'store'}"
    with Store.open(url, "write") as store:
        replayed(store, 6)
        due = graph_lines(store)
        filler = fill(disk, 20_000)
        with pytest.raises(StoreUnavailable):
            store.rebuild()
        filler.unlink()
        assert graph_lines(store) == due
        store.rebuild()
        assert graph_lines(store) == due
        assert store.verify() == []
