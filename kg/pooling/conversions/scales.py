"""Effects carried to another scale: SMD and log odds ratio, SMD and an instrument's units, ratios and absolute risks.

Cochrane Handbook 10.6 (SMD and OR), 15.5.3.2 (SMD in units), 14.1.5.5 and 15.4.4 (absolute effects).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kg.errors import InputRefused, NotPoolable
from kg.pooling.conversions.reported import between, number, positive
from kg.pooling.special import ndtr

FACTORS = {"logistic": math.pi / math.sqrt(3), "cox": 1.65}
"""Log odds ratio over SMD: logistic distribution (Hasselblad & Hedges 1995; Chinn 2000), Cox & Snell (1989)."""


def _factor(method: str) -> float:
    if method not in FACTORS:
        raise InputRefused(f"method {method!r} is not known; known are {', '.join(FACTORS)}")
    return FACTORS[method]


def smd_to_log_odds_ratio(yi: float, vi: float, method: str = "logistic") -> tuple[float, float]:
    """Return log odds ratio and variance of an SMD: times pi / sqrt(3), or 1.65 with cox (Handbook 10.6)."""
    factor = _factor(method)
    return factor * number("yi", yi), factor**2 * positive("vi", vi)


def log_odds_ratio_to_smd(yi: float, vi: float, method: str = "logistic") -> tuple[float, float]:
    """Return SMD and variance of a log odds ratio: divided by pi / sqrt(3), or by 1.65 with cox (Handbook 10.6)."""
    factor = _factor(method)
    return number("yi", yi) / factor, positive("vi", vi) / factor**2


def smd_to_probability_of_superiority(smd: float) -> float:
    """Return the chance that someone of group 1 scores above someone of group 2: Phi(smd / sqrt(2)).

    McGraw & Wong (1992), for normal distributions of equal variance.
    """
    return float(ndtr(number("smd", smd) / math.sqrt(2)))


def smd_to_units(smd: float, sd: float) -> float:
    """Return an SMD in units of an instrument with standard deviation ``sd`` among people (Handbook 15.5.3.2)."""
    return number("smd", smd) * positive("sd", sd)


@dataclass(frozen=True)
class AbsoluteEffect:
    """People with the event per 1,000 under comparator and intervention, and how many more (or fewer: below 0)."""

    control: float
    experimental: float
    difference: float


def per_thousand(effect: float, baseline_risk: float, measure: str = "RR") -> AbsoluteEffect:
    """Return events per 1,000 from a risk ratio, odds ratio (both not logged) or risk difference and a baseline risk.

    RR: risk r * RR, not above 1; OR: OR r / (1 - r + OR r); RD: r + RD (Handbook 14.1.5.5, 15.4.4.2 to 15.4.4.4).
    Apply it to the ends of the interval as well. NotPoolable where the risk would leave 0 to 1 under RD.
    """
    risk = between("baseline_risk", baseline_risk, 0, 1)
    if measure == "RR":
        with_intervention = min(1.0, risk * positive("effect", effect))
    elif measure == "OR":
        odds = positive("effect", effect) * risk
        with_intervention = odds / (1 - risk + odds)
    elif measure == "RD":
        with_intervention = risk + number("effect", effect)
        if not 0 <= with_intervention <= 1:
            raise NotPoolable(
                f"a risk difference of {effect:g} takes a baseline risk of {risk:g} out of 0 to 1; use RR or OR"
            )
    else:
        raise InputRefused(f"measure {measure!r} gives no absolute effect; known are RR, OR, RD")
    return AbsoluteEffect(1000 * risk, 1000 * with_intervention, 1000 * (with_intervention - risk))
