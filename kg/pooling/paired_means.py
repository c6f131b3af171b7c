"""Effects of two means of the same people (crossover, before and after): m1i sd1i, m2i sd2i, correlation ri, ni."""

from __future__ import annotations

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.measure import Measure, Options, Table, Values, gamma_correction


def _difference_variance(t: Table) -> Array:
    """Variance of the differences within people (Handbook 6.5.2.8, 23.2.7.2)."""
    return t["sd1i"] ** 2 + t["sd2i"] ** 2 - 2 * t["ri"] * t["sd1i"] * t["sd2i"]


def _correction(t: Table, how: Options) -> Array:
    m = t["ni"] - 1
    return gamma_correction(m, exact=how.exact) if how.correct else np.ones_like(m)


def mean_change(t: Table, _: Options) -> Values:
    """Mean difference within people, variance of the differences over n."""
    return t["m1i"] - t["m2i"], _difference_variance(t) / t["ni"]


def standardised_by_change(t: Table, how: Options) -> Values:
    """Mean change over the standard deviation of the changes, variance 1/n + y^2 / (2 n) (Gibbons et al. 1993)."""
    n = t["ni"]
    y = _correction(t, how) * (t["m1i"] - t["m2i"]) / np.sqrt(_difference_variance(t))
    return y, 1 / n + y**2 / (2 * n)


def standardised_by_group_1(t: Table, how: Options) -> Values:
    """Mean change over the standard deviation of measurement 1, variance 2 (1 - r) / n + y^2 / (2 n) (Becker 1988)."""
    n = t["ni"]
    y = _correction(t, how) * (t["m1i"] - t["m2i"]) / t["sd1i"]
    return y, 2 * (1 - t["ri"]) / n + y**2 / (2 * n)


def standardised_by_group_1_unequal(t: Table, how: Options) -> Values:
    """As SMCR, with a variance that allows unequal standard deviations (Bonett 2008)."""
    j, df = _correction(t, how), t["ni"] - 1
    y = j * (t["m1i"] - t["m2i"]) / t["sd1i"]
    return y, _difference_variance(t) / (t["sd1i"] ** 2 * df) + y**2 / (2 * df)


def ratio_of_paired_means(t: Table, how: Options) -> Values:
    """Log ratio of the means of the same people (Lajeunesse 2011, eq. 6); ``correct`` as for ROM."""
    cv1, cv2 = t["sd1i"] / t["m1i"], t["sd2i"] / t["m2i"]
    second_order = (cv1**2 - cv2**2) / (2 * t["ni"]) if how.correct else 0.0
    return np.log(t["m1i"] / t["m2i"]) + second_order, (cv1**2 + cv2**2 - 2 * t["ri"] * cv1 * cv2) / t["ni"]


_COLUMNS = ("m1i", "sd1i", "m2i", "sd2i", "ri", "ni")
PAIRED_MEANS = (
    Measure("MC", "mean change", _COLUMNS, mean_change),
    Measure("SMCC", "standardised mean change (SD of changes)", _COLUMNS, standardised_by_change),
    Measure(
        "SMCR",
        "standardised mean change (SD of measurement 1)",
        ("m1i", "sd1i", "m2i", "ri", "ni"),
        standardised_by_group_1,
    ),
    Measure(
        "SMCRH",
        "standardised mean change (SD of measurement 1, unequal variances)",
        _COLUMNS,
        standardised_by_group_1_unequal,
    ),
    Measure("ROMC", "log ratio of paired means", _COLUMNS, ratio_of_paired_means, ratio=True, positive=("m1i", "m2i")),
)
