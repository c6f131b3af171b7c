"""Step 4: a standard deviation from what is reported, marked as derived (Handbook 6.5.2.2)."""

from __future__ import annotations

from kg.model.trialset import ArmResult
from kg.pooling.conversions.dispersion import SMALL_SAMPLE, sd_from_ci, sd_from_se


def standard_deviation(result: ArmResult) -> tuple[float | None, str | None]:
    """Return the SD of a result and how it was derived; nothing where the result has no dispersion."""
    if result.sd is not None:
        return result.sd, None
    n = result.n
    if n is None:
        return None, None
    if result.se is not None and result.se > 0:
        return sd_from_se(result.se, n), "SD from the standard error: se * sqrt(n) (Handbook 6.5.2.2)"
    if n > 1 and result.ci_low is not None and result.ci_high is not None and result.ci_high > result.ci_low:
        quantile = "t" if n < SMALL_SAMPLE else "normal"
        how = f"SD from the 95 % interval by the {quantile} distribution (Handbook 6.5.2.2)"
        return sd_from_ci(result.ci_low, result.ci_high, n), how
    return None, None
