"""Effects of events over person-time, in two groups (x1i t1i, x2i t2i) or one (xi ti)."""

from __future__ import annotations

import numpy as np

from kg.pooling.measure import Measure, Options, Table, Values


def rate_ratio(t: Table, _: Options) -> Values:
    """Log incidence rate ratio, variance 1/x1 + 1/x2 (Rothman et al. 2008)."""
    return np.log(t["x1i"] / t["t1i"]) - np.log(t["x2i"] / t["t2i"]), 1 / t["x1i"] + 1 / t["x2i"]


def rate_difference(t: Table, _: Options) -> Values:
    """Incidence rate difference, variance x1 / t1^2 + x2 / t2^2 (Rothman et al. 2008)."""
    return t["x1i"] / t["t1i"] - t["x2i"] / t["t2i"], t["x1i"] / t["t1i"] ** 2 + t["x2i"] / t["t2i"] ** 2


def root_rate_difference(t: Table, _: Options) -> Values:
    """Difference of square root incidence rates, variance 1 / (4 t1) + 1 / (4 t2)."""
    y = np.sqrt(t["x1i"] / t["t1i"]) - np.sqrt(t["x2i"] / t["t2i"])
    return y, 1 / (4 * t["t1i"]) + 1 / (4 * t["t2i"])


def rate(t: Table, _: Options) -> Values:
    """Incidence rate, variance x / t^2."""
    return t["xi"] / t["ti"], t["xi"] / t["ti"] ** 2


def log_rate(t: Table, _: Options) -> Values:
    """Log incidence rate, variance 1/x."""
    return np.log(t["xi"] / t["ti"]), 1 / t["xi"]


def root_rate(t: Table, _: Options) -> Values:
    """Square root incidence rate, variance 1 / (4 t)."""
    return np.sqrt(t["xi"] / t["ti"]), 1 / (4 * t["ti"])


def freeman_tukey_rate(t: Table, _: Options) -> Values:
    """Freeman-Tukey transformed incidence rate, variance 1 / (4 t) (Freeman & Tukey 1950)."""
    x, time = t["xi"], t["ti"]
    return (np.sqrt(x / time) + np.sqrt((x + 1) / time)) / 2, 1 / (4 * time)


_TWO, _ONE = ("x1i", "t1i", "x2i", "t2i"), ("xi", "ti")
RATES = (
    Measure("IRR", "log incidence rate ratio", _TWO, rate_ratio, ratio=True),
    Measure("IRD", "incidence rate difference", _TWO, rate_difference),
    Measure("IRSD", "square root incidence rate difference", _TWO, root_rate_difference),
    Measure("IR", "incidence rate", _ONE, rate),
    Measure("IRLN", "log incidence rate", _ONE, log_rate, ratio=True),
    Measure("IRS", "square root incidence rate", _ONE, root_rate),
    Measure("IRFT", "Freeman-Tukey incidence rate", _ONE, freeman_tukey_rate),
)
