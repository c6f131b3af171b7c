"""Cells under a header to a record: each read strictly by the type of its field, or refused with place and remedy."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kg.errors import InputRefused
from kg.model.records import Named, Origin, Ref, Row
from kg.nearest import nearest

SEPARATOR, DOUBTS = ";", " | "  # of several values in one cell; texts of doubt may hold semicolons
REPORTED = ("events", "total", "n", "mean", "sd", "se", "ci_low", "ci_high", "median", "q1", "q3")
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_REF = re.compile(r"(drug|drug-class|intervention|condition|outcome|instrument):([a-z0-9]+(?:[.-][a-z0-9]+)*)")
_BOOLEAN = {"true": True, "false": False}
_SHOWN = 60  # characters of a cell that a message repeats
LONGEST = 100_000
"""Characters of one cell."""


@dataclass(frozen=True)
class Column:
    """A column of a table: the field, what it takes, and whether it must be there."""

    name: str
    hint: Any
    required: bool

    @property
    def several(self) -> bool:
        """Whether a cell holds several values."""
        return typing.get_origin(self.hint) is tuple

    @property
    def kinds(self) -> frozenset[Any]:
        """The types of a value."""
        inner = typing.get_args(self.hint)[0] if self.several else self.hint
        return frozenset(typing.get_args(inner)) if isinstance(inner, types.UnionType) else frozenset({inner})


_known: dict[type[Any], dict[str, Column]] = {}


def columns(kind: type[Any]) -> dict[str, Column]:
    """Return the columns of a kind of row, in order; a field with a default is a column that may be left out."""
    if kind not in _known:
        hints = typing.get_type_hints(kind)
        _known[kind] = {
            f.name: Column(f.name, hints[f.name], f.default is dataclasses.MISSING)
            for f in dataclasses.fields(kind)
            if f.name not in ("origin", "reported_text")
        }
    return _known[kind]


def check_header(place: str, header: Sequence[str], kind: type[Any]) -> None:
    """Refuse a header with columns that are unknown, missing or there twice.

    Raises InputRefused.
    """
    known = columns(kind)
    required = {name for name, column in known.items() if column.required}
    doubled = {c for c in header if header.count(c) > 1}
    unknown, missing = set(header) - set(known), required - set(header)
    for what, found in (("twice", doubled), ("unknown", unknown), ("missing", missing)):
        if found:
            shown = ", ".join(sorted(c[:_SHOWN] or "without a name" for c in found))
            close = {n for c in found for n in nearest(c[:_SHOWN], known, 1)} if what == "unknown" else ()
            hint = f"; did you mean {', '.join(sorted(close))}?" if close else ""
            raise InputRefused(f"{place}: column {shown} {what}{hint}; the columns are {', '.join(known)}")


def row(kind: type[Any], header: Sequence[str], cells: Sequence[str], origin: Origin) -> Row:
    """Return the record of one line.

    Raises InputRefused for a line of another length, and for a cell that is not of its column.
    """
    if len(cells) != len(header):
        raise InputRefused(f"{origin}: {len(cells)} cells under {len(header)} columns; check commas and quotes")
    known = columns(kind)
    given = dict(zip(header, (c.strip() for c in cells), strict=True))
    values = {name: _value(cell, known[name], origin) for name, cell in given.items() if cell or known[name].required}
    if any(f.name == "reported_text" for f in dataclasses.fields(kind)):
        values["reported_text"] = "; ".join(f"{c} {given[c]}" for c in REPORTED if given.get(c))
    return typing.cast(Row, kind(origin=origin, **values))


def _value(cell: str, column: Column, origin: Origin) -> Any:
    if len(cell) > LONGEST:
        raise InputRefused(f"{origin}: column {column.name} has {len(cell)} characters; shorten it to {LONGEST}")
    wanted = column.kinds
    if column.several:
        separator = DOUBTS if column.name == "doubt" else SEPARATOR
        parts = (part.strip() for part in cell.split(separator))
        return tuple(_name(part) if Ref in wanted else part for part in parts if part)
    if not cell:
        if type(None) in wanted:
            return None
        raise InputRefused(f"{origin}: column {column.name} is empty; it is required")
    if bool in wanted:
        if cell not in _BOOLEAN:
            raise InputRefused(f"{origin}: column {column.name} has {_shown(cell)}; write true or false")
        return _BOOLEAN[cell]
    if int in wanted:
        return int(_number(cell, _INTEGER, "a whole number such as 28", column.name, origin))
    if Decimal in wanted:
        return Decimal(_number(cell, _DECIMAL, "a plain decimal number such as 27.93", column.name, origin))
    return _name(cell) if Ref in wanted else cell


def _name(cell: str) -> Named:
    """Return a slug as it stands; ``drug-class:...`` and its like name a thing of another kind than the column's."""
    found = _REF.fullmatch(cell)
    return Ref(found[1], found[2]) if found else cell


def _number(cell: str, pattern: re.Pattern[str], form: str, column: str, origin: Origin) -> str:
    if not pattern.fullmatch(cell):
        raise InputRefused(f"{origin}: column {column} has {_shown(cell)}; write {form}, or leave it empty")
    return cell


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= _SHOWN else cell[:_SHOWN] + "...")
