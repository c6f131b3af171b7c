"""How many unpublished null studies would overturn a finding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kg.errors import NotPoolable
from kg.pooling.columns import Column
from kg.pooling.fit import known
from kg.pooling.given import given
from kg.pooling.result import Result
from kg.pooling.special import ndtr, ndtri

TYPES = ("Rosenthal", "Orwin", "Rosenberg")


@dataclass(frozen=True)
class FailSafe(Result):
    """The number of null studies, and the p-value or the target effect that it refers to."""

    type: str
    fsnum: int
    pval: float | None
    target: float | None
    alpha: float


def fail_safe(
    yi: Column,
    vi: Column,
    type: str = "Rosenthal",
    *,
    alpha: float = 0.05,
    target: float | None = None,
    weighted: bool = True,
    study: Sequence[object] | None = None,
) -> FailSafe:
    """Count the null studies that would lift a p-value above alpha, or lower a mean to a target.

    Rosenthal (1979): sum of z, one-sided. Rosenberg (2005): the common-effect mean, two-sided. Orwin (1983): the mean,
    weighted by inverse variance or not, with ``target`` (by default half of the mean).
    """
    y, v, _ = given(yi, vi, study, least=1, what="a fail-safe number")
    k = y.size
    known("type", type, TYPES)
    if not 0 < alpha < 1:
        raise NotPoolable(f"alpha is {alpha}; give a probability between 0 and 1, as 0.05")
    if type == "Orwin":
        mean = math.fsum(y / v) / math.fsum(1 / v) if weighted else math.fsum(y) / k
        aim = mean / 2 if target is None else target
        if aim * mean <= 0:
            raise NotPoolable(f"no number of null studies turns a mean of {mean:g} into {aim:g}; give a smaller target")
        return FailSafe(type, _up(k * (mean - aim) / aim), None, aim, alpha)
    if type == "Rosenthal":
        z = abs(math.fsum(y / v**0.5)) / math.sqrt(k)
        return FailSafe(type, _up(k * (z / ndtri(alpha)) ** 2 - k), float(ndtr(-z)), None, alpha)
    total, sum_ = math.fsum(1 / v), math.fsum(y / v)
    z = abs(sum_) / math.sqrt(total)
    needed = k * ((sum_ / ndtri(alpha / 2)) ** 2 - total) / total
    return FailSafe(type, _up(needed), float(2 * ndtr(-z)), None, alpha)


def _up(x: float) -> int:
    """Round up, not below 0; a number whole but for rounding stays."""
    nearest = round(x)
    return max(0, nearest if abs(x - nearest) < 1e-9 * max(1.0, abs(x)) else math.ceil(x))
