"""The caller's columns as arrays, with every impossible value refused by study, field and remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kg.errors import InputRefused, NotPoolable

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Column: TypeAlias = Sequence[float | None] | NDArray[Any] | float | int

COUNTS = frozenset({"ai", "bi", "ci", "di", "xi", "x1i", "x2i"})
SIZES = frozenset({"n1i", "n2i", "ni"})
POSITIVE = frozenset({"sd1i", "sd2i", "sdi", "t1i", "t2i", "ti", "vi", "sei", "voe", "weights"})


def study_name(row: int, study: Sequence[str]) -> str:
    """Name a study in a message: its label, or its row counted from 1."""
    return f"study {study[row]}" if study else f"study in row {row + 1}"


def refuse_where(bad: Mask, field: str, values: Array, study: Sequence[str], remedy: str) -> None:
    """Raise NotPoolable for the first row where ``bad`` holds, with its value and what to do about it."""
    if bad.any():
        row = int(np.argmax(bad))
        raise NotPoolable(f"{field} of {study_name(row, study)} is {values[row]:g}: {remedy}", field, row)


def numbers(field: str, column: Column, study: Sequence[str] = ()) -> Array:
    """One column as floats, with nan standing for a missing (None) value; nan itself, infinity and text are refused."""
    raw = np.asarray(column)
    if raw.ndim != 1:
        if raw.ndim:
            raise InputRefused(f"{field} has {raw.ndim} dimensions; give one value per study")
        raw = raw.reshape(1)
    if raw.dtype.kind in "iuf":
        values = raw.astype(np.float64)
        odd = ~np.isfinite(values)
    else:
        items = raw.tolist()
        values = np.array([_number(field, row, item, study) for row, item in enumerate(items)], dtype=np.float64)
        odd = ~np.isfinite(values) & np.array([item is not None for item in items], dtype=bool)
    if odd.any():
        row = int(np.argmax(odd))
        raise NotPoolable(
            f"{field} of {study_name(row, study)} is {values[row]}: only finite numbers can be pooled; "
            "correct it, or give None for a missing value",
            field,
            row,
        )
    return values


def _number(field: str, row: int, item: object, study: Sequence[str]) -> float:
    if item is None:
        return np.nan
    if isinstance(item, bool | str | bytes) or not hasattr(item, "__float__"):
        raise InputRefused(f"{field} of {study_name(row, study)} is {item!r}: give a number, or None for missing")
    return float(item)


def labels(study: Sequence[object] | None) -> tuple[str, ...]:
    """Return the study labels as text; empty when none were given."""
    return () if study is None else tuple(str(name) for name in study)


def table(columns: Mapping[str, Column], study: Sequence[str] = ()) -> dict[str, Array]:
    """Columns of equal length as floats (nan for missing), each value possible for its field.

    Raises InputRefused when the lengths differ and NotPoolable when a value is impossible or no study is given.
    """
    values = {field: numbers(field, column, study) for field, column in columns.items()}
    sizes = {field: array.size for field, array in values.items()} | ({"study": len(study)} if study else {})
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{field} has {size}" for field, size in sizes.items())
        raise InputRefused(f"columns differ in length ({listed}); give one value per study, None where it is missing")
    if not all(sizes.values()):
        raise NotPoolable("there are no studies (k = 0); give at least one")
    for field, array in values.items():
        _check(field, array, study)
    return values


def check_counts(field: str, array: Array, study: Sequence[str]) -> None:
    """Refuse a count that is negative or not whole."""
    refuse_where(array < 0, field, array, study, "a count cannot be negative; correct it")
    refuse_where(array % 1 > 0, field, array, study, "a count is a whole number; correct or round it")


def _check(field: str, array: Array, study: Sequence[str]) -> None:
    if field in COUNTS:
        check_counts(field, array, study)
    elif field in SIZES:
        refuse_where(array <= 0, field, array, study, "a group needs at least one participant; correct it")
    elif field in POSITIVE:
        refuse_where(array <= 0, field, array, study, "it must be above zero; correct the study or leave it out")
    elif field == "ri":
        refuse_where(np.abs(array) > 1, field, array, study, "a correlation lies between -1 and 1; correct it")
