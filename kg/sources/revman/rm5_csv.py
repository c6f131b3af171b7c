"""The CSV export of RevMan 5 ("Data and analyses"): comparisons, outcomes, subgroups and studies in one table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import BinaryIO

from kg.errors import InputRefused
from kg.model.records import Origin
from kg.sources.revman import codes, sheet
from kg.sources.revman.names import cochrane_number, plain
from kg.sources.revman.numbers import decimal, shown, whole
from kg.sources.revman.reviewed import DataRow, Fault, Kind, Outcome, PooledValue, ReviewOf, Settings, Side, StudyOf
from kg.sources.revman.sheet import Cells

REQUIRED = ("Comparison Number", "Outcome Number", "Subgroup Number", "Name", "Data Type", "Statistical Method",
            "Effect Measure", "Analysis Model", "Events 1", "Total 1", "Events 2", "Total 2")  # fmt: skip
_KINDS: dict[str, Kind] = {"DIC": "dichotomous", "CON": "continuous", "IV": "giv", "GIV": "giv", "IPD": "oe"}
_NUMBERED = ("Comparison", "Outcome", "Subgroup")
_Z = 1.959964


def read(stream: BinaryIO, name: str) -> ReviewOf:
    """Read an export; the review is called after the file, since the table does not say.

    Raises InputRefused for a table that is none, or one with a setting or a numbering that is not known.
    """
    stem = name.rpartition("/")[2].removesuffix(".csv")
    return _Reading(name, cochrane_number(stem) or stem).review(
        sheet.rows(stream, name, REQUIRED, "an export of RevMan 5")
    )


class _Reading:
    def __init__(self, name: str, identifier: str) -> None:
        self._name, self._identifier = name, identifier
        self._faults: list[Fault] = []
        self._texts: list[str] = []
        self._comparisons: dict[str, str] = {}
        self._studies: dict[str, StudyOf] = {}
        self._outcomes: list[Outcome] = []
        self._rows: list[DataRow] = []
        self._subgroups: dict[str, str] = {}
        self._text_outcome: str | None = None

    def review(self, rows: Iterable[tuple[Origin, Cells] | Fault]) -> ReviewOf:
        for row in rows:
            if isinstance(row, Fault):
                self._faults.append(row)
            else:
                self._line(*row)
        self._close()
        return ReviewOf(
            identifier=self._identifier,
            title=self._identifier,
            origin=Origin(self._name, 1),
            studies=tuple(self._studies.values()),
            outcomes=tuple(self._outcomes),
            comparisons=self._comparisons,
            texts=tuple(self._texts),
            faults=tuple(self._faults),
        )

    def _line(self, origin: Origin, cells: Cells) -> None:
        comparison, outcome, subgroup = (_numbered(cells, f"{what} Number", origin) for what in _NUMBERED)
        name = plain(cells["Name"])
        if outcome == "0":
            self._comparisons[comparison] = name
        elif cells["Data Type"]:
            self._close()
            self._open(origin, cells, comparison, f"{comparison}.{outcome}", name)
        elif f"{comparison}.{outcome}" == self._text_outcome:
            return
        elif not self._outcomes or self._outcomes[-1].number != f"{comparison}.{outcome}":
            raise InputRefused(
                f"{origin}: a study of outcome {comparison}.{outcome}, which has no line of its own above"
            )
        elif subgroup != "0" and subgroup not in self._subgroups and not cells.get("User defined order"):
            self._subgroups[subgroup] = name or f"subgroup {subgroup}"
            self._add(
                subgroups=(self._subgroups[subgroup],), value=self._value(origin, cells, self._subgroups[subgroup])
            )
        else:
            self._study(origin, cells, name, self._subgroups.get(subgroup) if subgroup != "0" else None)

    def _open(self, origin: Origin, cells: Cells, comparison: str, number: str, name: str) -> None:
        self._subgroups, self._rows, self._text_outcome = {}, [], None
        if cells["Data Type"] in ("OTH", "OTHER"):
            self._texts.append(f"{number} {name}")
            self._text_outcome = number
            return
        kind = _KINDS.get(cells["Data Type"])
        if kind is None:
            found = shown(cells["Data Type"])
            raise InputRefused(f"{origin}: Data Type is {found}; known are {', '.join([*_KINDS, 'OTH'])}")
        self._kind: Kind = kind
        words = cells["Effect Measure"]
        random = cells["Analysis Model"].casefold().startswith("random")
        code = codes.measure(words, of=kind)
        method = codes.method(cells["Statistical Method"], origin, random=random, of=kind)
        settings = Settings(measure=code, method=method, swapped=codes.swapped(words), words=plain(words) or None)
        self._outcomes.append(
            Outcome(
                number=number,
                comparison=comparison,
                name=name,
                origin=origin,
                settings=settings,
                experimental=plain(cells.get("Group Label 1")) or None,
                control=plain(cells.get("Group Label 2")) or None,
            )
        )
        self._add(value=self._value(origin, cells, None))

    def _add(self, subgroups: tuple[str, ...] = (), value: PooledValue | None = None) -> None:
        last = self._outcomes[-1]
        values = (*last.values, value) if value else last.values
        self._outcomes[-1] = replace(last, subgroups=(*last.subgroups, *subgroups), values=values)

    def _close(self) -> None:
        if self._outcomes and self._rows:
            self._outcomes[-1] = replace(self._outcomes[-1], rows=tuple(self._rows))
        self._rows = []

    def _value(self, origin: Origin, cells: Cells, subgroup: str | None) -> PooledValue | None:
        estimate, low, high = (decimal(cells.get(n), n, origin) for n in ("Effect Estimate", "CI Start", "CI End"))
        if estimate is None or estimate == low == high == 0:
            return None
        people = [whole(cells.get(n), n, origin) or 0 for n in ("Total 1", "Total 2")]
        return PooledValue(
            origin=origin,
            subgroup=subgroup,
            estimate=estimate,
            ci_low=low,
            ci_high=high,
            participants=sum(people) or None,
            i2=decimal(cells.get("I²(Q)"), "I²(Q)", origin),
            tau2=decimal(cells.get("Tau²"), "Tau²", origin),
            q=decimal(cells.get("Q"), "Q", origin),
            p_value=decimal(cells.get("P(Z)"), "P(Z)", origin),
        )

    def _study(self, origin: Origin, cells: Cells, name: str, subgroup: str | None) -> None:
        try:
            row = self._row(origin, cells, name, subgroup)
        except InputRefused as refused:
            self._faults.append(Fault(str(origin), str(refused).removeprefix(f"{origin}: ")))
            return
        self._studies.setdefault(row.study, StudyOf(row.study, origin, cells.get("Year of study") or None))
        self._rows.append(row)

    def _row(self, origin: Origin, cells: Cells, name: str, subgroup: str | None) -> DataRow:
        def number(column: str) -> Decimal | None:
            return decimal(cells.get(column), column, origin)

        if not name:
            raise InputRefused(f"{origin}: the study has no Name; give it one")
        kind = self._kind
        sides = [
            Side(
                events=whole(cells.get(f"Events {n}"), f"Events {n}", origin)
                if kind in ("dichotomous", "oe")
                else None,
                total=whole(cells.get(f"Total {n}"), f"Total {n}", origin),
                mean=number(f"Mean {n}") if kind == "continuous" else None,
                sd=number(f"SD {n}") if kind == "continuous" else None,
            )
            for n in (1, 2)
        ]
        return DataRow(
            study=name,
            origin=origin,
            kind=kind,
            experimental=sides[0],
            control=sides[1],
            estimate=self._generic(number) if kind == "giv" else None,
            se=number("SE") if kind == "giv" else None,
            observed_minus_expected=number("O-E") if kind == "oe" else None,
            variance=number("Variance") if kind == "oe" else None,
            weight=number("Weight"),
            subgroup=subgroup,
        )

    def _generic(self, number: Callable[[str], Decimal | None]) -> Decimal | None:
        """Return an estimate, a ratio on the log scale: the table shows ratios, and its SE tells the scale."""
        estimate, se, low, high = (number(n) for n in ("Effect Estimate", "SE", "CI Start", "CI End"))
        if estimate is None or estimate <= 0 or self._outcomes[-1].settings.measure not in codes.ON_LOG_SCALE:
            return estimate
        if se and low and high and low > 0:
            reach = math.log(float(high) / float(low)) / (2 * _Z * float(se))
            if not 0.9 < reach < 1.1:
                return estimate
        return estimate.ln()


def _numbered(cells: Cells, column: str, origin: Origin) -> str:
    text = cells[column] or "0"
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise InputRefused(f"{origin}: {column} is {shown(text)}; comparisons, outcomes and subgroups are numbered")
    return str(int(text))
