"""From the columns of studies to effects and sampling variances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypedDict, TypeVar, Unpack

import numpy as np
from numpy.typing import NDArray

from kg.errors import InputRefused
from kg.pooling.columns import Array, Column, Mask, check_counts, labels, refuse_where, table
from kg.pooling.effects import ZERO_VARIANCE, Effects
from kg.pooling.measure import Measure, Options, Table
from kg.pooling.one_group import ONE_GROUP, PROPORTIONS
from kg.pooling.paired_means import PAIRED_MEANS
from kg.pooling.rates import RATES
from kg.pooling.two_by_two import TWO_BY_TWO
from kg.pooling.two_means import TWO_MEANS
from kg.pooling.zero_cells import ZeroCells

T = TypeVar("T", bound=np.generic)

MEASURES: MappingProxyType[str, Measure] = MappingProxyType(
    {m.code: m for m in (*TWO_BY_TWO, *TWO_MEANS, *PAIRED_MEANS, *RATES, *PROPORTIONS, *ONE_GROUP)}
)
"""Every effect measure by its code."""

DROPPED = "no events, or nothing but events, in both groups"
NOT_FINITE = "its effect or variance is not finite: a zero cell or an extreme value"
LARGEST = 1e40
"""Effects and variances up to here, and from its inverse on, have products of powers that a float can hold."""

CELLS = {("ai", "bi", "ci", "di"): ("ai", "bi", "ci", "di"), ("xi", "mi"): ("xi", "mi")} | {
    columns: tuple(c for c in columns if c.startswith("x")) for columns in {m.columns for m in RATES}
}
"""Which of a measure's columns are cells that may be zero."""


class ColumnAbsent(InputRefused):
    """A measure needs a column that was not given."""


class Columns(TypedDict, total=False):
    """Columns of escalc, one value per study, None where missing."""

    ai: Column | None
    bi: Column | None
    ci: Column | None
    di: Column | None
    n1i: Column | None
    n2i: Column | None
    m1i: Column | None
    sd1i: Column | None
    m2i: Column | None
    sd2i: Column | None
    x1i: Column | None
    t1i: Column | None
    x2i: Column | None
    t2i: Column | None
    xi: Column | None
    ti: Column | None
    ri: Column | None
    ni: Column | None
    mi: Column | None
    sdi: Column | None
    yi: Column | None
    vi: Column | None
    sei: Column | None
    oe: Column | None
    voe: Column | None


def escalc(
    measure: str = "GEN",
    *,
    study: Sequence[object] | None = None,
    add: float = 0.5,
    to: str = "only0",
    drop00: bool | str = False,
    vtype: str = "LS",
    correct: bool = True,
    exact: bool = True,
    **columns: Unpack[Columns],
) -> Effects:
    """Effects and sampling variances of the studies, on the analysis scale (log for ratios).

    Columns are named as in metafor: ``ai bi ci di`` (or ``ai n1i ci n2i``) for 2x2 tables, ``m1i sd1i n1i m2i sd2i
    n2i`` for means, with ``ri ni`` for paired ones, ``x1i t1i x2i t2i`` for rates, ``xi ni`` or ``mi sdi ni`` or
    ``ri ni`` for one group, ``yi vi`` or ``yi sei`` for effects as given. ``MEASURES`` has codes, columns, formulas.
    ``add``, ``to`` and ``drop00`` are the rule for zero cells. ``correct=False`` leaves the small-sample correction
    out, ``exact=False`` takes its approximation 1 - 3 / (4 m - 1).

    Raises NotPoolable where a value is impossible, naming study, field and remedy, and InputRefused where a name is
    not known or a column is absent. A missing value, or a zero cell that nothing was added to, leaves that study not
    estimable. Formulas: Cochrane Handbook 6 and 10; Viechtbauer (2010), J Stat Softw 36(3); each measure's docstring.
    """
    names = labels(study)
    chosen, values = tables(measure, vtype, columns, names)
    return effects_of(chosen, values, ZeroCells(add, to, drop00), Options(vtype, correct, exact), names, measure)


def tables(measure: str, vtype: str, columns: Columns, study: tuple[str, ...]) -> tuple[Measure, dict[str, Array]]:
    """Return the measure (GEN where ``yi`` is given) and its own columns, checked; nan for a missing value."""
    chosen = measure_named(measure, vtype)
    given = {name: column for name, column in columns.items() if column is not None}
    unknown = given.keys() - Columns.__annotations__.keys()
    if unknown:
        raise InputRefused(
            f"{', '.join(sorted(unknown))} is not known; columns are {', '.join(Columns.__annotations__)}"
        )
    if "yi" in given:
        chosen = MEASURES["GEN"]
    return chosen, complete(chosen, table(_needed(chosen, given), study), study)


def measure_named(code: str, vtype: str) -> Measure:
    """Return the measure of a code; InputRefused lists the known codes, and the variance forms of the measure."""
    if code not in MEASURES:
        raise InputRefused(f"measure {code!r} is not known; known are {', '.join(MEASURES)}")
    chosen = MEASURES[code]
    if vtype not in chosen.vtypes:
        raise InputRefused(f"vtype {vtype!r} is not known for {code}; known are {', '.join(chosen.vtypes)}")
    return chosen


_ALTERNATIVES = {"bi": ("n1i",), "di": ("n2i",), "mi": ("ni",), "vi": ("sei",)}
"""Columns that may stand for another one."""


def _needed(chosen: Measure, given: Mapping[str, Any]) -> dict[str, Column]:
    """Return the columns that the measure needs, or those that may stand for them."""
    stand_in = _ALTERNATIVES if chosen.columns in CELLS or chosen.code == "GEN" else {}
    needed: dict[str, Column] = {}
    for name in chosen.columns:
        found = [option for option in (name, *stand_in.get(name, ())) if option in given]
        if not found:
            options = " or ".join((name, *stand_in.get(name, ())))
            raise ColumnAbsent(
                f"{chosen.code} needs {', '.join(chosen.columns)}; {options} is absent: add it, or name another measure"
            )
        needed |= {option: given[option] for option in found}
    return needed


def complete(chosen: Measure, values: dict[str, Array], study: Sequence[str]) -> dict[str, Array]:
    """Return the measure's own columns: non-events from totals, variances from standard errors."""
    for total, part, rest in (("n1i", "ai", "bi"), ("n2i", "ci", "di"), ("ni", "xi", "mi")):
        if total in values and part in values and rest in chosen.columns:
            others = values[total] - values[part]
            refuse_where(
                others < 0, part, values[part], study, f"it exceeds {total}; events are counted among the total"
            )
            refuse_where(values[total] % 1 > 0, total, values[total], study, "a total of people is a whole number")
            if rest in values:
                differ = np.abs(others - values[rest]) > 0
                refuse_where(differ, rest, values[rest], study, f"{part} + {rest} is not {total}; correct one of them")
            values[rest] = others
    if chosen.columns == ("xi", "mi"):  # elsewhere mi is a mean
        check_counts("mi", values["mi"], study)
    if "sei" in values and "vi" not in values:
        values["vi"] = values["sei"] ** 2
    for name in chosen.positive:
        remedy = f"{chosen.code} takes its logarithm; use a measure of differences"
        refuse_where(values[name] <= 0, name, values[name], study, remedy)
    for name, least in (chosen.more_than or {}).items():
        remedy = f"{chosen.code} needs more than {least}; leave the study out"
        refuse_where(values[name] <= least, name, values[name], study, remedy)
    return {name: values[name] for name in chosen.columns}


def effects_of(
    chosen: Measure, values: Table, zeros: ZeroCells, how: Options, study: tuple[str, ...], measure: str
) -> Effects:
    """Effects from complete columns, (k,) each, with the rule for zero cells applied."""
    cells = CELLS.get(chosen.columns)
    missing = np.logical_or.reduce([np.isnan(column) for column in values.values()])
    dropped = zeros.dropped(values, cells) if cells else missing
    adjusted: Table = values
    if cells:
        kept = {name: np.where(dropped, np.nan, column) for name, column in values.items()} if dropped.any() else values
        adjusted = zeros.adjusted(kept, cells)
    with np.errstate(all="ignore"):  # a zero cell, a perfect correlation, an overflow: not finite, so not estimable
        yi, vi = chosen.effects(adjusted, how)
    estimable = (vi >= 1 / LARGEST) & (vi <= LARGEST) & (np.abs(yi) <= LARGEST)
    if estimable.all():
        return Effects(measure, frozen(yi), frozen(vi), frozen(estimable), study)
    defined = np.isfinite(yi) & np.isfinite(vi)
    _refuse_extremes(yi, vi, defined & (vi > 0), study)
    why_not = {
        row: _absent(row, values) if gone else DROPPED if out else ZERO_VARIANCE if known else NOT_FINITE
        for row, gone, out, known in _rows_where(~estimable, missing, dropped, defined)
    }
    yi, vi = np.where(defined, yi, 0.0), np.where(estimable, vi, 0.0)
    return Effects(measure, frozen(yi), frozen(vi), frozen(estimable), study, MappingProxyType(why_not))


def _refuse_extremes(yi: Array, vi: Array, estimable: Mask, study: Sequence[str]) -> None:
    remedy = "its powers would leave the range of numbers; express the outcome in another unit"
    refuse_where(estimable & ((vi < 1 / LARGEST) | (vi > LARGEST)), "variance", vi, study, remedy)
    refuse_where(estimable & (np.abs(yi) > LARGEST), "effect", yi, study, remedy)


def _rows_where(there: Mask, *masks: Mask) -> Iterator[tuple[int, ...]]:
    """Yield each row that a mask names, with its values in the other masks."""
    rows = np.flatnonzero(there)
    return zip(rows.tolist(), *(mask[rows].tolist() for mask in masks), strict=True)


def _absent(row: int, values: Table) -> str:
    return f"{', '.join(name for name, column in values.items() if np.isnan(column[row]))} missing"


def frozen(x: NDArray[T]) -> NDArray[T]:
    """Return the array, made read-only."""
    x.flags.writeable = False
    return x
