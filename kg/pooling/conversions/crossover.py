"""Effects of crossover trials in which the same people had both interventions.

Cochrane Handbook 23.2.7 (means) and 23.2.6 (counts: the marginal method of Becker & Balagtas 1993; Elbourne et al.
2002). ``correlation`` is that of the two results of one person.
"""

from __future__ import annotations

import math

from kg.errors import InputRefused, NotPoolable
from kg.pooling.conversions.dispersion import sd_of_change
from kg.pooling.conversions.reported import between, number, people, positive
from kg.pooling.conversions.reported_effects import ReportedEffect


def paired_difference(
    mean1: float, sd1: float, mean2: float, sd2: float, n: float, correlation: float
) -> ReportedEffect:
    """Return the mean difference of n people and its variance, that of the differences over n (Handbook 23.2.7.1)."""
    return ReportedEffect(
        number("mean1", mean1) - number("mean2", mean2), sd_of_change(sd1, sd2, correlation) ** 2 / people("n", n, 2)
    )


def paired_smd(mean1: float, sd1: float, mean2: float, sd2: float, n: float, correlation: float) -> ReportedEffect:
    """Return the standardised mean difference of n people and its variance (Handbook 23.2.7.2).

    The difference over sqrt((sd1^2 + sd2^2) / 2); variance (1 / n + y^2 / (2 n)) 2 (1 - r).
    """
    n, r = people("n", n, 2), between("correlation", correlation, -1, 1)
    pooled = math.sqrt((positive("sd1", sd1) ** 2 + positive("sd2", sd2) ** 2) / 2)
    y = (number("mean1", mean1) - number("mean2", mean2)) / pooled
    return ReportedEffect(y, (1 / n + y**2 / (2 * n)) * 2 * (1 - r))


def feasible_correlation(events1: float, events2: float, n: float, correlation: float) -> float:
    """Return the correlation, or the nearest one that two counts among the same n people can have."""
    p, q = events1 / n, events2 / n
    spread = math.sqrt(p * (1 - p) * q * (1 - q))
    if spread == 0:
        return 0.0
    least, most = (max(0.0, p + q - 1) - p * q) / spread, (min(p, q) - p * q) / spread
    return min(max(correlation, least), most)


def paired_counts(
    measure: str, events1: float, events2: float, n: float, correlation: float, add: float = 0.0
) -> ReportedEffect:
    """Return the effect of two counts among the same n people, and its variance with their covariance.

    ``measure`` is RR or OR (on the log scale) or RD; ``add`` is added to each of the four marginal cells where one of
    them is zero. A correlation that the counts cannot have is taken as the nearest that they can.

    Raises NotPoolable where counts are impossible, InputRefused for another measure.
    """
    n, r = people("n", n), between("correlation", correlation, -1, 1)
    if measure not in ("RR", "OR", "RD"):
        raise InputRefused(f"measure {measure!r} is not of counts; known are RR, OR, RD")
    a, c = number("events1", events1), number("events2", events2)
    if not (0 <= a <= n and 0 <= c <= n):
        raise NotPoolable(f"{a:g} and {c:g} events among {n:g} people cannot be; correct them or the number of people")
    r = feasible_correlation(a, c, n, r)
    extra = add if 0 in (a, c, n - a, n - c) else 0.0
    a, c, n = a + extra, c + extra, n + 2 * extra
    p, q = a / n, c / n
    if measure == "RD":
        v1, v2, y = p * (1 - p) / n, q * (1 - q) / n, p - q
    elif measure == "RR":
        v1, v2, y = (1 - p) / positive("a", a), (1 - q) / positive("c", c), math.log(p / q)
    else:
        v1, v2 = n / (positive("a", a) * positive("b", n - a)), n / (positive("c", c) * positive("d", n - c))
        y = math.log(p / (1 - p)) - math.log(q / (1 - q))
    return ReportedEffect(y, v1 + v2 - 2 * r * math.sqrt(v1 * v2))


def paired_table(
    measure: str, both: float, first: float, second: float, neither: float, add: float = 0.0
) -> ReportedEffect:
    """Return the marginal effect of a paired table, and its variance with the covariance that the table has.

    The cells are people with the event on both interventions, on the first alone, on the second alone, on neither.
    ``measure`` is RR or OR (on the log scale) or RD (Becker & Balagtas 1993; Zou 2007; MPRR, MPOR and MPRD of metafor).
    Where an intervention had the event in nobody or everybody the table has no covariance, and is as its two counts
    are: ``paired_counts`` adds ``add`` to their cells.

    Raises NotPoolable where cells are impossible, InputRefused for another measure.
    """
    names = ("both", "first", "second", "neither")
    a, b, c, d = (number(name, cell) for name, cell in zip(names, (both, first, second, neither), strict=True))
    n = people("n", a + b + c + d)
    if min(a, b, c, d) < 0:
        raise NotPoolable(f"a paired table of {a:g}, {b:g}, {c:g} and {d:g} people cannot be; correct its cells")
    margins = (a + b, c + d, a + c, b + d)
    if 0 in margins:
        return paired_counts(measure, a + b, a + c, n, 0.0, add)
    if measure == "RD":
        return ReportedEffect((b - c) / n, (b + c - (b - c) ** 2 / n) / n**2)
    if measure == "RR":
        return ReportedEffect(math.log((a + b) / (a + c)), (b + c) / ((a + b) * (a + c)))
    if measure == "OR":
        odds = math.log((a + b) / (c + d)) - math.log((a + c) / (b + d))
        return ReportedEffect(odds, n * (n * (b + c) - (b - c) ** 2) / math.prod(margins))
    raise InputRefused(f"measure {measure!r} is not of counts; known are RR, OR, RD")
