"""Subgroups: one pooled effect for each level of a moderator, and whether the levels differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Column
from kg.pooling.given import given
from kg.pooling.pool import pool
from kg.pooling.pooled import Pooled
from kg.pooling.quantiles import chi2_tail
from kg.pooling.regression import regress
from kg.pooling.result import Result


@dataclass(frozen=True, eq=False)
class Subgroups(Result):
    """Levels, sorted, each pooled with a tau2 of its own, and a model with one tau2 for all.

    Q_between_separate compares the separate estimates; QM_common is the omnibus test of the common model, whose
    residual heterogeneity is QE_common. ``QM_df`` has the residual degrees of freedom where the test is F.
    """

    levels: tuple[str, ...]
    separate_tau2: tuple[Pooled, ...]
    Q_between_separate: float
    Q_between_df: int
    Q_between_p: float | None
    common_tau2: float
    QM_common: float
    QM_df: tuple[int, float | None]
    QM_common_p: float
    QE_common: float


def subgroups(
    yi: Column,
    vi: Column,
    group: Sequence[object],
    *,
    method: str = "REML",
    test: str = "z",
    level: float = 95.0,
    study: Sequence[object] | None = None,
) -> Subgroups:
    """Pool each level of a moderator and test whether they differ (Borenstein et al. 2009, chapter 19).

    Raises NotPoolable for a moderator with one level or with a label missing, naming the study.
    """
    y, v, names = given(yi, vi, study, least=2, what="a comparison of subgroups")
    if len(group) != y.size:
        raise NotPoolable(f"group has {len(group)} labels for {y.size} studies; give one for each")
    labels = [None if label is None else str(label) for label in group]
    common = regress(y, v, {"group": labels}, method=method, test=test, level=level, study=names or None)
    if common.why_not:
        row = min(common.why_not)
        raise NotPoolable(f"the group of {names[row] if names else f'row {row + 1}'} is missing; give every study one")
    levels = sorted({label for label in labels if label is not None})
    parts = []
    for label in levels:
        at = np.array([own == label for own in labels])
        inside = [name for name, here in zip(names, at, strict=True) if here] if names else None
        parts.append(pool(yi=y[at], vi=v[at], method=method, test=test, level=level, study=inside))
    between = between_levels(parts)
    return Subgroups(
        levels=tuple(levels),
        separate_tau2=tuple(parts),
        Q_between_separate=between,
        Q_between_df=len(levels) - 1,
        Q_between_p=chi2_tail(between, len(levels) - 1),
        common_tau2=common.tau2,
        QM_common=_number(common.QM),
        QM_df=common.QM_df,
        QM_common_p=_number(common.QM_p),
        QE_common=common.Q,
    )


def between_levels(parts: Sequence[Pooled]) -> float:
    """Return Q of the separate estimates around their common mean (Borenstein et al. 2009, chapter 19)."""
    estimates, errors = [part.beta[0] for part in parts], [part.se[0] for part in parts]
    if not all(se > 0 for se in errors):
        raise NotPoolable("a subgroup has standard error 0, as all its effects are equal; ask for test z")
    weights = [1 / se**2 for se in errors]
    mean = math.fsum(w * y for w, y in zip(weights, estimates, strict=True)) / math.fsum(weights)
    return math.fsum(w * (y - mean) ** 2 for w, y in zip(weights, estimates, strict=True))


def _number(x: float | None) -> float:
    assert x is not None
    return x
