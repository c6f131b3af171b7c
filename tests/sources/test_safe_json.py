"""Hostile JSON is refused with its place, and does not take its neighbours with it."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from decimal import Decimal

import pytest

from kg.errors import InputRefused
from kg.sources import safe_json


def load(data: bytes) -> safe_json.Json:
    return safe_json.load(io.BytesIO(data), "x.json")


def items(data: bytes) -> list[tuple[str, safe_json.Json | InputRefused]]:
    return list(safe_json.items(io.BytesIO(data), "x.json", "studies"))


def test_values_keep_their_digits() -> None:
    given = b'\xef\xbb\xbf{"a": [1, 2.50, {"b": null}, true, []], "c/d": "\\u00e9", "e": {}}'
    assert load(given) == {"a": [1, Decimal("2.50"), {"b": None}, True, []], "c/d": "é", "e": {}}
    assert str(load(b"[0.10]")) == "[Decimal('0.10')]"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": {"b": 1, "c": [0, {"d": 1, "d": 2}]}}', "x.json/a/c/1: the key 'd' stands there twice; keep one"),
        (b'{"a": ' + b"[" * 64 + b"1" + b"]" * 64 + b"}", "nested deeper than 64; flatten it"),
        (b"[" * 100_000, "nested deeper than 64"),
        (b'{"a":' * 100_000, "nested deeper than 64"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b'{"a": 1', "ends in the middle"),
        (b"", "not JSON at line 1, column 1"),
        (b'{"a": 1}}', "not JSON at line 1, column 9"),
        (b'{\n"a": 1,\n"b" 2}', "not JSON at line 3, column 5"),
        (b'{"a": "\\ud800x"}', "/a: half of a character"),
        (b'{"a\\udfff": 1}', "half of a character"),
        (b'{"a": 1} {"b": 2}', "not JSON"),
        (b'{"a": "\xff"}', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        ('{"a": 1}'.encode("utf-16-be"), "not UTF-8"),
        ('[{"a": 1}]'.encode("utf-16-le"), "not UTF-8"),
        (b"9" * 5000, "a number of 5000 digits"),
        (b'"' + b"x" * 5_000_000 + b'"', "more than 4 MiB"),
    ],
)
def test_hostile_text_is_refused_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(InputRefused, match=r"^x\.json") as refused:
        load(data)
    assert message in str(refused.value)


def test_nesting_of_64_is_read() -> None:
    assert load(b"[" * 64 + b"]" * 64)


def test_a_page_is_read_item_by_item() -> None:
    page = b'{"totalCount": 2, "studies": [{"a": 1}, {"a": 2}], "nextPageToken": "x"}'
    assert items(page) == [("/studies/0", {"a": 1}), ("/studies/1", {"a": 2})]
    assert items(b'[{"a": 1}, {"a": 2}]') == [("/0", {"a": 1}), ("/1", {"a": 2})]
    assert items(b'{"a": {"studies": [1]}}') == [("", {"a": {"studies": [1]}})]
    assert items(b'{"studies": []}') == []


def test_a_bad_item_leaves_the_others_whole() -> None:
    deep = b"[" * 5000 + b"]" * 5000
    page = b'{"studies": [{"a": 1, "a": 2}, {"b": ' + deep + b'}, {"a": 3}]}'
    doubled, nested, good = items(page)
    assert str(doubled[1]) == "x.json#/studies/0: the key 'a' stands there twice; keep one"
    assert "nested deeper than 64" in str(nested[1])
    assert nested[0] == "/studies/1"
    assert good == ("/studies/2", {"a": 3})


def test_what_stands_before_a_break_is_handed_over() -> None:
    found = safe_json.items(io.BytesIO(b'{"studies": [{"a": 1}, {"a"'), "x.json", "studies")
    assert next(found) == ("/studies/0", {"a": 1})
    with pytest.raises(InputRefused, match="ends in the middle"):
        next(found)


def test_a_page_with_its_member_twice_is_refused() -> None:
    with pytest.raises(InputRefused, match="twice"):
        items(b'{"studies": [], "studies": [{"a": 1}]}')


class Endless(io.RawIOBase):
    """A page of so many bytes that it must not be held."""

    def __init__(self, head: bytes, item: bytes, times: int) -> None:
        self.left = times
        self.head = head
        self.item = item

    def read(self, size: int = -1) -> bytes:
        if self.head:
            data, self.head = self.head, b""
            return data
        if not self.left:
            return b""
        self.left -= 1
        return self.item


def peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_number_of_items() -> None:
    item = b'{"a": "' + b"x" * 1000 + b'"},'

    def read(times: int) -> None:
        stream = Endless(b'{"studies": [', item * 20, times)
        with pytest.raises(InputRefused, match="ends in the middle"):
            for _ in safe_json.items(stream, "x.json", "studies"):  # type: ignore[arg-type]
                pass

    few, many = peak(lambda: read(5)), peak(lambda: read(500))
    assert many < few + 200_000


def test_one_item_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_json, "LARGEST_RECORD", 6_000_000)
    page = b'{"studies": [{"a": [1' + b",1" * 4_000_000 + b']}, {"a": "' + b"x" * 5_000_000 + b'"}, {"a": 3}]}'
    long, text, good = items(page)
    assert "more than 5 MiB" in str(long[1])
    assert "a text of more than 4 MiB" in str(text[1])
    assert good == ("/studies/2", {"a": 3})
    single = Endless(b'{"a": [1', b",1" * 1000, 10_000_000)
    with pytest.raises(InputRefused, match="more than 5 MiB"):
        list(safe_json.items(single, "x.json", "studies"))  # type: ignore[arg-type]
    assert single.left > 9_000_000


def test_every_cut_into_chunks_gives_the_same() -> None:
    page = b' {"n": "a]\\"}", "studies" : [{"a": "x\\\\"}, {"b": "\\u00e9, [\\""}, [1, [2, 3]], "]"], "z": [{}]} '

    class Small(io.BytesIO):
        width = 1

        def read(self, size: int | None = -1) -> bytes:
            return super().read(self.width)

    expected = items(page)
    assert [value for _, value in expected] == [{"a": "x\\"}, {"b": 'é, ["'}, [1, [2, 3]], "]"]
    for Small.width in range(4, len(page)):
        assert list(safe_json.items(Small(page), "x.json", "studies")) == expected


def test_a_broken_item_does_not_hide_the_next() -> None:
    broken, good = items(b'[{"a" 1},\n{"a": 2}]')
    assert str(broken[1]).startswith("x.json#/0: not JSON at line 1, column 6")
    assert good == ("/1", {"a": 2})
    with pytest.raises(InputRefused, match="not JSON"):
        items(b'{"studies": [{"a": 1}}, {"a": 2}]}')
    assert str(items(b'[{"a": 1},]')[1][1]).startswith("x.json#/1: not JSON")
