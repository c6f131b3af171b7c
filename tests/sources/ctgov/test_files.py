"""Where records lie: one, a page, a list, a folder, a zip, in either format; and how much memory they take."""

from __future__ import annotations

import io
import json
import shutil
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.errors import InputRefused
from kg.sources import ctgov
from kg.sources.incoming import Incoming, Unit, Unreadable

from .study import study

NCT = "NCT02251431.json"


def names(found: Iterator[Incoming]) -> list[str]:
    return [item.name if isinstance(item, Unit) else item.place for item in found]


def numbered(number: int) -> dict[str, object]:
    return study(identificationModule={"nctId": f"NCT{number:08}", "briefTitle": "A study"})


def test_a_page_and_a_list_give_the_rows_of_single_records(folder: Path) -> None:
    record = json.loads((folder / NCT).read_text(encoding="utf-8"))
    (alone,) = ctgov.read(folder / NCT)
    assert isinstance(alone, Unit)
    page = {"totalCount": 2, "studies": [numbered(1), record], "nextPageToken": "x"}
    for given, pointer in ((page, "/studies/1"), ([numbered(1), record], "/1")):
        first, second = ctgov.read_bytes(json.dumps(given).encode(), "page.json")
        assert isinstance(first, Unit)
        assert isinstance(second, Unit)
        assert first.name == "nct00000001"
        assert second.place == f"page.json#{pointer}"
        assert [r.locator for r in second.rows if hasattr(r, "locator")] == [
            r.locator for r in alone.rows if hasattr(r, "locator")
        ]
        origin = str(second.rows[-1].origin)
        assert origin.startswith(f"page.json#{pointer}/resultsSection/")


def test_a_folder_is_read_in_order_and_what_is_something_else_passed_over(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    shutil.copy(folder / NCT, tmp_path / "deep" / "b.json")
    shutil.copy(folder / "NCT02699827.xml", tmp_path / "a.xml")
    (tmp_path / "notes.json").write_text('{"records": []}', encoding="utf-8")
    (tmp_path / "notes.xml").write_text("<notes/>", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    assert names(ctgov.read(tmp_path)) == ["nct02699827", "nct02251431"]
    assert ctgov.reads(tmp_path)
    assert not ctgov.reads(tmp_path / "notes.json")


def test_in_a_folder_a_broken_file_leaves_the_others(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / NCT, tmp_path / "z.json")
    whole = (folder / "NCT02699827.xml").read_bytes()
    (tmp_path / "a.xml").write_bytes(whole[:-100])
    (tmp_path / "NCT00000002.json").write_bytes(b"\x00\x01")
    found = list(ctgov.read(tmp_path))
    assert names(iter(found))[2] == "nct02251431"
    binary, cut = found[0], found[1]
    assert isinstance(binary, Unreadable)
    assert binary.place == "NCT00000002.json"
    assert isinstance(cut, Unreadable)
    assert cut.place.startswith("a.xml:")
    assert "the text ends in the middle" in cut.message


def test_a_zip_is_read_entry_by_entry(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "search.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(folder / NCT, f"studies/{NCT}")
        packed.write(folder / "NCT02699827.xml", "NCT02699827.xml")
        packed.writestr("README.txt", "hello")
        packed.writestr("other.json", '{"a": 1}')
        packed.writestr("NCT00000003.xml", "<clinical_study>")
    found = list(ctgov.read(path))
    assert names(iter(found)) == ["nct02251431", "nct02699827", "search.zip/NCT00000003.xml:1:16"]
    assert isinstance(found[0], Unit)
    assert found[0].place == f"search.zip/studies/{NCT}"
    assert ctgov.reads(path)
    assert names(ctgov.read_bytes(path.read_bytes(), "upload")) == [
        *("nct02251431", "nct02699827", "upload/NCT00000003.xml:1:16"),
    ]


def test_a_zip_without_records_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr("other.json", '{"a": 1}')
    with pytest.raises(InputRefused, match=r"^x: no record of ClinicalTrials\.gov in this archive"):
        list(ctgov.read_bytes(packed.getvalue(), "x"))


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.json", b'{"protocolSection": {}}', True),
        ("a.json", b'\xef\xbb\xbf {"studies" : []}', True),
        ("a.json", b'{"totalCount": 5, "studies": []}', True),
        ("a.json", b'{"reviews": [], "studies": []}', False),
        ("a.xml", b'<?xml version="1.0"?><!-- x --><clinical_study rank="1">', True),
        ("a.xml", '<?xml version="1.0" encoding="UTF-16"?><clinical_study/>'.encode("utf-16"), True),
        ("a.xml", b"<COCHRANE_REVIEW/>", False),
        ("a.csv", b"id,events,total\n", False),
        ("a.json", b"", False),
        ("a.zip", b"PK\x03\x04 broken", False),
    ],
)
def test_files_are_recognised_by_what_is_in_them(name: str, data: bytes, expected: bool, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert ctgov.reads(path) is expected


def test_a_file_that_is_not_there_is_refused_and_not_recognised(tmp_path: Path) -> None:
    assert not ctgov.reads(tmp_path / "absent.json")
    with pytest.raises(InputRefused, match="cannot be read"):
        list(ctgov.read(tmp_path / "absent.json"))


def test_memory_does_not_grow_with_the_number_of_records(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.json"
        with path.open("w", encoding="utf-8") as file:
            file.write('{"studies": [')
            file.writelines(json.dumps(numbered(n)) + ("," if n + 1 < count else "") for n in range(count))
            file.write("]}")
        tracemalloc.start()
        assert sum(1 for item in ctgov.read(path) if isinstance(item, Unit)) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few, many = peak(50), peak(500)
    assert many < few + 200_000
