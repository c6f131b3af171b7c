"""Empty tables to fill in, with a note on every column: made from the records, the ontology and the bundled tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font
from pyoxigraph import Literal, NamedNode, RdfFormat, Store

from kg.errors import InputRefused
from kg.iris import EV, RDF, RDFS, SKOS
from kg.model.records import Ref
from kg.sources import csv_lines, workbook
from kg.sources.cells import DOUBTS, SEPARATOR, Column, columns
from kg.sources.tables import TABLES
from kg.triples import column as column_of

WORKBOOK = "tables.xlsx"
NOTES = "notes.csv"
_HEAD = ("table", "column", "required", "takes", "meaning", "example")
_WIDTHS = (24, 26, 10, 44, 80, 30)
_KEYS = {
    "record_source": "Which extraction the row belongs to: the rows of one source and trial are one record.",
    "trial": "Name of the trial in addresses: lower-case letters, digits, hyphens, such as smith-2009.",
    "arm": "Name of the arm within its trial, such as placebo.",
    "number": "Number of the row within its source and trial; no two results share one.",
    "label": "The name to show.",
    "alt_label": "Other names that it is known by.",
    "study_type": "RandomisedTrial, or Study for anything else; a Study is kept and never pooled.",
    "arm_label": "The name of the arm to show, where it is not the intervention's text.",
    "kind": "Kind of thing that has the identifier, such as drug.",
    "slug": "Name of the thing that has the identifier.",
    "identifier": "The identifier within its system, without a prefix.",
    "iri": "The identifier as an IRI.",
    "match": "How well it fits: exactMatch, closeMatch, broadMatch or narrowMatch.",
    "drug_class": "Name of the class in addresses.",
    "review": "Name of the review in addresses, such as cd015373.",
    "analysis": "Number of the analysis, such as CD015373-1.1.",
    "judged_by": "Whose judgement it is: the name of a review.",
    "citation": "The bibliographic reference in full.",
}
"""What the columns mean that name a row and are no property of a thing."""


@dataclass(frozen=True)
class Note:
    """What a person needs to know of one column."""

    table: str
    column: str
    required: str
    takes: str
    meaning: str
    example: str

    def cells(self) -> tuple[str, ...]:
        """Return the note as a row of a table."""
        return self.table, self.column, self.required, self.takes, self.meaning, self.example


class Ontology:
    """Definitions and enumerations of the ontology's own file."""

    def __init__(self, folder: Path) -> None:
        self._graph = Store()
        self._graph.load(path=str(folder / "evidence.ttl"), format=RdfFormat.TURTLE)

    @cached_property
    def properties(self) -> dict[str, NamedNode]:
        """The property that each column is written as."""
        found: dict[str, NamedNode] = {}
        for quad in self._graph.quads_for_pattern(None, NamedNode(RDFS + "isDefinedBy"), None, None):
            name = quad.subject.value if isinstance(quad.subject, NamedNode) else ""
            local = name.removeprefix(EV)
            if name.startswith(EV) and local[:1].islower() and not self._values(name, RDF + "type", EV):
                found.setdefault(column_of(name) or local, NamedNode(name))
        return found

    def meaning(self, column: str) -> str:
        """Return what a column means."""
        said = self._values(self.properties[column].value, SKOS + "definition") if column in self.properties else []
        return _KEYS.get(column) or (said[0] if said else "")

    def choices(self, column: str) -> list[str]:
        """Return the values that a column may have, where the ontology lists them."""
        if column not in self.properties:
            return []
        ranges = self._values(self.properties[column].value, RDFS + "range", EV)
        return sorted(
            quad.subject.value.removeprefix(EV)
            for found in ranges
            for quad in self._graph.quads_for_pattern(None, NamedNode(RDF + "type"), NamedNode(found), None)
            if isinstance(quad.subject, NamedNode)
        )

    def _values(self, subject: str, predicate: str, within: str = "") -> list[str]:
        quads = self._graph.quads_for_pattern(NamedNode(subject), NamedNode(predicate), None, None)
        return [
            q.object.value
            for q in quads
            if isinstance(q.object, NamedNode | Literal) and q.object.value.startswith(within)
        ]


def notes(ontology: Path, data: Path) -> Iterator[Note]:
    """Yield a note on every column of every table; examples are cells of the bundled tables."""
    known = Ontology(ontology)
    for name, kind in TABLES.items():
        examples = _examples(data / name, name)
        for column in columns(kind).values():
            yield Note(
                table=PurePosixPath(name).stem,
                column=column.name,
                required=_required(column),
                takes=_takes(column, known.choices(column.name)),
                meaning=known.meaning(column.name),
                example=examples.get(column.name, ""),
            )


def write_template(folder: Path, ontology: Path, data: Path) -> list[Path]:
    """Write the empty tables, as CSV files and as one workbook, and the notes; return what was written.

    Raises InputRefused where one of the files is there already, or the folder cannot be written.
    """
    made = [folder / name for name in (*TABLES, WORKBOOK, NOTES)]
    there = [path for path in made if path.exists()]
    if there:
        raise InputRefused(f"{there[0]} is there already; nothing is written over it: name another folder")
    told = list(notes(ontology, data))
    try:
        for name, kind in TABLES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            _write(folder / name, [list(columns(kind))])
        _write(folder / NOTES, [_HEAD, *(note.cells() for note in told)])
        _workbook(told).save(folder / WORKBOOK)
    except OSError as error:
        raise InputRefused(f"{folder} cannot be written ({error.strerror or error}); name another folder") from error
    return made


def _write(path: Path, lines: list[Any]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


def _workbook(told: list[Note]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None, "a new workbook has a sheet"
    first.title = workbook.NOTES
    for cells in (_HEAD, *(note.cells() for note in told)):
        first.append(cells)
    _dress(first, _WIDTHS)
    for name, kind in TABLES.items():
        sheet = book.create_sheet(PurePosixPath(name).stem)
        sheet.append(list(columns(kind)))
        _dress(sheet, [max(12, len(column) + 3) for column in columns(kind)])
        for cell in sheet[1]:
            cell.number_format = "@"
    return book


def _dress(sheet: Any, widths: Any) -> None:
    sheet.freeze_panes = "A2"
    for cell, width in zip(sheet[1], widths, strict=True):
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top")
        sheet.column_dimensions[cell.column_letter].width = width


def _required(column: Column) -> str:
    if not column.required:
        return ""
    return "the column" if type(None) in column.kinds or column.several else "a value"


def _takes(column: Column, choices: list[str]) -> str:
    if choices:
        said = ", ".join(choices)
    elif bool in column.kinds:
        said = "true or false"
    elif int in column.kinds:
        said = "a whole number"
    elif Decimal in column.kinds:
        said = "a decimal number"
    elif Ref in column.kinds:
        said = "the name of a thing of the graph"
    elif column.name.endswith(workbook.DATED):
        said = "a date: 2020, 2020-03 or 2020-03-04"
    else:
        said = "text"
    return (
        f"{said}; several with {(DOUBTS if column.name == 'doubt' else SEPARATOR).strip()!r} between"
        if column.several
        else said
    )


def _examples(path: Path, name: str) -> dict[str, str]:
    """Return the first cell of each column of a table that is not empty."""
    found: dict[str, str] = {}
    if not path.is_file():
        return found
    header: list[str] = []
    for _, cells in csv_lines.read(path, name):
        if not header:
            header = cells
            continue
        for column, cell in zip(header, cells, strict=False):
            if cell:
                found.setdefault(column, cell)
    return found
