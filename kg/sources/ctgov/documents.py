"""One document of the registry, JSON or XML, as records that come in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element

from kg.errors import InputRefused
from kg.sources import safe_json, safe_xml
from kg.sources.ctgov import json_record, xml_record
from kg.sources.ctgov.faults import RecordRefused
from kg.sources.ctgov.frame import SOURCE, Frame
from kg.sources.ctgov.registered import Registered
from kg.sources.ctgov.rows import rows
from kg.sources.incoming import Incoming, Unit, Unreadable

HEAD = 64 * 1024
"""Bytes from which a document is recognised."""
_PAGE = re.compile(rb'\s*\{\s*(?:"(?:totalCount|nextPageToken)"\s*:\s*(?:\d+|"[^"]*")\s*,\s*)*"studies"\s*:')
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def looks_right(head: bytes) -> bool:
    """Tell whether a document that begins so looks like records of the registry."""
    plain = _plain(head)
    return b"<clinical_study" in plain or b'"protocolSection"' in plain or bool(_PAGE.match(plain))


def document(stream: BinaryIO, head: bytes, name: str) -> Iterator[Incoming]:
    """Yield the records of a document that begins with ``head``.

    Raises InputRefused where nothing of it can be read.
    """
    begins = _plain(head).lstrip()
    if begins.startswith(b"<"):
        root = safe_xml.tree(stream, name)
        yield _unit(name, "", root)
    elif begins.startswith((b"{", b"[")):
        yield from _page(stream, name)
    else:
        raise InputRefused(f"{name}: neither JSON nor XML nor zip; give records as the registry hands them out")


def going_on(found: Iterator[Incoming], name: str) -> Iterator[Incoming]:
    """Yield the records of one file among others; where it cannot be read, say so and go on."""
    try:
        yield from found
    except InputRefused as refused:
        yield _unreadable(refused, name)


def _plain(head: bytes) -> bytes:
    """Return the beginning of a document in a form in which its ASCII signs can be found in every encoding."""
    for mark in _MARKS:
        head = head.removeprefix(mark)
    return head.replace(b"\0", b"")


def _page(stream: BinaryIO, name: str) -> Iterator[Incoming]:
    some = False
    try:
        for pointer, record in safe_json.items(stream, name, "studies"):
            some = True
            yield _unreadable(record, name) if isinstance(record, InputRefused) else _unit(name, pointer, record)
    except InputRefused as refused:
        if not some:
            raise
        yield _unreadable(refused, name)


def _unit(name: str, pointer: str, record: safe_json.Json | Element) -> Incoming:
    try:
        read = _registered(record)
        frame = Frame(read.nct, name, pointer)
        return Unit(SOURCE, frame.trial, tuple(rows(read, frame)), frame.where(read.place))
    except RecordRefused as refused:
        return Unreadable(Frame("", name, pointer).where(refused.place), str(refused))


def _registered(record: safe_json.Json | Element) -> Registered:
    if isinstance(record, Element):
        return xml_record.registered(record)
    return json_record.registered(record)


def _unreadable(refused: InputRefused, name: str) -> Unreadable:
    """Return a refusal whose message begins with its place."""
    text = str(refused)
    if not text.startswith(name):
        return Unreadable(name, text)
    place, _, message = text[len(name) :].partition(": ")
    return Unreadable(name + place, message)
