"""The effect and variance of a contrast that a source reports between its arms (Handbook 6.3.1, 6.3.2)."""

from __future__ import annotations

import math
import re
from statistics import NormalDist

from kg.errors import NotPoolable
from kg.harmonise.between_arms import two_sided
from kg.harmonise.contrast import Contrast
from kg.iris import local
from kg.model.trialset import ReportedContrast
from kg.pooling.conversions.dispersion import se_from_t, t_from_p, z_from_p

Z975 = 1.959963984540054
_NOT_OF_NO_DIFFERENCE = re.compile(r"inferior|equivalen", re.IGNORECASE)

FROM_P = "standard error from p"

Found = tuple[float | None, float | None, str | None, tuple[str, ...]]
"""Effect and variance on the analysis scale, or why there is none, and what was done."""


def reported_effect(contrast: Contrast, measure: str, *, ratio: bool, several: bool) -> Found:
    """Return the effect that a source reports, on the scale and in the direction of the pool, or why it has none.

    ``several``: it stands beside others, so that its scale must be known.
    """
    reported = contrast.reported
    assert reported is not None
    if reported.measure is None or local(reported.measure) != measure:
        return _nothing(_another(reported, measure))
    if contrast.why_not is not None:
        return _nothing(contrast.why_not)
    if reported.observed_minus_expected is not None and reported.variance:
        logarithm = contrast.sign * reported.observed_minus_expected / reported.variance
        done = ("effect: observed minus expected, divided by its variance (Yusuf et al. 1985)",)
        return logarithm, 1 / reported.variance, None, done
    if reported.estimate is None:
        return _nothing(
            f"only a p value ({reported.p_text}) is reported" if reported.p_text else "no effect is reported"
        )
    if measure == "MD" and several and contrast.instrument is None:
        return _nothing("the scale of the reported difference is not stated, so it cannot be pooled")
    given = (reported.estimate, reported.ci_low, reported.ci_high)
    if ratio and any(value is not None and value <= 0 for value in given):
        return _nothing(f"a {measure} is above zero, and the one reported, or its interval, is not")
    estimate, low, high = (math.log(x) if ratio and x is not None else x for x in given)
    assert estimate is not None
    se, how = _standard_error(contrast, reported, estimate, low, high, measure, ratio=ratio)
    if se is None or se <= 0:
        return _nothing("the effect is reported without a standard error or interval")
    factor = contrast.factor if measure == "MD" else 1.0
    steps = ("effect: as reported by the trial", *([how] if how else []))
    return contrast.sign * factor * estimate, (factor * se) ** 2, None, steps


def _nothing(why: str) -> Found:
    return None, None, why, ()


def _another(reported: ReportedContrast, measure: str) -> str:
    if reported.measure is not None and reported.estimate is not None:
        return f"a {local(reported.measure)} is reported, which is not a {measure}"
    return _p_alone(reported)


def _p_alone(reported: ReportedContrast) -> str:
    return f"only a p value ({reported.p_text}) is reported" if reported.p_text else "no effect is reported"


def _standard_error(
    contrast: Contrast,
    reported: ReportedContrast,
    estimate: float,
    low: float | None,
    high: float | None,
    measure: str,
    *,
    ratio: bool,
) -> tuple[float | None, str | None]:
    """Return the standard error as reported, else from the interval at its level, else from an exact p value.

    Sections of the Handbook: 6.3.1 for differences, 6.3.2 for ratios.
    """
    if reported.se is not None:
        return reported.se, None
    level, section = reported.ci_level or 95.0, "6.3.2" if ratio else "6.3.1"
    if low is not None and high is not None:
        return (high - low) / (
            2 * quantile(level)
        ), f"standard error from the {level:g} % interval (Handbook {section})"
    bound = low if low is not None else high
    if bound is not None and reported.sided == 1:
        how = f"standard error from the one-sided {level:g} % bound (Handbook {section})"
        return abs(estimate - bound) / NormalDist().inv_cdf(level / 100), how
    p = two_sided(reported)
    if p is None or _NOT_OF_NO_DIFFERENCE.search(f"{reported.method_text or ''} {reported.measure_text or ''}"):
        return None, None
    people = _people(contrast) if measure == "MD" else None
    try:
        statistic = t_from_p(p, people - 2) if people and people > 2 else z_from_p(p)
        se = se_from_t(estimate, statistic)
    except NotPoolable:
        return None, None
    return se, f"{FROM_P} = {reported.p_value:g} (Handbook {section})"


def _people(contrast: Contrast) -> int | None:
    """Return how many people the two arms of a reported contrast have."""
    reported = contrast.reported
    assert reported is not None
    arms = {arm.arm: arm for arm in (*contrast.comparison.experimental, *contrast.comparison.control)}
    sizes = [
        arm.analysed if arm.analysed is not None else arm.randomised
        for name in (reported.experimental, reported.control)
        if (arm := arms.get(name))
    ]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == 2 else None


def quantile(level: float) -> float:
    """Return the z with ``level`` percent of the normal distribution within -z and z."""
    return Z975 if level == 95 else NormalDist().inv_cdf(0.5 + level / 200)
