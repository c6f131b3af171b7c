"""Effects of one group: a proportion (xi of ni), a mean (mi sdi ni), a correlation (ri ni), or an effect as given."""

from __future__ import annotations

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.measure import Measure, Options, Table, Values, averaged, gamma_correction


def _proportion(t: Table) -> tuple[Array, Array]:
    n = t["xi"] + t["mi"]
    return t["xi"] / n, n


def proportion(t: Table, how: Options) -> Values:
    """Proportion, variance p q / n; vtype UB divides by n - 1, AV takes p averaged over the studies."""
    p, n = _proportion(t)
    q = averaged(p, n) if how.vtype == "AV" else p
    return p, q * (1 - q) / (n - (1 if how.vtype == "UB" else 0))


def log_proportion(t: Table, _: Options) -> Values:
    """Log proportion, variance 1/x - 1/n."""
    p, n = _proportion(t)
    return np.log(p), 1 / t["xi"] - 1 / n


def logit_proportion(t: Table, _: Options) -> Values:
    """Log odds of a proportion, variance 1/x + 1/(n - x)."""
    return np.log(t["xi"] / t["mi"]), 1 / t["xi"] + 1 / t["mi"]


def arcsine_proportion(t: Table, _: Options) -> Values:
    """Arcsine square root proportion, variance 1 / (4 n)."""
    p, n = _proportion(t)
    return np.arcsin(np.sqrt(p)), 1 / (4 * n)


def freeman_tukey_proportion(t: Table, _: Options) -> Values:
    """Freeman-Tukey double arcsine proportion, half the sum, variance 1 / (4 n + 2) (Freeman & Tukey 1950)."""
    x, n = t["xi"], t["xi"] + t["mi"]
    return (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))) / 2, 1 / (4 * n + 2)


def mean(t: Table, _: Options) -> Values:
    """Mean, variance s^2 / n."""
    return t["mi"], t["sdi"] ** 2 / t["ni"]


def standardised_mean(t: Table, how: Options) -> Values:
    """Mean over the standard deviation, bias-corrected, variance 1/n + y^2 / (2 n)."""
    n = t["ni"]
    y = t["mi"] / t["sdi"]
    if how.correct:
        y = gamma_correction(n - 1, exact=how.exact) * y
    return y, 1 / n + y**2 / (2 * n)


def log_mean(t: Table, _: Options) -> Values:
    """Log mean, variance s^2 / (n m^2)."""
    return np.log(t["mi"]), t["sdi"] ** 2 / (t["ni"] * t["mi"] ** 2)


def log_sd(t: Table, how: Options) -> Values:
    """Log standard deviation with its bias correction, variance 1 / (2 (n - 1)) (Nakagawa et al. 2015)."""
    half = 1 / (2 * (t["ni"] - 1))
    return np.log(t["sdi"]) + (half if how.correct else 0), half


def log_coefficient_of_variation(t: Table, how: Options) -> Values:
    """Log coefficient of variation, variance 1 / (2 (n - 1)) + s^2 / (n m^2) (Nakagawa et al. 2015)."""
    half = 1 / (2 * (t["ni"] - 1))
    cv = t["sdi"] / t["mi"]
    return np.log(cv) + (half if how.correct else 0), half + cv**2 / t["ni"]


def correlation(t: Table, how: Options) -> Values:
    """Pearson correlation, variance (1 - r^2)^2 / (n - 1); vtype AV takes r averaged over the studies."""
    r, n = t["ri"], t["ni"]
    shown = averaged(r, n) if how.vtype == "AV" else r
    return r, (1 - shown**2) ** 2 / (n - 1)


def fisher_z(t: Table, _: Options) -> Values:
    """Fisher's z, artanh r, variance 1 / (n - 3) (Fisher 1921)."""
    return np.arctanh(t["ri"]), 1 / (t["ni"] - 3)


def as_given(t: Table, _: Options) -> Values:
    """Effects and sampling variances as the caller has them."""
    return t["yi"], t["vi"]


def from_o_minus_e(t: Table, _: Options) -> Values:
    """Log hazard or odds ratio from observed minus expected events and their variance, (O - E) / V, variance 1 / V.

    Peto's method for reported results (Yusuf et al. 1985; Cochrane Handbook 6.8.2, 10.4.2).
    """
    return t["oe"] / t["voe"], 1 / t["voe"]


_EVENTS, _MEAN, _PAIR = ("xi", "mi"), ("mi", "sdi", "ni"), ("ri", "ni")
PROPORTIONS = (
    Measure("PR", "proportion", _EVENTS, proportion, vtypes=("LS", "UB", "AV")),
    Measure("PLN", "log proportion", _EVENTS, log_proportion, ratio=True),
    Measure("PLO", "log odds of a proportion", _EVENTS, logit_proportion),
    Measure("PAS", "arcsine square root proportion", _EVENTS, arcsine_proportion),
    Measure("PFT", "Freeman-Tukey double arcsine proportion", _EVENTS, freeman_tukey_proportion),
)
ONE_GROUP = (
    Measure("MN", "mean", _MEAN, mean),
    Measure("SMN", "standardised mean", _MEAN, standardised_mean),
    Measure("MNLN", "log mean", _MEAN, log_mean, ratio=True, positive=("mi",)),
    Measure("SDLN", "log standard deviation", ("sdi", "ni"), log_sd, ratio=True),
    Measure(
        "CVLN",
        "log coefficient of variation",
        _MEAN,
        log_coefficient_of_variation,
        ratio=True,
        positive=("mi",),
    ),
    Measure("COR", "correlation", _PAIR, correlation, vtypes=("LS", "AV")),
    Measure("ZCOR", "Fisher's z", _PAIR, fisher_z, more_than={"ni": 3}),
    Measure("OE", "log ratio from O - E and its variance", ("oe", "voe"), from_o_minus_e, ratio=True),
    Measure("GEN", "effect as given", ("yi", "vi"), as_given),
)
