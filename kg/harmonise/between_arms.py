"""Step 4: the SD within two arms from what is reported of the difference between them (Handbook 6.5.2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kg.errors import NotPoolable
from kg.iris import local
from kg.model.trialset import ArmResult, ReportedContrast
from kg.pooling.conversions.dispersion import sd_from_difference, se_from_ci, se_from_t, t_from_p

_ADJUSTED_OR_BY_RANKS = re.compile(
    r"covarian|ancova|adjust|mixed|regress|model|rank|wilcoxon|mann|kruskal|sign|friedman|median|bayes|paired|log|inferior|equivalen",
    re.IGNORECASE,
)
RULE = "SD from the difference between arms"


@dataclass(frozen=True)
class Spread:
    """An SD that both arms are taken to have, how it was derived, and by which rule."""

    sd: float
    how: str
    rule: str = RULE


def spread(left: ArmResult, right: ArmResult, contrasts: Iterable[ReportedContrast]) -> Spread | None:
    """Return the SD of two arms that report means without a spread, from the interval or p value of their difference.

    Only where it is of these very arms, by the same source, of the same outcome and time, and where nothing says that
    it was adjusted, paired, or of ranks: then it is not that of a t test, and tells less or more than the SD.
    """
    if left.mean is None or right.mean is None or left.n is None or right.n is None:
        return None
    for contrast in contrasts:
        if _is_of(contrast, left, right) and not _ADJUSTED_OR_BY_RANKS.search(
            f"{contrast.method_text or ''} {contrast.measure_text or ''}"
        ):
            try:
                found = _standard_error(contrast, left.mean - right.mean, left.n + right.n - 2)
                if found is not None:
                    se, what = found
                    how = f"SD from {what} of the difference between the arms (Handbook 6.5.2.3)"
                    return Spread(sd_from_difference(se, left.n, right.n), how)
            except NotPoolable:
                continue
    return None


def _is_of(contrast: ReportedContrast, left: ArmResult, right: ArmResult) -> bool:
    return (
        {contrast.experimental, contrast.control} == {left.arm, right.arm}
        and contrast.record == left.record
        and (contrast.outcome, contrast.band, contrast.timepoint) == (left.outcome, left.band, left.timepoint)
        and (contrast.measure is None or local(contrast.measure) == "MD")
    )


def _standard_error(contrast: ReportedContrast, difference: float, df: float) -> tuple[float, str] | None:
    if contrast.measure is not None and contrast.se is not None and contrast.se > 0:
        return contrast.se, "the standard error"
    if contrast.measure is not None and contrast.ci_low is not None and contrast.ci_high is not None:
        level = contrast.ci_level or 95.0
        return se_from_ci(contrast.ci_low, contrast.ci_high, level, df), f"the {level:g} % interval"
    p = two_sided(contrast)
    if p is None:
        return None
    return se_from_t(difference, t_from_p(p, df)), f"p = {contrast.p_value:g}, as of a t test,"


def two_sided(contrast: ReportedContrast) -> float | None:
    """Return the exact two-sided p value of a contrast; nothing where only a bound, or none, is reported."""
    if contrast.p_value is None or contrast.p_relation != "=":
        return None
    p = contrast.p_value * (2 if contrast.sided == 1 else 1)
    return p if 0 < p < 1 else None
