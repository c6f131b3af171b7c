"""A request read: every key known, every value of its kind, every column of the same length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from kg.pooling.fit import METHOD_SYNONYMS, METHODS, TEST_SYNONYMS, TESTS
from kg.pooling.measures import MEASURES, Columns
from kg.pooling.request.consistency import ALONE, TABULAR, consistent
from kg.pooling.request.options import OPTIONS, PARTS
from kg.pooling.request.refusal import RequestRefused, escaped, shown, unknown

STUDY_COLUMNS = frozenset(Columns.__annotations__)
"""The columns of escalc."""
KEYS = ("data", *OPTIONS, *PARTS)
NAMED = {
    "measure": tuple(MEASURES),
    "method": (*METHODS, *METHOD_SYNONYMS, *TABULAR, *ALONE),
    "test": (*TESTS, *TEST_SYNONYMS),
}
"""Options with names that are known."""


@dataclass(frozen=True)
class Asked:
    """One analysis as it was asked for; ``parts`` are the extra parts wanted, with their options."""

    data: Mapping[str, list[Any]]
    options: Mapping[str, Any]
    given: frozenset[str]
    parts: Mapping[str, dict[str, Any]]

    @property
    def k(self) -> int:
        """The number of rows."""
        return len(next(iter(self.data.values())))

    @property
    def study(self) -> list[str] | None:
        """The labels of the rows; None where no study has one."""
        names = self.data.get("study")
        if names is None:
            return None
        return [str(row + 1) if name is None else str(name) for row, name in enumerate(names)]

    @property
    def columns(self) -> Columns:
        """The columns that escalc knows."""
        return cast(Columns, {name: column for name, column in self.data.items() if name in STUDY_COLUMNS})

    def column(self, name: str, option: str) -> list[Any]:
        """Return a column that an option names."""
        if name not in self.data:
            raise unknown(f"{option} names a column that is not there;", name, self.data, f"/{option}")
        return self.data[name]

    def rows(self, keep: Sequence[int]) -> Asked:
        """Return the same request for some of the rows, without its extra parts."""
        data = {name: [column[row] for row in keep] for name, column in self.data.items()}
        return Asked(data, self.options, self.given, {})


def read(body: Any) -> Asked:
    """Read one analysis from JSON.

    Raises RequestRefused for a key that is not known, a value of the wrong kind, or columns of unequal length, and
    Contradiction for options that exclude each other.
    """
    if not isinstance(body, dict):
        raise RequestRefused(f"an analysis is {shown(body)}; give an object with data and options", "")
    for key in body:
        if key not in KEYS:
            raise unknown("the key", key, KEYS, f"/{escaped(key)}")
    if "data" not in body:
        raise RequestRefused('data is absent; give an object of columns, as {"yi": [...], "vi": [...]}', "/data")
    given = {name for name in OPTIONS if body.get(name) is not None}
    options = {
        name: option.read(body[name], f"/{name}") if name in given else option.default
        for name, option in OPTIONS.items()
    }
    for name, known in NAMED.items():
        if options[name] not in known:
            raise unknown(f"the {name}", options[name], known, f"/{name}")
    parts = {name: part.read(body[name], f"/{name}") for name, part in PARTS.items() if name in body}
    wanted = {name: chosen for name, chosen in parts.items() if chosen is not None}
    asked = Asked(_columns(body["data"]), options, frozenset(given), wanted)
    consistent(options, given, wanted)
    return asked


def _columns(data: Any) -> dict[str, list[Any]]:
    """Return the columns of a request, of equal length, each item a number, text, a boolean or null."""
    if not isinstance(data, dict) or not data:
        raise RequestRefused(f"data is {shown(data)}; give an object of columns", "/data")
    for name, column in data.items():
        at = f"/data/{escaped(name)}"
        if not isinstance(column, list):
            raise RequestRefused(f"{name} is {shown(column)}; give a list with one value per study", at)
        for row, item in enumerate(column):
            if isinstance(item, dict | list):
                raise RequestRefused(f"{name} has {shown(item)}; give one value per study", f"{at}/{row}")
            if name in STUDY_COLUMNS and (isinstance(item, str | bool) or _too_large(item)):
                label = data.get("study")
                where = f"study {label[row]}" if isinstance(label, list) and row < len(label) else f"row {row + 1}"
                message = f"{name} of {where} is {shown(item)}; give a number, or null for a missing value"
                raise RequestRefused(message, f"{at}/{row}")
    sizes = {name: len(column) for name, column in data.items()}
    if len(set(sizes.values())) > 1:
        usual = max(set(sizes.values()), key=list(sizes.values()).count)
        odd = next(name for name, size in sizes.items() if size != usual)
        listed = ", ".join(f"{name} has {size}" for name, size in sizes.items())
        message = f"columns differ in length ({listed}); give one value per study, null where it is missing"
        raise RequestRefused(message, f"/data/{escaped(odd)}")
    if not next(iter(sizes.values())):
        raise RequestRefused("there are no studies (k = 0); give at least one", "/data")
    return data


def _too_large(item: Any) -> bool:
    """Whether a whole number is beyond what a float can hold."""
    return isinstance(item, int) and abs(item) > 10**300
