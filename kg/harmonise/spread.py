"""Step 4: mean and standard deviation from what is reported, marked as derived (Handbook 6.5.2.2 to 6.5.2.6)."""

from __future__ import annotations

from dataclasses import dataclass

from kg.errors import NotPoolable
from kg.iris import EV
from kg.model.trialset import ArmResult
from kg.pooling.conversions.dispersion import SMALL_SAMPLE, sd_from_ci, sd_from_se
from kg.pooling.conversions.quartiles import (
    FromSummary,
    mean_sd_from_five_numbers,
    mean_sd_from_quartiles,
    mean_sd_from_range,
)

USUAL_LEVEL = 95.0
"""The level of an interval whose source states none."""
ADJUSTED = EV + "leastSquaresMean"


@dataclass(frozen=True)
class Summary:
    """Mean and SD of one arm; what was derived, by which rules, with what doubt; or why there are none."""

    mean: float | None
    sd: float | None
    derived: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rules: frozenset[str] = frozenset()
    why_not: str | None = None


def summary(result: ArmResult, *, from_medians: bool = True) -> Summary:
    """Return mean and SD of a result: the SD as reported, else from the standard error, the interval, or quartiles.

    A least-squares mean stands, with the SD of its model said. Nothing is derived from a summary that is skewed.
    """
    if result.mean is None and result.median is None:
        return Summary(None, result.sd, why_not=_not_a_mean(result))
    if result.mean is not None:
        sd, how = standard_deviation(result)
        if sd is not None:
            adjusted = result.statistic == ADJUSTED and how is not None
            doubt = ("its mean is adjusted by a model, and its SD is that of the model (least-squares mean)",)
            return Summary(result.mean, sd, (how,) if how else (), doubt if adjusted else ())
        if result.n is None or _named(result) is None:
            return Summary(result.mean, None)
    return _from_five(result, from_medians=from_medians)


def standard_deviation(result: ArmResult) -> tuple[float | None, str | None]:
    """Return the SD beside a mean, and how it was derived; nothing where the result has no such dispersion.

    From an interval by Student's t below 60 people, else by the normal distribution (Handbook 6.5.2.2).
    """
    if result.sd is not None:
        return result.sd, None
    n = result.n
    if n is None:
        return None, None
    if result.se is not None and result.se > 0:
        return sd_from_se(result.se, n), "SD from the standard error: se * sqrt(n) (Handbook 6.5.2.2)"
    if n > 1 and result.ci_low is not None and result.ci_high is not None and result.ci_high > result.ci_low:
        level = result.ci_level or USUAL_LEVEL
        quantile = "t" if n < SMALL_SAMPLE else "normal"
        how = f"SD from the {level:g} % interval by the {quantile} distribution (Handbook 6.5.2.2)"
        return sd_from_ci(result.ci_low, result.ci_high, n, level), how
    return None, None


def _not_a_mean(result: ArmResult) -> str | None:
    if result.geometric_mean is not None:
        return "a geometric mean is reported, which has no mean and SD on the scale of the values (Handbook 10.5.3)"
    if result.number_value is not None:
        return "a number is reported without saying what statistic it is"
    return None


def _from_five(result: ArmResult, *, from_medians: bool) -> Summary:
    """Derive what is missing from median, quartiles and range (Luo 2018, Wan 2014, Shi 2020)."""
    centre = result.median if result.median is not None else result.mean
    given = _named(result)
    if given is None or result.n is None or centre is None:
        return Summary(result.mean, None, why_not=None if result.mean is not None else _median_alone(result))
    if not from_medians:
        return Summary(result.mean, None, why_not="medians are reported, and the protocol derives no means from them")
    names, section, papers = given
    try:
        found = _derived(result, centre)
    except NotPoolable as refused:
        return Summary(result.mean, None, why_not=f"no SD from the {names}: {refused}")
    if found.skewed:
        why = (
            f"the {names} are skewed ({found.skewness:.2f}, and {found.critical:.2f} is the limit; Shi 2023), "
            "so that no mean and SD are derived (Handbook 10.5.3)"
        )
        return Summary(result.mean, None, why_not=why)
    what = "SD" if result.mean is not None else "mean and SD"
    how = f"{what} from {names} ({papers}; Handbook {section})"
    mean = result.mean if result.mean is not None else found.mean
    return Summary(mean, found.sd, (how,), rules=frozenset({"SD from quartiles or range"}))


def _named(result: ArmResult) -> tuple[str, str, str] | None:
    quartiles = result.q1 is not None and result.q3 is not None
    ends = result.minimum is not None and result.maximum is not None
    centre = "median" if result.median is not None else "mean"
    if quartiles and ends:
        return f"{centre}, quartiles and range", "6.5.2.5", "Luo 2018, Shi 2020"
    if quartiles:
        return f"{centre} and quartiles", "6.5.2.5", "Luo 2018, Wan 2014"
    if ends and result.median is not None:
        return "median and range", "6.5.2.6", "Luo 2018, Wan 2014"
    return None


def _derived(result: ArmResult, centre: float) -> FromSummary:
    n, q1, q3, low, high = result.n, result.q1, result.q3, result.minimum, result.maximum
    assert n is not None
    if q1 is not None and q3 is not None and low is not None and high is not None:
        return mean_sd_from_five_numbers(n, low, q1, centre, q3, high)
    if q1 is not None and q3 is not None:
        return mean_sd_from_quartiles(n, q1, centre, q3)
    assert low is not None
    assert high is not None
    return mean_sd_from_range(n, low, centre, high)


def _median_alone(result: ArmResult) -> str:
    return "a median is reported without quartiles or range" if result.n is not None else "not reported: n"
