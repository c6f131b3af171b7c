"""Hostile XML is refused before anything of it is expanded or kept."""

from __future__ import annotations

import io
import json
import sys
import time
import tracemalloc
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from kg.errors import InputRefused
from kg.sources import safe_xml

ENTITIES = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>'


def tree(data: bytes) -> Element:
    return safe_xml.tree(io.BytesIO(data), "x.xml")


def test_a_tree_has_texts_tails_attributes_and_lines() -> None:
    root = tree(b'<?xml version="1.0"?>\n<a>one<!-- no -->two\n<b c="d">x<![CDATA[<y>]]></b>tail<b/></a>')
    assert root.tag == "a"
    assert root.text == "onetwo\n"
    first, second = root
    assert (first.get("c"), first.text, first.tail, safe_xml.line(first)) == ("d", "x<y>", "tail", 3)
    assert (second.text, second.tail, safe_xml.line(root)) == (None, None, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_the_declaration_are_read(encoding: str) -> None:
    text = '<?xml version="1.0"?><a>\u00e9\u03b1</a>'
    data = text.encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    if encoding == "utf-16-be":
        data = b"\xfe\xff" + data
    assert tree(data).text == "\u00e9\u03b1"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (ENTITIES.encode() + b"<r>&b;</r>", "DOCTYPE"),
        (b"<!DOCTYPE html><r/>", "DOCTYPE"),
        (b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r/>', "DOCTYPE"),
        (b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', "DOCTYPE"),
        (f'<?xml version="1.0" encoding="UTF-16"?>{ENTITIES}<r>&b;</r>'.encode("utf-16"), "DOCTYPE"),
        (f"{ENTITIES}<r>&b;</r>".encode("utf-16-be"), "DOCTYPE"),
        (b"<r>&x;</r>", "not well-formed XML (undefined entity"),
        (b"<a>" * 65 + b"</a>" * 65, "nested deeper than 64"),
        (b"<r>" + b"x" * 5_000_000 + b"</r>", "more than 4 MiB"),
        (b"<r><![CDATA[" + b"x" * 5_000_000 + b"]]></r>", "more than 4 MiB"),
        (b'<r a="' + b"x" * 5_000_000 + b'"/>', "more than 4 MiB"),
        (b"<r><!--" + b"x" * 5_000_000 + b"--></r>", "more than 4 MiB"),
        (b"<r><a>", "ends in the middle"),
        (b"<r a=", "ends in the middle"),
        (b"", "ends in the middle"),
        (b"<r><a></r>", "not well-formed XML (mismatched tag"),
        (b"<r>\x00</r>", "not well-formed"),
        (b"<r>\xff</r>", "not well-formed"),
        (b'<?xml version="1.0" encoding="no-such"?><r/>', "not well-formed XML (unknown encoding"),
        (b'<?xml version="1.0" encoding="utf-7"?><r/>', "not well-formed"),
        (b"PK\x03\x04 not xml", "not well-formed"),
    ],
)
def test_hostile_text_is_refused_with_its_place(data: bytes, message: str) -> None:
    with pytest.raises(InputRefused, match=r"^x\.xml:\d+:\d+: ") as refused:
        tree(data)
    assert message in str(refused.value)


def test_the_message_names_the_elements_around() -> None:
    with pytest.raises(InputRefused, match=r"x\.xml:2:\d+: in a/b: not well-formed"):
        tree(b"<a>\n<b></c></a>")


def test_the_corpus_of_attacks_is_refused_within_a_second_and_little_memory(shared: Path) -> None:
    sys.path.insert(0, str(shared / "attacks"))
    try:
        from expand import expand  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    lines = (shared / "attacks" / "xml.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 7
    for attack in map(json.loads, lines):
        data = expand(attack["input"]["body"])
        data = data.encode() if isinstance(data, str) else data
        tracemalloc.start()
        started = time.perf_counter()
        with pytest.raises(InputRefused):
            tree(data)
        assert time.perf_counter() - started < 1, attack["name"]
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 50_000_000, attack["name"]


def test_limits_can_be_tightened() -> None:
    tight = safe_xml.Limits(document=100, elements=3)
    with pytest.raises(InputRefused, match="more than 3 elements"):
        safe_xml.tree(io.BytesIO(b"<a><b/><b/><b/></a>"), "x.xml", tight)
    with pytest.raises(InputRefused, match="a document of more than"):
        safe_xml.tree(io.BytesIO(b"<a>" + b" " * 100 + b"</a>"), "x.xml", tight)
