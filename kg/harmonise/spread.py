"""Step 4: a standard deviation from what is reported, marked as derived (Handbook 6.5.2.2)."""

from __future__ import annotations

import math

from scipy.special import stdtrit

from kg.model.trialset import ArmResult

SMALL_SAMPLE = 60  # below it the t distribution is used for an interval (Handbook 6.5.2.2)
_Z975 = 1.959963984540054


def standard_deviation(result: ArmResult) -> tuple[float | None, str | None]:
    """Return the SD of a result and how it was derived; nothing where the result has no dispersion."""
    if result.sd is not None:
        return result.sd, None
    if result.n is None:
        return None, None
    if result.se is not None:
        return result.se * math.sqrt(result.n), "SD from the standard error: se * sqrt(n) (Handbook 6.5.2.2)"
    if result.ci_low is not None and result.ci_high is not None and result.n > 1:
        small = result.n < SMALL_SAMPLE
        quantile = float(stdtrit(result.n - 1, 0.975)) if small else _Z975
        sd = (result.ci_high - result.ci_low) / (2 * quantile) * math.sqrt(result.n)
        return sd, f"SD from the 95 % interval by the {'t' if small else 'normal'} distribution (Handbook 6.5.2.2)"
    return None, None
