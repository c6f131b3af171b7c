"""Workbooks (XLSX) as lines of cells: values as they were typed, nothing that a spreadsheet made of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any

import openpyxl

from kg.errors import InputRefused
from kg.sources import archive

SUFFIXES = frozenset({".xlsx", ".xlsm"})
NOTES = "notes"
"""A sheet of this name is for people; it is not read."""
LIMITS = archive.Limits(entry=64 * 1024 * 1024, total=256 * 1024 * 1024, ratio=200, entries=1000)
DATED = "_on"
"""Columns of dates end like this."""
_MOST_ROWS, _MOST_COLUMNS = 200_000, 200
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")
_PIECE = 1024 * 1024


def sheets(path: Path, name: str, known: Collection[str]) -> Iterator[tuple[Iterator[tuple[int, list[str]]], str]]:
    """Yield the lines of each sheet, and its name, which is one of those known.

    Formulas, errors and percentages are refused where they stand: what the source says is a value that someone typed.
    Raises InputRefused, also while the lines are read.
    """
    _check(path, name)
    book = _opened(path, name)
    try:
        strange = [title for title in book.sheetnames if title not in known and title.casefold() != NOTES]
        if strange:
            raise InputRefused(
                f"{name}: sheet {', '.join(s[:40] for s in strange[:5])} is no table; call it one of "
                f"{', '.join(known)}, or {NOTES!r}, which is not read"
            )
        for title in known:
            if title in book.sheetnames:
                yield _lines(book[title], f"{name}/{title}"), title
    finally:
        book.close()


def _check(path: Path, name: str) -> None:
    """Refuse what is no plain archive of XML without document types, before any of it is parsed."""
    for entry in archive.entries(path, name, LIMITS):
        if entry.name.endswith((".xml", ".rels")):
            with entry.open() as stream:
                before = b""
                while piece := stream.read(_PIECE):
                    if not before and piece.startswith(_WIDE):
                        raise InputRefused(f"{entry.place}: not in UTF-8; save the workbook anew")
                    if any(mark in before + piece for mark in _DECLARATIONS):
                        raise InputRefused(f"{entry.place}: declares a document type; no spreadsheet writes one")
                    before = piece[-16:]


def _opened(path: Path, name: str) -> Any:
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
    except Exception as error:
        raise InputRefused(f"{name}: not a workbook that can be read ({_why(error)}); save it anew as XLSX") from error


def _lines(sheet: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    header: list[str] = []
    number = 0
    try:
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(), 1):
            _check_size(number, len(cells), name)
            texts = [
                _text(cell, f"{name}:{number}", column)
                for cell, column in zip_longest(cells, header[: len(cells)], fillvalue="")
            ]
            if any(texts):
                filled = _width(texts)
                header = header or [text.strip() for text in texts[:filled]]
                yield number, [*texts[:filled], *[""] * (len(header) - filled)]
    except InputRefused:
        raise
    except Exception as error:
        raise InputRefused(f"{name}: damaged after row {number} ({_why(error)}); save it anew as XLSX") from error


def _check_size(row: int, width: int, name: str) -> None:
    if row > _MOST_ROWS or width > _MOST_COLUMNS:
        raise InputRefused(
            f"{name}: more than {_MOST_ROWS} rows or {_MOST_COLUMNS} columns; delete what is empty, or split it"
        )


def _width(texts: list[str]) -> int:
    return max((number for number, text in enumerate(texts, 1) if text), default=0)


def _text(cell: Any, place: str, column: str) -> str:
    """Return what was typed into a cell; a date stands in a column of dates, elsewhere a spreadsheet made it of a text.

    Raises InputRefused.
    """
    value = cell.value
    if value is None:
        return ""
    where = f"{place}: cell {cell.coordinate}"
    match cell.data_type:
        case "f":
            raise InputRefused(f"{where} holds a formula; paste its value instead")
        case "e":
            raise InputRefused(f"{where} holds the error {str(value)[:20]}; write the value, or leave it empty")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if "%" in str(cell.number_format):
            raise InputRefused(f"{where} is shown as a percentage; format it as a plain number and check it")
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    if isinstance(value, date) and not column.endswith(DATED):
        raise InputRefused(
            f"{where} holds the date {value.isoformat()[:10]}, which a spreadsheet may have made of a text like 1-2; "
            "format the cell as text and write the value again"
        )
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if not isinstance(value, str):
        raise InputRefused(f"{where} holds a time or a duration; write it as text or as a plain number")
    return value


def _why(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:120]
