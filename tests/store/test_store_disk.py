"""A disk that is full, and one that cannot be written to."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kg.errors import StoreUnavailable
from kg.store import Change, Store
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
