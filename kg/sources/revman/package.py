"""A Cochrane data package, or single tables of one, as a review."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kg.errors import InputRefused
from kg.model.records import Origin
from kg.sources.revman import arm_tables, data_rows, overall, study_tables, unstated
from kg.sources.revman.data_rows import Line
from kg.sources.revman.names import doi
from kg.sources.revman.overall import Set
from kg.sources.revman.parts import Part, Table
from kg.sources.revman.reviewed import (
    ArmOf,
    ArmRow,
    Fault,
    Judged,
    Kind,
    Outcome,
    PooledValue,
    ReviewOf,
    StudyOf,
)

_TABLE_NAME = re.compile(
    r"(?:^|[-_ ])(?:data[-_ ]rows|overall[-_ ]estimates.*|subgroup[-_ ]estimates"
    r"|study[-_ ](?:information|arms|results|data)|risk[-_ ]of[-_ ]bias.*|analysis[-_ ]data|data(?:package)?|files)$",
    re.IGNORECASE,
)


def read(parts: Sequence[Part], name: str) -> ReviewOf:
    """Read the tables of one review, which is called by a name.

    Raises InputRefused where there is a table twice.
    """
    found: dict[Table, Part] = {}
    for part in parts:
        if (table := part.table) is None:
            continue
        if table in found:
            raise InputRefused(f"{part.name}: the same table as {found[table].name}; name one review at a time")
        found[table] = part
    return _Package(found, name).review()


def identifier(path: str) -> str:
    """Return what the review of a table is called: what stands before the name of the table, else its folder."""
    for part in reversed(path.split("/")):
        stem = re.sub(r"\.(?:csv|zip|txt|gz)$", "", part, flags=re.IGNORECASE)
        if left := _TABLE_NAME.sub("", stem).strip("-_ ."):
            return left
    return re.sub(r"\.(?:csv|txt)$", "", path.rpartition("/")[2], flags=re.IGNORECASE)


class _Package:
    def __init__(self, parts: dict[Table, Part], name: str) -> None:
        self._parts, self._name = parts, name
        self._faults: list[Fault] = []

    def review(self) -> ReviewOf:
        sets = self._sets()
        lines = self._lines({number: found.kind for number, found in sets.items() if found.kind})
        values = self._subgroup_values()
        studies, judged = self._information(), self._judged()
        arms, rows = self._arms()
        by_number = data_rows.by_analysis(lines)
        strata = {arm.study for arm in arms if lines and arm.description.startswith(arm_tables.PART_OF)}
        everyone = {study.name: study for study in studies if study.name not in strata}
        for line in lines:
            everyone.setdefault(line.row.study, StudyOf(line.row.study, line.row.origin, line.year or None))
        if lines:
            outcomes = [
                _outcome(number, by_number.get(number, []), sets.get(number), values.get(number, []))
                for number in sorted({*by_number, *sets}, key=_order)
                if number in by_number or (sets[number].kind and sets[number].value)
            ]
        else:
            outcomes = list(arm_tables.outcomes(rows, arms))
        first = next(iter(self._parts.values()))
        return ReviewOf(
            identifier=self._name,
            title=self._name,
            origin=Origin(first.name, 1),
            doi=next((own for line in lines if (own := doi(line.doi))), None),
            studies=study_tables.with_judgements(_judged_in_rows(everyone.values(), lines), judged),
            outcomes=tuple(outcomes),
            comparisons={s.comparison: s.comparison_name for s in sets.values() if s.comparison_name},
            texts=tuple(f"{s.number} {s.name}" for s in sets.values() if s.kind is None),
            faults=tuple(self._faults),
            arms=() if lines else tuple(arms),
            arm_rows=() if lines else tuple(rows),
        )

    def _sets(self) -> dict[str, Set]:
        if (part := self._parts.get("overall")) is None:
            return {}
        with part.open() as stream:
            sets, faults = overall.read(stream, part.name)
        self._faults += faults
        return sets

    def _lines(self, kinds: dict[str, Kind]) -> list[Line]:
        if (part := self._parts.get("data-rows")) is None:
            return []
        with part.open() as stream:
            lines, faults = data_rows.read(stream, part.name, kinds)
        self._faults += faults
        return lines

    def _subgroup_values(self) -> dict[str, list[PooledValue]]:
        if (part := self._parts.get("subgroups")) is None:
            return {}
        with part.open() as stream:
            values, faults = overall.of_subgroups(stream, part.name)
        self._faults += faults
        return values

    def _information(self) -> list[StudyOf]:
        if (part := self._parts.get("information")) is None:
            return []
        with part.open() as stream:
            studies, faults = study_tables.information(stream, part.name)
        self._faults += faults
        return studies

    def _judged(self) -> dict[str, list[Judged]]:
        if (part := self._parts.get("bias")) is None:
            return {}
        with part.open() as stream:
            judged, faults = study_tables.bias(stream, part.name)
        self._faults += faults
        return judged

    def _arms(self) -> tuple[list[ArmOf], list[ArmRow]]:
        arms: list[ArmOf] = []
        rows: list[ArmRow] = []
        if part := self._parts.get("arms"):
            with part.open() as stream:
                arms, faults = arm_tables.arms(stream, part.name)
            self._faults += faults
        if part := self._parts.get("results"):
            with part.open() as stream:
                rows, faults = arm_tables.results(stream, part.name)
            self._faults += faults
        return arms, rows


def _order(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))


def _judged_in_rows(studies: Iterable[StudyOf], lines: Sequence[Line]) -> list[StudyOf]:
    judged: dict[str, list[Judged]] = {}
    for line in lines:
        judged.setdefault(line.row.study, []).extend(line.judged)
    return [replace(study, judged=tuple(judged.get(study.name, ()))) for study in studies]


def _outcome(number: str, lines: Sequence[Line], said: Set | None, values: Sequence[PooledValue]) -> Outcome:
    settings = said.settings if said else unstated.settings(lines)
    subgroups = dict.fromkeys(line.row.subgroup for line in _in_order(lines) if line.row.subgroup)
    whole = [said.value] if said and said.value and settings.totals in ("all", "total") else []
    parts = values if settings.totals in ("all", "subgroups") else ()
    first = lines[0] if lines else None
    origin = said.origin if said else (first.row.origin if first else Origin("", 0))
    return Outcome(
        number=number,
        comparison=number.partition(".")[0],
        name=(first.name if first else "") or (said.name if said else ""),
        origin=origin,
        settings=settings,
        experimental=said.experimental if said else None,
        control=said.control if said else None,
        subgroups=tuple(subgroups),
        rows=tuple(line.row for line in lines),
        values=(*whole, *parts),
    )


def _in_order(lines: Sequence[Line]) -> list[Line]:
    numbers = [line.subgroup_number for line in lines]
    if all(n.isascii() and n.isdecimal() for n in numbers):
        return sorted(lines, key=lambda line: int(line.subgroup_number))
    return list(lines)
