"""Mean and standard deviation from median, quartiles and range.

Cochrane Handbook 6.5.2.5 and 6.5.2.6. What is derived rests on a normal distribution; ``skewed`` says when the
summary itself speaks against it (Shi et al. 2023), and then mean and SD should not be used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kg.errors import InputRefused, NotPoolable
from kg.pooling.conversions.reported import in_order, people
from kg.pooling.special import ndtr, ndtri

RECOMMENDED = "recommended"
METHODS = (RECOMMENDED, "hozo2005", "wan2014", "bland2015", "walter2007")


@dataclass(frozen=True)
class FromSummary:
    """A derived mean and standard deviation, with the test of symmetry: ``skewed`` where skewness exceeds critical."""

    mean: float
    sd: float
    skewness: float
    critical: float

    @property
    def skewed(self) -> bool:
        """Tell that the summary is too asymmetric for a normal distribution."""
        return self.skewness >= self.critical


def mean_sd_from_range(
    n: float, minimum: float, median: float, maximum: float, method: str = RECOMMENDED
) -> FromSummary:
    """Return mean and SD from median and range, n people.

    recommended: mean of Luo et al. (2018), SD of Wan et al. (2014); hozo2005: Hozo, Djulbegovic & Hozo; wan2014;
    walter2007: Walter & Yao. Raises NotPoolable for values out of order, a range of 0, or n below 5.
    """
    n = people("n", n, 5)
    in_order(minimum=minimum, median=median, maximum=maximum)
    width = _width("minimum and maximum", minimum, maximum)
    middle = (minimum + maximum) / 2
    if method == RECOMMENDED:
        share = 4 / (4 + n**0.75)
        mean, sd = share * middle + (1 - share) * median, width / _normal_range(n)
    elif method == "wan2014":
        mean, sd = (middle + median) / 2, width / _normal_range(n)
    elif method == "hozo2005":
        mean = (middle + median) / 2 if n <= 25 else median
        bent = math.sqrt(((minimum - 2 * median + maximum) ** 2 / 4 + width**2) / 12)
        sd = bent if n <= 15 else width / 4 if n <= 70 else width / 6
    elif method == "walter2007":
        mean, sd = median, width / _expected_range(n)
    else:
        raise _no_such(method, "median and range", (RECOMMENDED, "hozo2005", "wan2014", "walter2007"))
    return FromSummary(mean, sd, abs(2 * (middle - median) / width), 1 / math.log(n + 9) + 2.5 / (n + 1))


def mean_sd_from_quartiles(n: float, q1: float, median: float, q3: float, method: str = RECOMMENDED) -> FromSummary:
    """Return mean and SD from median and quartiles, n people.

    recommended: mean of Luo et al. (2018), SD of Wan et al. (2014); wan2014. Raises NotPoolable for values out of
    order, quartiles that coincide, or n below 5.
    """
    n = people("n", n, 5)
    in_order(q1=q1, median=median, q3=q3)
    width = _width("q1 and q3", q1, q3)
    middle = (q1 + q3) / 2
    if method == RECOMMENDED:
        share = 0.7 + 0.39 / n
        mean = share * middle + (1 - share) * median
    elif method == "wan2014":
        mean = (q1 + median + q3) / 3
    else:
        raise _no_such(method, "median and quartiles", (RECOMMENDED, "wan2014"))
    return FromSummary(mean, width / _normal_quartiles(n), abs(2 * (middle - median) / width), _quartile_limit(n))


def _quartile_limit(n: float) -> float:
    return 2.65 / math.sqrt(n) - 6 / n**2


def mean_sd_from_five_numbers(
    n: float, minimum: float, q1: float, median: float, q3: float, maximum: float, method: str = RECOMMENDED
) -> FromSummary:
    """Return mean and SD from median, quartiles and range, n people.

    recommended: mean of Luo et al. (2018), SD of Shi et al. (2020); wan2014; bland2015. Raises NotPoolable for values
    out of order, quartiles that coincide, or n below 5.
    """
    n = people("n", n, 5)
    in_order(minimum=minimum, q1=q1, median=median, q3=q3, maximum=maximum)
    inner, outer = _width("q1 and q3", q1, q3), maximum - minimum
    eighths = (minimum + 2 * q1 + 2 * median + 2 * q3 + maximum) / 8
    if method == RECOMMENDED:
        far, near = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
        mean = far * (minimum + maximum) / 2 + near * (q1 + q3) / 2 + (1 - far - near) * median
        share = 1 / (1 + 0.07 * n**0.6)
        sd = share * outer / _normal_range(n) + (1 - share) * inner / _normal_quartiles(n)
    elif method == "wan2014":
        mean, sd = eighths, (outer / _normal_range(n) + inner / _normal_quartiles(n)) / 2
    elif method == "bland2015":
        points = np.array([minimum, q1, median, q3, maximum])
        squares = (points**2 * [1, 2, 2, 2, 1]).sum() / 16 + (points[:-1] * points[1:]).sum() / 8
        mean, sd = eighths, math.sqrt(squares - eighths**2)
    else:
        raise _no_such(method, "five numbers", (RECOMMENDED, "wan2014", "bland2015"))
    of_range = 2.65 * math.log(0.6 * n) / math.sqrt(n) * abs(minimum + maximum - 2 * median) / outer
    of_quartiles = abs(q1 + q3 - 2 * median) / inner
    return FromSummary(mean, sd, max(of_range, of_quartiles), 3 / math.sqrt(n) - 40 / n**3)


def _width(names: str, low: float, high: float) -> float:
    if high == low:
        raise NotPoolable(f"{names} are both {low:g}, so no spread can be derived; look for another measure of spread")
    return high - low


def _normal_range(n: float) -> float:
    """Return the approximate expected range of n standard normal values (Wan et al. 2014, eq. 9)."""
    return 2 * float(ndtri((n - 0.375) / (n + 0.25)))


def _normal_quartiles(n: float) -> float:
    """Return the approximate expected distance of the quartiles of n standard normal values (ibid., eq. 16)."""
    return 2 * float(ndtri((0.75 * n - 0.125) / (n + 0.25)))


def _expected_range(n: float) -> float:
    """Return the expected range of n standard normal values (Tippett 1925), by the trapezoidal rule.

    The integrand and all its derivatives vanish at the ends, so that the rule is exact to rounding.
    """
    x = np.linspace(-40.0, 40.0, 4001)
    p = ndtr(x)
    inside = -np.expm1(n * np.log1p(-np.minimum(p, 1 - 2**-53))) - p**n
    return float(inside.sum() * (x[1] - x[0]))


def _no_such(method: str, summary: str, methods: tuple[str, ...]) -> InputRefused:
    return InputRefused(f"method {method!r} does not take {summary}; known are {', '.join(methods)}")
