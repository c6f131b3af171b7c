"""The tables of studies: study information, and risk of bias as its template has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import BinaryIO

from kg.model.records import Origin
from kg.sources.revman import sheet
from kg.sources.revman.names import plain
from kg.sources.revman.reviewed import Fault, Judged, StudyOf

REQUIRED = ("Study",)
JUDGED = ("Domain (judgement): ", "RoB: ")


def information(stream: BinaryIO, name: str) -> tuple[list[StudyOf], list[Fault]]:
    """Read study information: one line a study.

    Raises InputRefused for a table without a column Study.
    """
    studies: dict[str, StudyOf] = {}
    faults: list[Fault] = []
    for row in sheet.rows(stream, name, REQUIRED, "study information"):
        if isinstance(row, Fault):
            faults.append(row)
        elif study := plain(row[1]["Study"]):
            studies.setdefault(study, StudyOf(study, row[0], row[1].get("Year") or None))
        else:
            faults.append(Fault(str(row[0]), "the line names no Study; give it one"))
    return list(studies.values()), faults


def bias(stream: BinaryIO, name: str) -> tuple[dict[str, list[Judged]], list[Fault]]:
    """Read risk of bias: a column of judgements for each domain, one line a study (RoB 1) or a result (RoB 2).

    Raises InputRefused for a table without a column Study.
    """
    judged: dict[str, list[Judged]] = {}
    faults: list[Fault] = []
    for row in sheet.rows(stream, name, REQUIRED, "risk of bias"):
        if isinstance(row, Fault):
            faults.append(row)
            continue
        origin, cells = row
        judged.setdefault(plain(cells["Study"]), []).extend(_judged(origin, cells))
    return judged, faults


def _judged(origin: Origin, cells: sheet.Cells) -> Iterable[Judged]:
    for column, text in cells.items():
        for prefix in JUDGED:
            if column.startswith(prefix) and text:
                yield Judged(origin, column.removeprefix(prefix), text)


def with_judgements(studies: Iterable[StudyOf], judged: dict[str, list[Judged]]) -> tuple[StudyOf, ...]:
    """Return studies with what was judged of them."""
    return tuple(
        replace(study, judged=(*study.judged, *judged[study.name])) if study.name in judged else study
        for study in studies
    )
