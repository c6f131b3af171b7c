"""Step 4, counts: people with an event from a percentage and its denominator (Handbook 6.4.2)."""

from __future__ import annotations

from decimal import Decimal

from kg.errors import NotPoolable
from kg.model.trialset import ArmResult
from kg.pooling.conversions.counts import events_from_percentage


def counted(result: ArmResult, *, allowed: bool = True) -> tuple[int | None, str | None, str | None]:
    """Return the people with an event, how they were derived where they were, and why there are none where so.

    A percentage gives a count only where one whole number alone is printed so, with as many decimals as it has.
    """
    if result.events is not None:
        return result.events, None, None
    if result.percentage is None:
        return None, None, None if result.episodes is None else "episodes are counted, not people with an event"
    if not allowed:
        return None, None, "a percentage is reported, and the protocol derives no counts from percentages"
    if result.total is None:
        return None, None, "a percentage is reported without its denominator"
    decimals = _decimals(result.percentage)
    try:
        events = events_from_percentage(result.percentage, result.total, decimals)
    except NotPoolable as refused:
        return None, None, str(refused)
    return events, f"events from {result.percentage:g} % of {result.total} (Handbook 6.4.2)", None


def _decimals(value: float) -> int:
    """Return how many decimals a number is printed with; a zero at its end is not kept, and so does not count."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)
