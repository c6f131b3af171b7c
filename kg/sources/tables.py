"""Our own tables: CSV files whose columns are the fields of the records, read strictly, row by row."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import types
import typing
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from kg.errors import InputRefused
from kg.model import records
from kg.model.records import Origin, Row

TABLES: dict[str, type[Any]] = {
    "evidence/drug-classes.csv": records.DrugClass,
    "evidence/drugs.csv": records.Drug,
    "evidence/drug-identifiers.csv": records.Identifier,
    "evidence/receptors.csv": records.Receptor,
    "evidence/drug-actions.csv": records.DrugAction,
    "evidence/trials.csv": records.Trial,
    "evidence/arms.csv": records.Arm,
    "evidence/dichotomous-results.csv": records.DichotomousResult,
    "evidence/continuous-results.csv": records.ContinuousResult,
    "evidence/contrasts.csv": records.ContrastResult,
    "evidence/risk-of-bias.csv": records.RiskOfBias,
    "reviews/reviews.csv": records.Review,
    "reviews/included-trials.csv": records.IncludedTrial,
    "reviews/analyses.csv": records.Analysis,
    "reviews/analysed-trials.csv": records.AnalysedTrial,
    "reviews/subgroup-levels.csv": records.SubgroupLevel,
    "reviews/published-estimates.csv": records.PublishedEstimate,
    "reviews/certainty.csv": records.Certainty,
}
DOUBTS = " | "  # separates several doubts in one cell
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_SHOWN = 60  # characters of a cell that a message repeats
_REPORTED = ("events", "total", "n", "mean", "sd", "se", "ci_low", "ci_high", "median", "q1", "q3")


def read(folder: Path) -> Iterator[Row]:
    """Read every known table of a folder laid out like ``data/``; a missing table is an empty one."""
    for name, kind in TABLES.items():
        path = folder / name
        if path.exists():
            yield from table(path, name, kind)


def table(path: Path, name: str, kind: type[Any]) -> Iterator[Row]:
    """Read one table; ``name`` is how the file is called in messages and origins."""
    fields = {f.name: t for f, t in _fields(kind)}
    written = [f for f in fields if f not in ("origin", "reported_text")]
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputRefused(f"{name}: not UTF-8 at byte {error.start}; save the table as UTF-8") from error
    except OSError as error:
        raise InputRefused(f"{name}: cannot be read ({error.strerror or error}); check the file") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        _check_header(name, header, written)
        for cells in reader:
            if cells:
                yield _record(kind, fields, header, cells, Origin(name, reader.line_num))
    except csv.Error as error:
        raise InputRefused(f"{name}:{reader.line_num}: not readable as CSV ({error}); check the quotes") from error


def _check_header(name: str, header: list[str], written: list[str]) -> None:
    doubled = {c for c in header if header.count(c) > 1}
    unknown, missing = set(header) - set(written), set(written) - set(header)
    for what, columns in (("twice", doubled), ("unknown", unknown), ("missing", missing)):
        if columns:
            raise InputRefused(
                f"{name}:1: column {', '.join(sorted(columns))} {what}; the columns are {', '.join(written)}"
            )


def _fields(kind: type[Any]) -> Iterator[tuple[dataclasses.Field[Any], Any]]:
    hints = typing.get_type_hints(kind)
    return ((f, hints[f.name]) for f in dataclasses.fields(kind))


def _record(kind: type[Any], fields: dict[str, Any], header: list[str], cells: list[str], origin: Origin) -> Row:
    if len(cells) != len(header):
        raise InputRefused(f"{origin}: {len(cells)} cells under {len(header)} columns; check commas and quotes")
    row = dict(zip(header, (c.strip() for c in cells), strict=True))
    values = {name: _value(row[name], fields[name], name, origin) for name in header}
    if "reported_text" in fields:
        values["reported_text"] = "; ".join(f"{c} {row[c]}" for c in _REPORTED if row.get(c))
    return typing.cast(Row, kind(origin=origin, **values))


def _value(cell: str, kind: Any, column: str, origin: Origin) -> Any:
    if typing.get_origin(kind) is tuple:
        separator = DOUBTS if column == "doubt" else ";"
        return tuple(part.strip() for part in cell.split(separator) if part.strip())
    wanted = set(typing.get_args(kind)) if isinstance(kind, types.UnionType) else {kind}
    if not cell:
        if type(None) in wanted:
            return None
        raise InputRefused(f"{origin}: column {column} is empty; it is required")
    if int in wanted:
        return int(_number(cell, _INTEGER, "a whole number such as 28", column, origin))
    if Decimal in wanted:
        return Decimal(_number(cell, _DECIMAL, "a plain decimal number such as 27.93", column, origin))
    return cell


def _number(cell: str, pattern: re.Pattern[str], form: str, column: str, origin: Origin) -> str:
    if not pattern.fullmatch(cell):
        shown = cell if len(cell) <= _SHOWN else cell[:_SHOWN] + "..."
        raise InputRefused(f"{origin}: column {column} has {shown!r}; write {form}, or leave it empty")
    return cell
