"""The extra parts of an answer, each from the fit and the studies in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from kg.errors import InputRefused
from kg.pooling.asymmetry import harbord, peters, rank_test, regression_test
from kg.pooling.columns import Array
from kg.pooling.effects import Effects
from kg.pooling.failsafe import fail_safe
from kg.pooling.influence import influence
from kg.pooling.measures import tables
from kg.pooling.permutation import permutation_test
from kg.pooling.pet_peese import pet_peese
from kg.pooling.pooled import Pooled
from kg.pooling.regression import Regression, regress
from kg.pooling.request.consistency import TABULAR
from kg.pooling.request.reading import Asked
from kg.pooling.request.refits import cumulated, left_out, levels
from kg.pooling.selection import step_selection
from kg.pooling.sensitivity import blup
from kg.pooling.trimfill import trim_and_fill

PREDICTORS_OF_SIZE = ("ni", "ninv", "sqrtni", "sqrtninv")


@dataclass(frozen=True)
class Fitted:
    """A request, the fit of its model, and the effects of its studies."""

    asked: Asked
    result: Pooled
    effects: Effects

    @cached_property
    def kept(self) -> list[int]:
        """The rows of the studies that have an effect."""
        return [int(row) for row in np.flatnonzero(self.effects.estimable)]

    @property
    def y(self) -> Array:
        """The effects of those studies."""
        return self.effects.yi[self.kept]

    @property
    def v(self) -> Array:
        """Their variances."""
        return self.effects.vi[self.kept]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels of all studies."""
        return self.effects.labels

    @cached_property
    def study(self) -> list[str]:
        """The labels of the studies that have an effect."""
        return [self.labels[row] for row in self.kept]

    @property
    def how(self) -> dict[str, Any]:
        """Method, test and level for what pools effects; tables pooled by MH or PETO have a common effect."""
        options = self.asked.options
        method = options["method"]
        if method in TABULAR:
            method = "DL" if method == "DL-MH" else "EE"
        return {"method": method, "test": options["test"], "level": options["level"]}

    @cached_property
    def regression(self) -> Regression:
        """The fit as a regression, on the intercept alone where there are no moderators."""
        if isinstance(self.result, Regression):
            return self.result
        return regress(self.y, self.v, study=self.study, **self.how)


def _leave1out(made: Fitted) -> dict[str, Any]:
    return {"leave1out": left_out(made.asked, made.effects, made.kept).to_dict()}


def _cumul(made: Fitted) -> dict[str, Any]:
    by = made.asked.parts["cumul"].get("by")
    column = None if by is None else made.asked.column(by, "cumul")
    return {"cumul": cumulated(made.asked, made.effects, made.kept, column).to_dict()}


def _subgroup(made: Fitted) -> dict[str, Any]:
    return levels(made.asked, made.effects, made.kept)


def _regtest(made: Fitted) -> dict[str, Any]:
    options = made.asked.parts["regtest"]
    sizes = people(made.asked, made.kept) if options.get("predictor") in PREDICTORS_OF_SIZE else None
    return {"regtest": regression_test(made.y, made.v, ni=sizes, study=made.study, **made.how, **options).to_dict()}


def people(asked: Asked, rows: list[int]) -> list[Any] | None:
    """Return the size of every study: its ni, or the sum of its groups."""
    data = asked.data
    for names in (("ni",), ("n1i", "n2i"), ("ai", "bi", "ci", "di")):
        if all(name in data for name in names):
            columns = [[data[name][row] for row in rows] for name in names]
            return [None if None in cells else sum(cells) for cells in zip(*columns, strict=True)]
    return None


def _of_tables(made: Fitted, test: Callable[..., Any]) -> dict[str, Any]:
    """Return a test of the 2x2 tables of the studies."""
    _, cells = tables("OR", "LS", made.asked.columns, made.labels)
    rows = [row for row in made.kept if not any(np.isnan(column[row]) for column in cells.values())]
    columns = {name: column[rows] for name, column in cells.items()}
    study = [made.labels[row] for row in rows]
    found: dict[str, Any] = test(**columns, level=made.asked.options["level"], study=study).to_dict()
    return found


def _fsn(made: Fitted) -> dict[str, Any]:
    return {"fsn": fail_safe(made.y, made.v, study=made.study, **made.asked.parts["fsn"]).to_dict()}


def _pet(made: Fitted) -> dict[str, Any]:
    """Return PET in the words of a regression, PEESE beside it, and the estimate that the two lead to."""
    level = made.asked.options["level"]
    found = pet_peese(made.y, made.v, level=level, study=made.study, **made.asked.parts["pet"]).to_dict()
    pet, peese = found.pop("pet"), found.pop("peese")
    return {"pet": pet | {"peese": peese, "adjusted": found}}


def _selmodel(made: Fitted) -> dict[str, Any]:
    level, options = made.asked.options["level"], made.asked.parts["selmodel"]
    return {"selmodel": step_selection(made.y, made.v, level=level, study=made.study, **options).to_dict()}


def _permutation(made: Fitted) -> dict[str, Any]:
    options = made.asked.parts["permutation"]
    if options.get("seed", 1) < 0:
        raise InputRefused(f"permutation seed is {options['seed']}; give a whole number of 0 or more")
    return {"permutation": permutation_test(made.regression, **options).to_dict()}


def _trimfill(made: Fitted) -> dict[str, Any]:
    """Return the pool with the filled studies, in the words of a pool, and what was filled."""
    options = made.asked.parts["trimfill"]
    found = trim_and_fill(made.y, made.v, study=made.study, **made.how, **options).to_dict()
    return {"trimfill": found.pop("pooled") | {"measure": made.effects.measure} | found}


ANSWERED: Mapping[str, Callable[[Fitted], dict[str, Any]]] = MappingProxyType(
    {
        "subgroup": _subgroup,
        "leave1out": _leave1out,
        "cumul": _cumul,
        "influence": lambda made: {"influence": influence(made.regression).to_dict()},
        "blup": lambda made: {"blup": blup(made.y, made.v, study=made.study, **made.how).to_dict()},
        "regtest": _regtest,
        "ranktest": lambda made: {"ranktest": rank_test(made.y, made.v, study=made.study).to_dict()},
        "harbord": lambda made: {"harbord": _of_tables(made, harbord)},
        "peters": lambda made: {"peters": _of_tables(made, peters)},
        "trimfill": _trimfill,
        "fsn": _fsn,
        "pet": _pet,
        "selmodel": _selmodel,
        "permutation": _permutation,
    }
)
"""What makes each part of an answer; a part has the key of its name, subgroup also that of its test."""
