"""A compact table of the study rows of many reviews, one review after another (``rows.csv.gz`` or ``rows.csv``).

Its measures are not told: counts give risk ratios and means mean differences, each analysis is pooled whole with
random effects (DerSimonian and Laird), and zero cells follow metafor, as the reference beside the table does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import BinaryIO

from kg.errors import InputRefused
from kg.model.records import Origin
from kg.sources import unpacking
from kg.sources.revman import sheet
from kg.sources.revman.codes import ratio
from kg.sources.revman.names import doi, plain
from kg.sources.revman.numbers import decimal, shown, whole
from kg.sources.revman.reviewed import DataRow, Fault, Kind, Outcome, ReviewOf, Settings, Side, StudyOf
from kg.sources.revman.sheet import Cells

REQUIRED = ("review", "doi", "analysis", "analysis_name", "subgroup", "study", "year", "kind", "e_events", "e_n",
            "c_events", "c_n", "e_mean", "e_sd", "c_mean", "c_sd", "giv_mean", "giv_se", "oe", "oe_var",
            "revman_effect", "revman_weight")  # fmt: skip
_KINDS: dict[str, Kind] = {"dichotomous": "dichotomous", "continuous": "continuous", "giv": "giv", "oe": "oe"}
_BASIS = "measure and method: not in the table; risk ratio or mean difference, DerSimonian-Laird"
_LIMITS = unpacking.Limits(total=1024 * 1024 * 1024, ratio=500)  # such tables repeat themselves
_MOST_ROWS = 200_000  # of one review


def read(stream: BinaryIO, name: str) -> Iterator[ReviewOf]:
    """Yield the reviews of the table, one at a time.

    The rows of a review stand together: a review that begins again further down is refused with InputRefused, since it
    would replace what was read of it; so is a table without its columns.
    """
    seen: set[str] = set()
    for identifier, rows, faults in _by_review(sheet.rows(stream, name, REQUIRED, "a library table"), name):
        if identifier in seen:
            raise InputRefused(f"{rows[0][0]}: review {shown(identifier)} begins again; sort the table by review")
        seen.add(identifier)
        yield _Reading(name, faults).review(identifier, rows)


def _by_review(
    found: Iterable[tuple[Origin, Cells] | Fault], name: str
) -> Iterator[tuple[str, list[tuple[Origin, Cells]], list[Fault]]]:
    """Yield the rows of each review that stand together, and those around them that could not be read."""
    rows: list[tuple[Origin, Cells]] = []
    faults: list[Fault] = []
    current = ""
    for row in found:
        if isinstance(row, Fault):
            faults.append(row)
            continue
        identifier = plain(row[1]["review"])
        if not identifier:
            faults.append(Fault(str(row[0]), "the row names no review; give it one"))
            continue
        if rows and identifier != current:
            yield current, rows, faults
            rows, faults = [], []
        current = identifier
        rows.append(row)
        if len(rows) > _MOST_ROWS:
            raise InputRefused(f"{name}: review {shown(current)} has more than {_MOST_ROWS} rows; split the table")
    if rows or faults:
        yield current, rows, faults


class _Reading:
    def __init__(self, name: str, faults: list[Fault]) -> None:
        self._name, self._faults = name, faults

    def review(self, identifier: str, rows: list[tuple[Origin, Cells]]) -> ReviewOf:
        studies: dict[str, StudyOf] = {}
        analyses: dict[str, tuple[Origin, str, list[tuple[DataRow, Decimal | None]]]] = {}
        for origin, cells in rows:
            try:
                number, row, effect = self._row(origin, cells)
            except InputRefused as refused:
                self._faults.append(Fault(str(origin), str(refused).removeprefix(f"{origin}: ")))
                continue
            studies.setdefault(row.study, StudyOf(row.study, origin, cells["year"] or None))
            analyses.setdefault(number, (origin, plain(cells["analysis_name"]), []))[2].append((row, effect))
        return ReviewOf(
            identifier=identifier,
            title=identifier,
            origin=rows[0][0] if rows else Origin(self._name, 1),
            doi=doi(rows[0][1]["doi"]) if rows else None,
            studies=tuple(studies.values()),
            outcomes=tuple(_outcome(number, *found) for number, found in analyses.items()),
            faults=tuple(self._faults),
            by_metafor=True,
        )

    def _row(self, origin: Origin, cells: Cells) -> tuple[str, DataRow, Decimal | None]:
        number, study, kind = cells["analysis"], plain(cells["study"]), _KINDS.get(cells["kind"])
        comparison, _, own = number.partition(".")
        if not all(part.isascii() and part.isdecimal() and len(part) <= 6 for part in (comparison, own)):
            raise InputRefused(f"{origin}: analysis is {shown(number)}; analyses are numbered, such as 1.10")
        if not study:
            raise InputRefused(f"{origin}: the row names no study; give it one")
        if kind is None:
            raise InputRefused(f"{origin}: kind is {shown(cells['kind'])}; known are {', '.join(_KINDS)}")

        def value(column: str, *kinds: Kind) -> Decimal | None:
            return decimal(cells[column], column, origin) if kind in kinds else None

        def count(column: str, *kinds: Kind) -> int | None:
            return whole(cells[column], column, origin) if kind in kinds or not kinds else None

        sides = [
            Side(
                events=count(f"{who}_events", "dichotomous", "oe"),
                total=count(f"{who}_n"),
                mean=value(f"{who}_mean", "continuous"),
                sd=value(f"{who}_sd", "continuous"),
            )
            for who in ("e", "c")
        ]
        row = DataRow(
            study=study,
            origin=origin,
            kind=kind,
            experimental=sides[0],
            control=sides[1],
            estimate=value("giv_mean", "giv"),
            se=value("giv_se", "giv"),
            observed_minus_expected=value("oe", "oe"),
            variance=value("oe_var", "oe"),
            weight=decimal(cells["revman_weight"], "revman_weight", origin),
            subgroup=plain(cells["subgroup"]) or None,
        )
        return number, row, decimal(cells["revman_effect"], "revman_effect", origin)


def _outcome(number: str, origin: Origin, name: str, rows: list[tuple[DataRow, Decimal | None]]) -> Outcome:
    return Outcome(
        number=number,
        comparison=number.partition(".")[0],
        name=name,
        origin=origin,
        settings=Settings(measure=_measure(rows), method="DL", basis=_BASIS),
        subgroups=tuple(dict.fromkeys(row.subgroup for row, _ in rows if row.subgroup)),
        rows=tuple(row for row, _ in rows),
    )


def _measure(rows: list[tuple[DataRow, Decimal | None]]) -> str:
    usual = Counter(row.kind for row, _ in rows).most_common(1)[0][0]
    if usual in ("dichotomous", "continuous"):
        return "RR" if usual == "dichotomous" else "MD"
    told = [(row.estimate, effect) for row, effect in rows if row.estimate and effect]
    logs = bool(told) and all(abs(float(ratio(e) - s)) <= 1e-5 * max(1.0, abs(float(s))) for e, s in told)
    return "RATIO" if logs or usual == "oe" else "GEN"


def unpacked(stream: BinaryIO, name: str) -> BinaryIO:
    """Return a packed table as it unpacks; reading raises InputRefused for damage and for a bomb."""
    return unpacking.unpacked(stream, "gzip", name, _LIMITS)
