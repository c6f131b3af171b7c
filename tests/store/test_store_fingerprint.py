"""The fingerprint kept beside a journal: it is that of the records, from whatever it was brought forward."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.store import Change, Store
from kg.store.records import fingerprint
from tests.store.store_support import change, retraction, triple

STEPS: list[list[Change]] = [
    [change(f"r{i}", triple(f"r{i}", "p", i)) for i in range(20)],
    [change("r3", triple("r3", "p", 33)), retraction("r4"), change("r-new", triple("n", "p", 1))],
    [change("r4", triple("r4", "p", 4)), retraction("r-new")],
]


def kept(folder: Path) -> Path:
    """The file, in the folder of the evidence table: a store without one keeps none."""
    return folder / "table" / "fingerprint"


def written(folder: Path, changes: list[Change]) -> None:
    with Store.open(f"oxigraph:{folder}", "write") as store:
        kept(folder).parent.mkdir(exist_ok=True)
        store.commit(changes, "tester", "a test")


def read(folder: Path) -> str:
    with Store.open(f"oxigraph:{folder}") as store:
        assert store.fingerprint() == fingerprint(store.heads())
        return store.fingerprint()


def test_it_follows_every_commit_of_other_processes(tmp_path: Path) -> None:
    seen = set()
    for changes in STEPS:
        written(tmp_path, changes)
        seen.add(read(tmp_path))
    assert len(seen) == len(STEPS)


def test_a_reader_brings_it_forward_and_keeps_it(tmp_path: Path) -> None:
    written(tmp_path, STEPS[0])
    early = kept(tmp_path).read_text()
    written(tmp_path, STEPS[1])
    late = kept(tmp_path).read_text()
    kept(tmp_path).write_text(early)
    read(tmp_path)
    assert kept(tmp_path).read_text() == late


def test_one_of_now_is_read_without_its_lines(tmp_path: Path) -> None:
    written(tmp_path, STEPS[0])
    due = read(tmp_path)
    first, *_ = kept(tmp_path).read_text().splitlines(keepends=True)
    kept(tmp_path).write_text(first)
    with Store.open(f"oxigraph:{tmp_path}") as store:
        assert store.fingerprint() == due


@pytest.mark.parametrize("spoil", ["lines", "head", "gone", "foreign", "binary"])
def test_what_is_damaged_or_of_another_store_is_made_anew(tmp_path: Path, spoil: str) -> None:
    place = tmp_path / "store"
    written(place, STEPS[0])
    file = kept(place)
    first, *lines = file.read_text().splitlines(keepends=True)
    written(place, STEPS[1])
    match spoil:
        case "lines":
            file.write_text("".join([first, *lines[1:]]))
        case "head":
            file.write_text("".join(["{}\n", *lines]))
        case "gone":
            file.unlink()
        case "foreign":
            file.write_text("".join([json.dumps({**json.loads(first), "hash": "0" * 64}), "\n", *lines]))
        case "binary":
            file.write_bytes(b"\xff\x00" * 100)
    read(place)


def test_a_false_one_is_found(tmp_path: Path) -> None:
    written(tmp_path, STEPS[0])
    file = kept(tmp_path)
    file.write_text(file.read_text().replace('"fingerprint": "', '"fingerprint": "f', 1))
    with Store.open(f"oxigraph:{tmp_path}") as store:
        assert any("fingerprint" in fault for fault in store.verify())


def test_a_folder_that_cannot_be_written_to_has_one_all_the_same(tmp_path: Path) -> None:
    written(tmp_path, STEPS[0])
    kept(tmp_path).unlink()
    kept(tmp_path).mkdir()
    read(tmp_path)
