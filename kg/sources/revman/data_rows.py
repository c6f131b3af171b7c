"""The rows of a Cochrane data package (``*-data-rows.csv``), of before and after September 2024.

Figures that a row does not use are blank in newer packages and 0 in older ones, where some are leftovers of RevMan: a 0
under cases beside an SD is "not used", not "no events", and a GIV SE beside counts is none. So the figures tell what a
row holds, and only the figures of that kind are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import BinaryIO

from kg.errors import InputRefused
from kg.model.records import Origin
from kg.sources.revman import sheet
from kg.sources.revman.names import plain
from kg.sources.revman.numbers import ZERO, decimal, shown, whole
from kg.sources.revman.reviewed import Counts, DataRow, Fault, Judged, Kind, Side
from kg.sources.revman.sheet import Cells

_FIGURES = ("GIV Mean", "GIV SE", "Experimental mean", "Experimental SD", "Experimental cases", "Experimental N",
            "Control mean", "Control SD", "Control cases", "Control N", "O-E", "Variance")  # fmt: skip
REQUIRED = ("Analysis group", "Analysis number", "Analysis name", "Subgroup", "Study", "Study year", *_FIGURES)
_COUNTS: dict[str, Counts] = {"SUBGROUP_AND_OVERALL": "both", "SUBGROUP": "subgroup", "OVERALL": "total", "": "both"}
_BIAS = "RoB: "


@dataclass(frozen=True)
class Line:
    """A row of the table with what stands around its figures: its analysis, and what RevMan displays for it."""

    comparison: str
    number: str
    name: str
    year: str
    row: DataRow
    effect: Decimal | None
    judged: tuple[Judged, ...]
    subgroup_number: str
    doi: str
    unclear: bool


def read(stream: BinaryIO, name: str, kinds: dict[str, Kind]) -> tuple[list[Line], list[Fault]]:
    """Read the rows, and what could not be read of them; ``kinds`` are those that settings give to analyses.

    Raises InputRefused for a table without the columns of data rows.
    """
    lines: list[Line] = []
    faults: list[Fault] = []
    for found in sheet.rows(stream, name, REQUIRED, "a table of data rows"):
        if isinstance(found, Fault):
            faults.append(found)
            continue
        origin, cells = found
        try:
            lines.append(_line(origin, cells, kinds))
        except InputRefused as refused:
            faults.append(Fault(str(origin), str(refused).removeprefix(f"{origin}: ")))
    return list(_settled(lines)), faults


def numbered(cells: Cells, origin: Origin) -> tuple[str, str]:
    """Return the number of a comparison, and that of an analysis within the review, such as 1.10."""
    both = [cells[column] for column in ("Analysis group", "Analysis number")]
    for column, text in zip(("Analysis group", "Analysis number"), both, strict=True):
        if not (text.isascii() and text.isdecimal() and len(text) <= 6):
            raise InputRefused(f"{origin}: {column} is {shown(text)}; analyses are numbered")
    return both[0], ".".join(both)


def _line(origin: Origin, cells: Cells, kinds: dict[str, Kind]) -> Line:
    comparison, number = numbered(cells, origin)
    study = plain(cells["Study"])
    if not study:
        raise InputRefused(f"{origin}: the row names no Study; give it one")
    applies = cells.get("Applicability", "")
    if applies not in _COUNTS:
        raise InputRefused(f"{origin}: Applicability is {shown(applies)}; known are {', '.join(filter(None, _COUNTS))}")
    figures = {column: decimal(cells[column], column, origin) for column in _FIGURES}
    kind, unclear = _kind(figures)
    if number in kinds:
        kind, unclear = kinds[number], False
    row = DataRow(
        study=study, origin=origin, kind=kind, subgroup=plain(cells["Subgroup"]) or None, counts=_COUNTS[applies]
    )
    return Line(
        comparison=comparison,
        number=number,
        name=plain(cells["Analysis name"]),
        year=cells["Study year"],
        row=_filled(row, cells, figures),
        effect=decimal(cells.get("Mean"), "Mean", origin),
        judged=tuple(
            Judged(origin, column.removeprefix(_BIAS), text, number)
            for column, text in cells.items()
            if column.startswith(_BIAS) and text
        ),
        subgroup_number=cells.get("Subgroup number", ""),
        doi=cells.get("review_doi", ""),
        unclear=unclear,
    )


def _kind(figures: dict[str, Decimal | None]) -> tuple[Kind, bool]:
    """Return what a row holds by the figures it has, and whether nothing in it says so."""

    def any_of(*columns: str) -> bool:
        return any(figures[column] for column in columns)

    def given(*columns: str) -> bool:
        return any(figures[column] is not None for column in columns)

    with_blanks = None in figures.values()
    has = given if with_blanks else any_of
    if any_of("O-E") or (with_blanks and given("O-E")):
        return "oe", False
    if any_of("Experimental SD", "Control SD") or (with_blanks and has("Experimental mean", "Control mean")):
        return "continuous", False
    if has("Experimental cases", "Control cases"):
        return "dichotomous", False
    if has("GIV Mean"):
        return "giv", False
    if any_of("Experimental mean", "Control mean"):
        return "continuous", False
    if not any_of("Experimental N", "Control N") and any_of("GIV SE"):
        return "giv", False
    return "dichotomous", True


def _settled(lines: list[Line]) -> Iterator[Line]:
    """Give rows that are 0 throughout the kind of the other rows of their analysis."""
    known: dict[str, Counter[Kind]] = {}
    for line in lines:
        if not line.unclear:
            known.setdefault(line.number, Counter())[line.row.kind] += 1
    for line in lines:
        kinds = known.get(line.number)
        usual = kinds.most_common(1)[0][0] if line.unclear and kinds else line.row.kind
        yield line if usual == line.row.kind else replace(line, row=_as(line.row, usual))


def _as(row: DataRow, kind: Kind) -> DataRow:
    """Return a row that is 0 throughout as one of another kind."""
    sides = [Side(total=s.total, mean=ZERO, sd=ZERO) for s in (row.experimental, row.control)]
    empty = replace(row, kind=kind, experimental=Side(total=sides[0].total), control=Side(total=sides[1].total))
    if kind == "continuous":
        return replace(row, kind=kind, experimental=sides[0], control=sides[1])
    return (
        replace(empty, estimate=ZERO, se=ZERO)
        if kind == "giv"
        else replace(empty, observed_minus_expected=ZERO, variance=ZERO)
    )


def _filled(row: DataRow, cells: Cells, figures: dict[str, Decimal | None]) -> DataRow:
    """Return a row with the figures of its kind."""
    counts, means = row.kind in ("dichotomous", "oe"), row.kind == "continuous"
    sides = [
        Side(
            events=whole(cells[f"{who} cases"], f"{who} cases", row.origin) if counts else None,
            total=whole(cells[f"{who} N"], f"{who} N", row.origin),
            mean=figures[f"{who} mean"] if means else None,
            sd=figures[f"{who} SD"] if means else None,
        )
        for who in ("Experimental", "Control")
    ]
    return replace(
        row,
        experimental=sides[0],
        control=sides[1],
        estimate=figures["GIV Mean"] if row.kind == "giv" else None,
        se=figures["GIV SE"] if row.kind == "giv" else None,
        observed_minus_expected=figures["O-E"] if row.kind == "oe" else None,
        variance=figures["Variance"] if row.kind == "oe" else None,
        weight=decimal(cells.get("Weight"), "Weight", row.origin),
    )


def by_analysis(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Return the rows of each analysis, in the order of the table."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.number, []).append(line)
    return found
