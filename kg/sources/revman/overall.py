"""Settings and pooled values of a Cochrane data package: overall estimates, and those of subgroups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO

from kg.errors import InputRefused
from kg.model.records import Origin
from kg.sources.revman import codes, sheet
from kg.sources.revman.data_rows import numbered
from kg.sources.revman.names import plain
from kg.sources.revman.numbers import decimal, shown, whole
from kg.sources.revman.reviewed import Fault, Kind, PooledValue, Settings, Totals
from kg.sources.revman.sheet import Cells

REQUIRED = ("Analysis group", "Analysis number", "Analysis name", "Data type", "Statistical method", "Effect measure",
            "Analysis model", "Mean", "CI start", "CI end")  # fmt: skip
REQUIRED_OF_SUBGROUPS = ("Analysis group", "Analysis number", "Subgroup", "Mean", "CI start", "CI end")
_KINDS: dict[str, Kind] = {
    "dichotomous": "dichotomous",
    "continuous": "continuous",
    "contrast level": "giv",
    "generic inverse variance": "giv",
    "o-e and variance": "oe",
}


@dataclass(frozen=True)
class Set:
    """What the table says of one analysis."""

    number: str
    comparison: str
    comparison_name: str
    name: str
    origin: Origin
    kind: Kind | None
    settings: Settings
    experimental: str | None
    control: str | None
    value: PooledValue | None


def read(stream: BinaryIO, name: str) -> tuple[dict[str, Set], list[Fault]]:
    """Read the settings of every analysis, by its number, and what could not be read of them.

    Raises InputRefused for a table without the columns of overall estimates.
    """
    found: dict[str, Set] = {}
    faults: list[Fault] = []
    for row in _read(stream, name, REQUIRED, "a table of overall estimates and settings", faults):
        try:
            made = _set(*row)
            found[made.number] = made
        except InputRefused as refused:
            faults.append(Fault(str(row[0]), str(refused).removeprefix(f"{row[0]}: ")))
    return found, faults


def of_subgroups(stream: BinaryIO, name: str) -> tuple[dict[str, list[PooledValue]], list[Fault]]:
    """Read the pooled values of subgroups, by the number of their analysis, and what could not be read of them.

    Raises InputRefused for a table without the columns of subgroup estimates.
    """
    found: dict[str, list[PooledValue]] = {}
    faults: list[Fault] = []
    for origin, cells in _read(stream, name, REQUIRED_OF_SUBGROUPS, "a table of subgroup estimates", faults):
        try:
            if value := _value(origin, cells, plain(cells["Subgroup"])):
                found.setdefault(numbered(cells, origin)[1], []).append(value)
        except InputRefused as refused:
            faults.append(Fault(str(origin), str(refused).removeprefix(f"{origin}: ")))
    return found, faults


def _read(
    stream: BinaryIO, name: str, required: tuple[str, ...], what: str, faults: list[Fault]
) -> Iterator[tuple[Origin, Cells]]:
    for row in sheet.rows(stream, name, required, what):
        if isinstance(row, Fault):
            faults.append(row)
        else:
            yield row


def _set(origin: Origin, cells: Cells) -> Set:
    comparison, number = numbered(cells, origin)
    kind = _KINDS.get(plain(cells["Data type"]).casefold())
    if kind is None and plain(cells["Data type"]).casefold() not in ("other", "text"):
        raise InputRefused(f"{origin}: Data type is {shown(cells['Data type'])}; known are {', '.join(_KINDS)}")
    return Set(
        number=number,
        comparison=comparison,
        comparison_name=plain(cells.get("Analysis group name")),
        name=plain(cells["Analysis name"]),
        origin=origin,
        kind=kind,
        settings=_settings(origin, cells, kind or "dichotomous"),
        experimental=plain(cells.get("Experimental group label") or cells.get("Experimental intervention")) or None,
        control=plain(cells.get("Control group label") or cells.get("Control intervention")) or None,
        value=_value(origin, cells, None),
    )


def _settings(origin: Origin, cells: Cells, kind: Kind) -> Settings:
    words = cells["Effect measure"]
    logs = _true(cells, "Log-scale data") if kind in ("giv", "oe") and cells.get("Log-scale data") else None
    code = codes.measure(words, of=kind, logs=logs)
    method = codes.method(
        cells["Statistical method"],
        origin,
        random=cells["Analysis model"].casefold().startswith("random"),
        of=kind,
        tau2=cells.get("Heterogeneity estimator"),
    )
    level = _level(origin, cells, "Estimate CI", "CI/PI level")
    return Settings(
        measure=code,
        method=method,
        ci=codes.interval(cells.get("CI method")) if method not in ("EE", "MH", "PETO") else "wald",
        ci_level=level,
        study_ci_level=_level(origin, cells, "Study CI", "CI/PI level"),
        totals=_totals(cells),
        swapped=_true(cells, "Swap event and non-event") or codes.swapped(words),
        words=plain(words) or None,
    )


def _true(cells: Cells, column: str, absent: str = "false") -> bool:
    return (cells.get(column) or absent).casefold() in ("true", "yes", "1")


def _totals(cells: Cells) -> Totals:
    parts, whole_ = _true(cells, "Subgroup estimates", "true"), _true(cells, "Overall estimates", "true")
    if whole_:
        return "all" if parts else "total"
    return "subgroups" if parts else "none"


def _level(origin: Origin, cells: Cells, *columns: str) -> float:
    for column in columns:
        value = decimal((cells.get(column) or "").removesuffix("%"), column, origin)
        if value is not None:
            value = value * 100 if value < 1 else value
            if not 50 <= value < 100:
                raise InputRefused(f"{origin}: {column} is {value}; give percent from 50 to below 100, as 95")
            return float(value)
    return 95.0


def _value(origin: Origin, cells: Cells, subgroup: str | None) -> PooledValue | None:
    """Return a pooled value; 0 with an interval from 0 to 0 stands where RevMan computed none."""

    def number(column: str) -> Decimal | None:
        return decimal(cells.get(column), column, origin)

    estimate, low, high = number("Mean"), number("CI start"), number("CI end")
    if estimate is None or estimate == low == high == 0:
        return None
    people = [whole(cells.get(column), column, origin) or 0 for column in ("Experimental N", "Control N")]
    return PooledValue(
        origin=origin,
        subgroup=subgroup,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        participants=sum(people) or None,
        i2=number("Heterogeneity I²"),
        tau2=number("Heterogeneity Tau²"),
        q=number("Heterogeneity Chi²"),
        p_value=number("Effect P"),
    )
