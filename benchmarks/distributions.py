"""How studies of a library of Cochrane reviews are distributed: quantiles alone, to draw trials that look like them.

Fitted to the 37,611 study rows of 198 reviews from public Cochrane analysis data as packaged by Pairwise70 (github.com/
mahmood789/Pairwise70, commit 5230e0e), by ``numpy.quantile`` at LEVELS. No row of the library is here, and what lies
beyond the first and the last hundredth is not drawn.
"""

from __future__ import annotations

import random
from bisect import bisect_right

LEVELS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
Quantiles = tuple[float, ...]

STUDIES_OF_REVIEW: Quantiles = (1, 2, 3, 5, 7, 10, 13, 17, 21, 31, 58, 81, 170)
YEAR: Quantiles = (1976, 1991, 1997, 2003, 2006, 2010, 2013, 2015, 2017, 2019, 2021, 2022, 2023)
CONTROLS: Quantiles = (6, 10, 14, 20, 27, 34, 45, 57, 77, 111, 219, 437, 2318)
"""Participants in the control arm."""
LOG_SIZE_RATIO: Quantiles = (-0.74, -0.22, -0.1, -0.03, 0.0, 0.0, 0.0, 0.01, 0.04, 0.13, 0.64, 0.76, 1.39)
"""Logarithm of the experimental arm's participants over the control arm's."""
CONTROL_RISK: Quantiles = (0.0, 0.0, 0.0, 0.0, 0.027, 0.052, 0.091, 0.15, 0.236, 0.376, 0.6, 0.808, 1.0)
LOG_ODDS_RATIO: Quantiles = (-2.12, -1.26, -0.9, -0.52, -0.28, -0.12, 0.01, 0.16, 0.33, 0.57, 1.05, 1.54, 3.49)
"""Of studies whose variance is below 0.25; in smaller ones chance alone spreads it."""
PAIN_MEAN: Quantiles = (14.3, 18.0, 20.9, 31.0, 35.0, 37.2, 42.0, 46.2, 51.4, 56.0, 61.9, 74.0, 85.5)
"""Of control arms in the 252 rows of pain with a mean from 10 to 100 and an SD of 10 or more, as on a scale to 100."""
PAIN_SD: Quantiles = (10.4, 11.3, 12.5, 15.4, 17.6, 19.5, 20.6, 22.1, 23.1, 25.5, 29.7, 33.0, 38.1)
SMD: Quantiles = (-3.14, -1.41, -0.95, -0.52, -0.31, -0.15, -0.02, 0.09, 0.24, 0.44, 0.9, 1.46, 4.1)
LOG_SD_RATIO: Quantiles = (-1.55, -0.72, -0.48, -0.26, -0.15, -0.07, 0.0, 0.02, 0.08, 0.18, 0.34, 0.54, 1.1)


def at(quantiles: Quantiles, level: float) -> float:
    """Return the value at a level between 0 and 1, on straight lines between the quantiles."""
    after = bisect_right(LEVELS, level)
    if after in {0, len(LEVELS)}:
        return quantiles[min(after, len(LEVELS) - 1)]
    low, high = LEVELS[after - 1], LEVELS[after]
    share = (level - low) / (high - low)
    return quantiles[after - 1] + share * (quantiles[after] - quantiles[after - 1])


def drawn(quantiles: Quantiles, chance: random.Random) -> float:
    """Draw a value."""
    return at(quantiles, chance.random())
