"""Moderators to a design matrix: treatment coding of labels, an intercept, full rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kg.errors import NotPoolable
from kg.pooling.columns import Array, Mask, numbers, study_name

Moderators: TypeAlias = Mapping[str, Sequence[Any] | NDArray[Any]]


@dataclass(frozen=True)
class Design:
    """A design matrix of full column rank; ``tested`` are the columns of the omnibus test."""

    X: Array
    names: tuple[str, ...]
    tested: tuple[int, ...]


def design(
    mods: Moderators | None,
    k: int,
    *,
    intercept: bool = True,
    factors: Sequence[str] = (),
    study: Sequence[str] = (),
) -> Design:
    """Return the design of k studies for moderators given by name.

    A column of text or booleans, or one named in ``factors``, becomes indicators of all its levels but the first
    (sorted; of all levels where there is no intercept and it stands first); numbers stay as they are.
    """
    columns: dict[str, Array] = {"intrcpt": np.ones(k)} if intercept else {}
    for name, values in (mods or {}).items():
        if len(values) != k:
            raise NotPoolable(f"moderator {name} has {len(values)} values for {k} studies; give one for each")
        if name in factors or is_label(values):
            columns |= indicators(name, values, every_level=not columns, study=study)
        else:
            columns[name] = numbers(f"moderator {name}", values, study)
            refuse_missing(name, np.isnan(columns[name]), study)
    if unknown := set(factors) - set(mods or {}):
        raise NotPoolable(f"factors {sorted(unknown)} are no moderators; the moderators are {sorted(mods or {})}")
    if not columns:
        raise NotPoolable("The model has no coefficient; keep the intercept or give a moderator")
    X = np.column_stack(list(columns.values()))
    check_rank(X, tuple(columns))
    first = 1 if intercept and X.shape[1] > 1 else 0
    return Design(X, tuple(columns), tuple(range(first, X.shape[1])))


def is_label(values: Sequence[Any] | NDArray[Any]) -> bool:
    """Say whether a column holds labels rather than numbers."""
    return any(isinstance(v, str | bool | np.bool_) for v in values)


def indicators(
    name: str, values: Sequence[Any] | NDArray[Any], *, every_level: bool, study: Sequence[str]
) -> dict[str, Array]:
    """Return one 0/1 column for each level after the first, named by moderator and level."""
    refuse_missing(name, np.array([v is None for v in values]), study)
    levels = sorted(set(values), key=lambda v: (isinstance(v, str), v))
    if len(levels) < 2:
        raise NotPoolable(f"moderator {name} has the one level {levels[0]!r}; leave it out or pool without it")
    shown = levels if every_level else levels[1:]
    return {f"{name}{level}": np.array([float(v == level) for v in values]) for level in shown}


def refuse_missing(name: str, missing: Mask, study: Sequence[str]) -> None:
    """Refuse a moderator that some study lacks."""
    if missing.any():
        where = study_name(int(np.argmax(missing)), study)
        raise NotPoolable(f"moderator {name} of {where} is missing; fill it in or leave the study out")


def check_rank(X: Array, names: tuple[str, ...]) -> None:
    """Refuse columns that the columns before them determine; the message names the first."""
    k, p = X.shape
    if p > k:
        raise NotPoolable(f"{p} coefficients for {k} studies; use fewer moderators")
    length = np.sqrt((X * X).sum(axis=0))
    R = np.linalg.qr(X / np.where(length > 0, length, 1.0), mode="r")
    for j in np.flatnonzero(np.abs(np.diag(R)) < 1e-10):
        if j and np.ptp(X[:, j]) == 0:
            raise NotPoolable(f"moderator {names[j]} has the same value in every study; leave it out")
        raise NotPoolable(f"moderator {names[j]} is determined by {', '.join(names[:j])}; leave one of them out")
