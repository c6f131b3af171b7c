"""Our own tables: CSV files or sheets whose columns are the fields of the records, read strictly, row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from kg.errors import InputRefused
from kg.model import records
from kg.model.records import Origin, Row
from kg.sources import csv_lines, workbook
from kg.sources.cells import DOUBTS, REPORTED, check_header, columns, row

__all__ = ["DOUBTS", "REPORTED", "TABLES", "BadRow", "lines", "read", "reads", "table"]

TABLES: dict[str, type[Any]] = {
    "evidence/drug-classes.csv": records.DrugClass,
    "evidence/drugs.csv": records.Drug,
    "evidence/interventions.csv": records.Intervention,
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
BY_STEM: dict[str, type[Any]] = {PurePosixPath(name).stem: kind for name, kind in TABLES.items()}
"""Kinds of rows by the name of their table, as a file without folder and suffix or as a sheet has it."""


@dataclass(frozen=True)
class BadRow:
    """A line that makes no record, with its cells, so that the record it belongs to can be told."""

    place: str
    message: str
    kind: type[Any]
    cells: dict[str, str]


def read(folder: Path) -> Iterator[Row]:
    """Read every known table of a folder laid out like ``data/``; a missing table is an empty one.

    Raises InputRefused at the first line that makes no record.
    """
    for name, kind in TABLES.items():
        path = folder / name
        if path.exists():
            yield from table(path, name, kind)


def table(path: Path, name: str, kind: type[Any]) -> Iterator[Row]:
    """Read one table; ``name`` is how the file is called in messages and origins.

    Raises InputRefused at the first line that makes no record.
    """
    for found in _rows(csv_lines.read(path, name), name, kind):
        if isinstance(found, BadRow):
            raise InputRefused(found.message)
        yield found


def lines(path: Path, but: Collection[Path] = ()) -> Iterator[Row | BadRow]:
    """Read a table, a workbook of tables, or every table in a folder and its folders, each line on its own.

    A file is a table by its name, such as ``arms.csv``, else by its header. Raises InputRefused for a file that is
    none, and for one that cannot be read.
    """
    found = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and p not in but)
    named = [(p, name) for p in found if (name := _shown(p, path)) and (path.is_file() or _is_table(p))]
    order = {stem: number for number, stem in enumerate(BY_STEM)}
    for file, name in sorted(named, key=lambda item: (order.get(item[0].stem, len(order)), item[1])):
        if file.suffix.lower() in workbook.SUFFIXES:
            for sheet, title in workbook.sheets(file, name, BY_STEM):
                yield from _rows(sheet, f"{name}/{title}", BY_STEM[title])
        else:
            yield from _rows(csv_lines.read(file, name), name, BY_STEM.get(file.stem) or _by_header(file, name))


def reads(path: Path) -> bool:
    """Tell whether a file is one of our tables or a workbook, by name or header, or a folder holds some."""
    if path.is_dir():
        return any(_is_table(inner) and reads(inner) for inner in path.rglob("*") if inner.is_file())
    if path.suffix.lower() in workbook.SUFFIXES:
        return True
    if path.suffix.lower() != ".csv":
        return False
    try:
        header = [c.strip() for c in next((cells for _, cells in csv_lines.read(path, path.name)), [])]
    except InputRefused:
        return path.stem in BY_STEM
    return path.stem in BY_STEM or bool(_fitting(header))


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in workbook.SUFFIXES or (path.suffix.lower() == ".csv" and path.stem in BY_STEM)


def _shown(path: Path, root: Path) -> str:
    return path.name if path == root else path.relative_to(root).as_posix()


def _rows(lines: Iterable[tuple[int, list[str]]], name: str, kind: type[Any]) -> Iterator[Row | BadRow]:
    header: list[str] | None = None
    for number, cells in lines:
        if header is None:
            header = [c.strip() for c in cells]
            if len(header) == 1 and (marks := [m for m in (";", "\t") if m in header[0]]):
                what = "semicolons" if marks[0] == ";" else "tabs"
                raise InputRefused(f"{name}:{number}: the columns stand between {what}; save it with commas")
            check_header(f"{name}:{number}", header, kind)
            continue
        origin = Origin(name, number)
        try:
            yield row(kind, header, cells, origin)
        except InputRefused as refused:
            given = dict(zip(header, (c.strip() for c in cells), strict=False))
            yield BadRow(str(origin), str(refused), kind, given)
    if header is None:
        check_header(f"{name}:1", [], kind)


def _by_header(path: Path, name: str) -> type[Any]:
    header = next((cells for _, cells in csv_lines.read(path, name)), [])
    fitting = _fitting([c.strip() for c in header])
    if len(fitting) == 1:
        return fitting[0]
    raise InputRefused(
        f"{name}: which table it is cannot be told from name and header; call it one of "
        f"{', '.join(f'{stem}.csv' for stem in BY_STEM)}"
    )


def _fitting(header: Sequence[str]) -> list[type[Any]]:
    """Return the kinds of rows that a header fits: all required columns, and none that is not known."""
    given = set(header)
    return [
        kind
        for kind in TABLES.values()
        if given <= columns(kind).keys() and {n for n, c in columns(kind).items() if c.required} <= given
    ]
