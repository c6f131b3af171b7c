"""The covariance of two effects against one control: what the control adds to the variance of each.

Gleser & Olkin 2009, sections 19.2 and 19.3 (counts, and standardised differences); Cochrane Handbook 23.3.4.
"""

from __future__ import annotations

from kg.errors import InputRefused
from kg.pooling.conversions.reported import number, people, positive


def covariance_of_counts(measure: str, events: float, total: float) -> float:
    """Return the covariance of two RR or OR (on the log scale) or RD against one control.

    Raises InputRefused for another measure, NotPoolable for a ratio without events or, for OR, without others.
    """
    c, n = number("events", events), people("total", total)
    if measure == "RR":
        return 1 / positive("events", c) - 1 / n
    if measure == "OR":
        return 1 / positive("events", c) + 1 / positive("people without the event", n - c)
    if measure == "RD":
        return c * (n - c) / n**3
    raise InputRefused(f"measure {measure!r} is not of counts; known are RR, OR, RD")


def covariance_of_differences(sd: float, n: float) -> float:
    """Return the covariance of two mean differences against one control: the variance of its mean."""
    return positive("sd", sd) ** 2 / people("n", n)


def covariance_of_smd(smd1: float, smd2: float, n: float, everybody: float) -> float:
    """Return the covariance of two standardised differences against one control of n among ``everybody``."""
    return 1 / people("n", n) + number("smd1", smd1) * number("smd2", smd2) / (2 * people("everybody", everybody))
