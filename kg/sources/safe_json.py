"""JSON that others wrote: read record by record as it streams, with limits on nesting, size and sloppiness."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import BinaryIO, NoReturn, TypeAlias

from kg.errors import InputRefused

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | Decimal | bool | None"

DEEPEST = 64
_HOPELESS = 100_000
"""Levels at which the rest of a document is not worth following to its end."""
LONGEST_TEXT = 4 * 1024 * 1024
"""Bytes that one string may take."""
LARGEST_RECORD = 64 * 1024 * 1024
"""Bytes that one record may take."""
_LONGEST_INTEGER = 400
_CHUNK = 64 * 1024
_BEFORE = 200
"""Bytes in which the name of the array of records stands before it."""
_BOM = b"\xef\xbb\xbf"
_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"{\x00", b"\x00{", b"[\x00", b"\x00[", b"\x00\x00")
_STRUCTURE = re.compile(rb'["\[\]{},]')
_END_OF_TEXT = re.compile(rb'["\\]')


def load(stream: BinaryIO, place: str) -> Json:
    """Read the one value of a JSON document.

    Raises InputRefused where it is not JSON in UTF-8, nests deeper than 64, repeats a key, or is too large.
    """
    scan = _Scan(stream, place, None)
    for _ in scan.records():
        pass
    return parsed(bytes(scan.outside), place)


def items(stream: BinaryIO, place: str, member: str) -> Iterator[tuple[str, Json | InputRefused]]:
    """Yield the records of a document one by one, each with its JSON pointer, or why that one is refused.

    The records are the items of the top array, or of the array ``member`` of the top object; a top object without
    that member is one record. Raises InputRefused where the text breaks off or is no JSON: what came before is good.
    """
    scan = _Scan(stream, place, member)
    for pointer, text, line, fault in scan.records():
        where = f"{place}#{pointer}"
        try:
            yield pointer, InputRefused(f"{where}: {fault}") if fault else parsed(text, where, line)
        except InputRefused as refused:
            yield pointer, refused
    rest = parsed(bytes(scan.outside), place)
    if not scan.paged:
        yield "", rest


def parsed(text: bytes, where: str, line: int = 1) -> Json:
    """Return the value of a whole JSON text that does not nest too deep; ``line`` is the one it begins on."""
    doubled: list[_Doubled] = []

    def unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        doubled.append(_Doubled(made))
        names = [name for name, _ in pairs]
        doubled[-1].key = next(name for name in names if names.count(name) > 1)
        return doubled[-1]

    try:
        value: Json = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=unique,
            parse_float=Decimal,
            parse_int=_integer,
            parse_constant=_not_finite,
        )
    except UnicodeDecodeError as error:
        raise InputRefused(f"{where}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        at = line + error.lineno - 1
        raise InputRefused(f"{where}: not JSON at line {at}, column {error.colno} ({error.msg}); mend it") from error
    except ValueError as error:
        raise InputRefused(f"{where}: {error}") from error
    if doubled or b"\\u" in text:
        _refuse_doubtful(value, where)
    return value


class _Doubled(dict[str, Json]):
    """An object that names a key twice."""

    key: str = ""


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError(f"a number of {len(digits)} digits; correct it")
    return int(digits)


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number; write null where there is none")


def _refuse_doubtful(value: Json, where: str) -> None:
    """Refuse keys that stand twice and halves of characters, with the pointer to the first."""
    pending: list[tuple[str, Json]] = [("", value)]
    while pending:
        pointer, found = pending.pop()
        if isinstance(found, _Doubled):
            raise InputRefused(f"{where}{pointer}: the key {found.key[:60]!r} stands there twice; keep one")
        if isinstance(found, dict):
            pending += ((f"{pointer}/{_step(key)}", inner) for key, inner in found.items())
            found = "".join(found)
        elif isinstance(found, list):
            pending += ((f"{pointer}/{number}", inner) for number, inner in enumerate(found))
        if isinstance(found, str) and any("\ud800" <= c <= "\udfff" for c in found):
            raise InputRefused(f"{where}{pointer}: half of a character (a lone surrogate); write it whole")


def _step(key: str) -> str:
    return key[:60].replace("~", "~0").replace("/", "~1")


class _Scan:
    """Cuts a document into its records by brackets and strings alone, before any of them is parsed."""

    def __init__(self, stream: BinaryIO, place: str, member: str | None) -> None:
        self.outside = bytearray()
        """The document without its records."""
        self.paged = False
        self._stream = stream
        self._place = place
        self._member = member
        self._key = re.compile(rb'[{,]\s*"%s"\s*:\s*\Z' % re.escape((member or "").encode()))
        self._level = 0
        self._text_bytes = 0
        self._in_text = False
        self._escaped = False

    def records(self) -> Iterator[tuple[str, bytes, int, str | None]]:
        """Yield pointer and text of each record, the line it begins on, and what forbids parsing it."""
        kept, within, line, number, fault = self.outside, 0, 1, 0, None
        pointer = ""
        for chunk in self._chunks():
            taken = 0
            for at, token in self._structure(chunk):
                fault = fault or self._fault(kept, pointer if within else None)
                if not within:
                    kept += chunk[taken : at + 1]
                    taken = at + 1
                    if token == b"[" and self._begins_records():
                        line += kept.count(b"\n")
                        kept, within = bytearray(), self._level
                        pointer = f"/{self._member}" if within > 1 else ""
                elif self._level < within or (token == b"," and self._level == within):
                    kept += chunk[taken:at]
                    taken = at + 1
                    if kept.strip() or fault or number or token == b",":
                        yield f"{pointer}/{number}", bytes(kept), line, fault
                    line += kept.count(b"\n")
                    number, fault = number + 1, None
                    kept.clear()
                    if self._level < within:
                        kept, within = self.outside, 0
                        kept += token
                elif fault:
                    kept.clear()
                    taken = at + 1
            kept += chunk[taken:]
            fault = fault or self._fault(kept, pointer if within else None)
            if fault:
                kept.clear()
        if self._level > 0 or self._in_text:
            where = f"{self._place}#{pointer}/{number}" if within else self._place
            raise InputRefused(f"{where}: the text ends in the middle; fetch the whole file again")

    def _begins_records(self) -> bool:
        """Tell whether the array that just opened holds the records."""
        if self._member is None or self.paged:
            return False
        self.paged = self._level == 1 or (self._level == 2 and bool(self._key.search(self.outside[-_BEFORE:-1])))
        return self.paged

    def _fault(self, kept: bytearray, record: str | None) -> str | None:
        """Return what forbids parsing what is being read; around the records it forbids the whole document."""
        fault = None
        if self._level > DEEPEST:
            fault = f"nested deeper than {DEEPEST}; flatten it"
        elif self._text_bytes > LONGEST_TEXT:
            fault = f"a text of more than {LONGEST_TEXT // 1024**2} MiB; shorten it"
            self._text_bytes = 0
        elif len(kept) > LARGEST_RECORD:
            fault = f"more than {LARGEST_RECORD // 1024**2} MiB; split it"
        if fault and record is None:
            raise InputRefused(f"{self._place}: {fault}")
        return fault

    def _chunks(self) -> Iterator[bytes]:
        first = True
        while chunk := self._stream.read(_CHUNK):
            if first and chunk.startswith(_OTHER_ENCODINGS):
                raise InputRefused(f"{self._place}: not UTF-8; save the file as UTF-8")
            yield chunk.removeprefix(_BOM) if first else chunk
            first = False

    def _structure(self, chunk: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield brackets and commas outside of texts, with the level after each."""
        at = 1 if self._escaped else 0
        self._escaped = False
        while True:
            while self._in_text:
                end = _END_OF_TEXT.search(chunk, at)
                self._text_bytes += (end.end() if end else len(chunk)) - at
                if not end:
                    return
                at = end.end()
                if end[0] == b'"':
                    self._in_text = False
                elif at == len(chunk):
                    self._escaped = True
                    return
                else:
                    at += 1
            found = _STRUCTURE.search(chunk, at)
            if not found:
                return
            at = found.end()
            token = found[0]
            if token == b'"':
                self._in_text, self._text_bytes = True, 0
                continue
            self._level += (token in b"[{") - (token in b"]}")
            if self._level > _HOPELESS:
                raise InputRefused(f"{self._place}: nested deeper than {DEEPEST}; flatten it")
            yield found.start(), token
