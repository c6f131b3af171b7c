"""What an effect measure is: a code, the columns it needs, and a function from columns to effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.special import gammaln

Table: TypeAlias = Mapping[str, Array]
"""Columns by name, each (k,); nan is a missing value and stays one."""
Values: TypeAlias = tuple[Array, Array]
"""Effects and sampling variances, each (k,); not finite where a study is not estimable."""


@dataclass(frozen=True)
class Options:
    """Choices within a measure, as in metafor's escalc."""

    vtype: str = "LS"
    correct: bool = True
    exact: bool = True


@dataclass(frozen=True)
class Measure:
    """An effect measure; ``ratio`` ones are on the log scale; the first of ``vtypes`` is the default."""

    code: str
    name: str
    columns: tuple[str, ...]
    effects: Callable[[Table, Options], Values]
    ratio: bool = False
    vtypes: tuple[str, ...] = ("LS",)
    positive: tuple[str, ...] = ()
    """Columns that must be above zero, because the measure takes their logarithm."""
    more_than: Mapping[str, int] | None = None
    """Columns that must exceed a number, because the variance divides by the difference."""


def averaged(x: Array, n: Array) -> Array:
    """Return the mean of x over the studies weighted by n, one value; missing studies do not count."""
    there = ~np.isnan(x * n)
    return np.full(1, np.sum(x[there] * n[there]) / np.sum(n[there]))


def gamma_correction(m: Array, *, exact: bool = True) -> Array:
    """Return the factor J(m) that removes the small-sample bias of a standardised mean (Hedges 1981).

    Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2)), or its approximation 1 - 3 / (4m - 1); m are degrees of freedom, above 1.
    From 300 on by Stirling's series of the ratio, where the difference of log-gammas would lose digits.
    """
    m = np.where(m > 1, m, np.nan)
    if not exact:
        return 1 - 3 / (4 * m - 1)
    a = (m - 1) / 2
    series = np.sqrt(a / (m / 2)) * (
        1 - 1 / (8 * a) * (1 - 1 / (16 * a) * (1 + 5 / (8 * a) * (1 - 21 / (160 * a) * (1 + 19 / (8 * a)))))
    )
    return np.where(m > 300, series, np.exp(gammaln(m / 2) - np.log(m / 2) / 2 - gammaln(a)))
