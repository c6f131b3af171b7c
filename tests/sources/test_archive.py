"""Hostile archives are refused by their table of contents, before anything is unpacked."""

from __future__ import annotations

import io
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from kg.errors import InputRefused
from kg.sources import archive


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    made.seek(0)
    return made


def read(source: io.BytesIO | Path, limits: archive.Limits = archive.LIMITS) -> dict[str, bytes]:
    found = {}
    for entry in archive.entries(source, "x.zip", limits):
        with entry.open() as stream:
            found[entry.place] = stream.read()
    return found


def test_entries_are_read_in_order_and_folders_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(packed({"b/": b"", "b/2.json": b"two", "1.json": b"one"}).getvalue())
    assert list(read(path).items()) == [("x.zip/b/2.json", b"two"), ("x.zip/1.json", b"one")]


@pytest.mark.parametrize(
    "name", ["../../evil.txt", "/etc/cron.d/x", "a/../../b", "..\\b", "C:\\b", "c:b", "a\x1bb", "a\nb"]
)
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(InputRefused, match=r"^x\.zip/.*leads out of the archive"):
        read(packed({"good.json": b"{}", name: b"x"}))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = packed({"a.json": b" " * 100_000_000})
    tracemalloc.start()
    with pytest.raises(InputRefused, match="more than 200 times its size"):
        read(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5_000_000


def test_sizes_are_bounded_for_one_entry_and_in_all() -> None:
    files = {f"{n}.txt": bytes(range(256)) * 40 for n in range(5)}
    with pytest.raises(InputRefused, match=r"0\.txt.*unpacks to more than"):
        read(packed(files), archive.Limits(entry=10_000))
    with pytest.raises(InputRefused, match="unpacks to more than"):
        read(packed(files), archive.Limits(total=30_000))
    with pytest.raises(InputRefused, match="more than 4 entries"):
        read(packed(files), archive.Limits(entries=4))


def test_a_table_of_contents_that_lies_about_a_size_does_not_unpack_more() -> None:
    data = bytearray(packed({"a.txt": b"x" * 50_000}).getvalue())
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(signature) + at
        data[place : place + 4] = (100).to_bytes(4, "little")
    with pytest.raises(InputRefused, match="damaged"):
        read(io.BytesIO(bytes(data)))


def test_damage_is_refused_with_the_entry() -> None:
    data = bytearray(packed({"a.txt": b"hello world" * 100}, zipfile.ZIP_STORED).getvalue())
    data[100] ^= 0xFF
    with pytest.raises(InputRefused, match=r"^x\.zip/a\.txt: the packed data are damaged"):
        read(io.BytesIO(bytes(data)))


@pytest.mark.parametrize("keep", [0, 10, 100, 0.5, 0.99])
def test_a_truncated_archive_is_refused(keep: float) -> None:
    whole = packed({f"{n}.json": b"{}" * 100 for n in range(5)}).getvalue()
    cut = whole[: int(keep if keep >= 1 else keep * len(whole))]
    with pytest.raises(InputRefused, match="not a zip archive"):
        read(io.BytesIO(cut))


def test_links_ciphers_unusual_methods_and_doubles_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(info, "/etc/passwd")
    with pytest.raises(InputRefused, match="is a link"):
        read(made)
    with pytest.raises(InputRefused, match="unusual method"):
        read(packed({"a": b"x" * 100}, zipfile.ZIP_LZMA))
    data = bytearray(packed({"a.txt": b"x"}).getvalue())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + at] |= 1
    with pytest.raises(InputRefused, match="encrypted"):
        read(io.BytesIO(bytes(data)))
    twice = packed({"a.txt": b"x", "b.txt": b"y"}).getvalue().replace(b"b.txt", b"a.txt")
    with pytest.raises(InputRefused, match="stands twice"):
        read(io.BytesIO(twice))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="cannot be read"):
        read(tmp_path / "absent.zip")
