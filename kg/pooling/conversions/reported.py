"""A number as a paper reports it, checked before anything is derived from it."""

from __future__ import annotations

import math
from itertools import pairwise

from kg.errors import NotPoolable


def number(name: str, value: float) -> float:
    """Return the value, if it is a finite number; NotPoolable otherwise."""
    if isinstance(value, bool | str | bytes) or value is None or not math.isfinite(value):
        raise NotPoolable(f"{name} is {value}; give a finite number as the paper reports it")
    return float(value)


def positive(name: str, value: float) -> float:
    """Return the value, if it is above zero; NotPoolable otherwise."""
    if number(name, value) <= 0:
        raise NotPoolable(f"{name} is {value:g}; it must be above zero, so correct it or leave the study out")
    return float(value)


def between(name: str, value: float, low: float, high: float) -> float:
    """Return the value, if it lies strictly between two bounds; NotPoolable otherwise."""
    if not low < number(name, value) < high:
        raise NotPoolable(f"{name} is {value:g}; it lies above {low:g} and below {high:g}, so correct it")
    return float(value)


def people(name: str, value: float, least: int = 1) -> float:
    """Return a number of people, if it is whole and at least ``least``; NotPoolable otherwise."""
    if number(name, value) < least or value % 1:
        raise NotPoolable(f"{name} is {value:g}; give a whole number of {least} or more")
    return float(value)


def in_order(**values: float) -> None:
    """Refuse values that do not ascend in the order in which they are named."""
    for below, above in pairwise(values):
        if number(below, values[below]) > number(above, values[above]):
            raise NotPoolable(f"{below} is {values[below]:g} and {above} is {values[above]:g}; check which is which")
