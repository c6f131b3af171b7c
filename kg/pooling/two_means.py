"""Effects of two independent groups with mean, standard deviation and size: m1i sd1i n1i, m2i sd2i n2i."""

from __future__ import annotations

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.measure import Measure, Options, Table, Values, averaged, gamma_correction


def _pooled_sd(t: Table) -> Array:
    n1, n2 = t["n1i"], t["n2i"]
    return np.sqrt(((n1 - 1) * t["sd1i"] ** 2 + (n2 - 1) * t["sd2i"] ** 2) / (n1 + n2 - 2))


def _correction(m: Array, how: Options) -> Array:
    return gamma_correction(m, exact=how.exact) if how.correct else np.ones_like(m)


def _difference(t: Table) -> Array:
    return t["m1i"] - t["m2i"]


def mean_difference(t: Table, how: Options) -> Values:
    """Mean difference, variance s1^2 / n1 + s2^2 / n2; vtype HO assumes one variance and pools it."""
    n1, n2 = t["n1i"], t["n2i"]
    if how.vtype == "HO":
        return _difference(t), _pooled_sd(t) ** 2 * (1 / n1 + 1 / n2)
    return _difference(t), t["sd1i"] ** 2 / n1 + t["sd2i"] ** 2 / n2


def standardised_mean_difference(t: Table, how: Options) -> Values:
    """Mean difference over the pooled standard deviation: Hedges' g, or Cohen's d without ``correct``.

    Variances, with J the correction, N = n1 + n2, m = N - 2, d uncorrected, y = J d, to be added to 1/n1 + 1/n2:
    LS y^2 / (2 N) and LS2 J^2 (... + d^2 / (2 N)) (Hedges 1981, 1982); UB (1 - (m - 2) / (m J^2)) y^2 (Hedges 1983),
    J = 1 without ``correct``; AV as LS with the mean of y weighted by N; REVMAN y^2 / (2 (N - 3.94)) with
    J = 1 - 3 / (4 N - 9) (RevMan 5; R meta with exact.smd = FALSE); WT as UB with J d for y, corrected or not
    (White & Thomas 2005; R meta with exact.smd = TRUE).
    """
    n1, n2 = t["n1i"], t["n2i"]
    total = n1 + n2
    m = total - 2
    revman = how.vtype == "REVMAN"
    d = _difference(t) / _pooled_sd(t)
    j = gamma_correction(m, exact=False) if revman else _correction(m, how)
    y, base = j * d, 1 / n1 + 1 / n2
    if how.vtype == "LS2":
        return y, j**2 * (base + d**2 / (2 * total))
    if how.vtype in {"UB", "WT"}:
        exact = gamma_correction(m)
        shown, j = (exact * d, exact) if how.vtype == "WT" else (y, j)
        return y, base + (1 - (m - 2) / (m * j**2)) * shown**2
    if how.vtype == "AV":
        return y, base + averaged(y, total) ** 2 / (2 * total)
    return y, base + y**2 / (2 * (total - (3.94 if revman else 0)))


def standardised_by_group_2(t: Table, how: Options) -> Values:
    """Mean difference over the standard deviation of group 2: Glass's delta, variance 1/n1 + 1/n2 + y^2 / (2 n2).

    vtype META divides by n2 - 1 instead, as R meta does (Borenstein et al. 2009).
    """
    n1, n2 = t["n1i"], t["n2i"]
    y = _correction(n2 - 1, how) * _difference(t) / t["sd2i"]
    return y, 1 / n1 + 1 / n2 + y**2 / (2 * (n2 - (1 if how.vtype == "META" else 0)))


def standardised_by_group_2_unequal(t: Table, how: Options) -> Values:
    """Glass's delta with a variance that allows unequal standard deviations (Bonett 2008)."""
    n1, n2 = t["n1i"], t["n2i"]
    j = _correction(n2 - 1, how)
    y = j * _difference(t) / t["sd2i"]
    ratio = t["sd1i"] ** 2 / t["sd2i"] ** 2
    return y, (ratio / (n1 - 1) + 1 / (n2 - 1) + y**2 / (2 * (n2 - 1)))


def standardised_unequal(t: Table, how: Options) -> Values:
    """Mean difference over the root mean square of both standard deviations (Bonett 2008, 2009)."""
    df1, df2 = t["n1i"] - 1, t["n2i"] - 1
    v1, v2 = t["sd1i"] ** 2, t["sd2i"] ** 2
    j = _correction(df1 + df2, how)
    y = j * _difference(t) / np.sqrt((v1 + v2) / 2)
    v = y**2 * (v1**2 / df1 + v2**2 / df2) / (2 * (v1 + v2) ** 2) + 2 * (v1 / df1 + v2 / df2) / (v1 + v2)
    return y, v


def ratio_of_means(t: Table, how: Options) -> Values:
    """Log ratio of means, variance s1^2 / (n1 m1^2) + s2^2 / (n2 m2^2) (Hedges, Gurevitch & Curtis 1999).

    ``correct`` adds the second-order term of the Taylor expansion to the effect (Lajeunesse 2015, eq. 8).
    In the variance, vtype HO pools the standard deviations and AV averages the squared coefficients of variation.
    """
    n1, n2 = t["n1i"], t["n2i"]
    cv1, cv2 = (t["sd1i"] / t["m1i"]) ** 2, (t["sd2i"] / t["m2i"]) ** 2
    y = np.log(t["m1i"] / t["m2i"])
    if how.correct:
        y = y + (cv1 / n1 - cv2 / n2) / 2
    if how.vtype == "HO":
        cv1, cv2 = (_pooled_sd(t) / t["m1i"]) ** 2, (_pooled_sd(t) / t["m2i"]) ** 2
    if how.vtype == "AV":
        cv1, cv2 = averaged(cv1, n1), averaged(cv2, n2)
    return y, cv1 / n1 + cv2 / n2


def coefficient_of_variation_ratio(t: Table, how: Options) -> Values:
    """Log ratio of coefficients of variation (Nakagawa et al. 2015); ``correct`` as in Senior et al. (2020)."""
    n1, n2 = t["n1i"], t["n2i"]
    cv1, cv2 = t["sd1i"] / t["m1i"], t["sd2i"] / t["m2i"]
    y = np.log(cv1) - np.log(cv2)
    if how.correct:
        y = y + 1 / (2 * (n1 - 1)) - 1 / (2 * (n2 - 1)) + (cv2**2 / n2 - cv1**2 / n1) / 2
    return y, cv1**2 / n1 + 1 / (2 * (n1 - 1)) + cv2**2 / n2 + 1 / (2 * (n2 - 1))


def variability_ratio(t: Table, how: Options) -> Values:
    """Log ratio of standard deviations, variance 1 / (2 (n1 - 1)) + 1 / (2 (n2 - 1)) (Nakagawa et al. 2015)."""
    half1, half2 = 1 / (2 * (t["n1i"] - 1)), 1 / (2 * (t["n2i"] - 1))
    y = np.log(t["sd1i"] / t["sd2i"])
    return y + half1 - half2 if how.correct else y, half1 + half2


_MEANS = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
TWO_MEANS = (
    Measure("MD", "mean difference", _MEANS, mean_difference, vtypes=("LS", "UB", "HO")),
    Measure(
        "SMD",
        "standardised mean difference",
        _MEANS,
        standardised_mean_difference,
        vtypes=("LS", "LS2", "UB", "AV", "REVMAN", "WT"),
    ),
    Measure(
        "SMD1", "standardised mean difference (SD of group 2)", _MEANS, standardised_by_group_2, vtypes=("LS", "META")
    ),
    Measure(
        "SMD1H",
        "standardised mean difference (SD of group 2, unequal variances)",
        _MEANS,
        standardised_by_group_2_unequal,
    ),
    Measure(
        "SMDH",
        "standardised mean difference (unequal variances)",
        _MEANS,
        standardised_unequal,
    ),
    Measure(
        "ROM",
        "log ratio of means",
        _MEANS,
        ratio_of_means,
        ratio=True,
        vtypes=("LS", "HO", "AV"),
        positive=("m1i", "m2i"),
    ),
    Measure(
        "CVR",
        "log ratio of coefficients of variation",
        _MEANS,
        coefficient_of_variation_ratio,
        ratio=True,
        positive=("m1i", "m2i"),
    ),
    Measure(
        "VR",
        "log ratio of standard deviations",
        ("sd1i", "n1i", "sd2i", "n2i"),
        variability_ratio,
        ratio=True,
    ),
)
