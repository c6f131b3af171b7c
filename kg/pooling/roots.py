"""Roots of functions of tau2 that pass from positive to negative, for many analyses at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kg.errors import NotConverged
from kg.pooling.studies import Studies, single

Step = Callable[[Studies, Any, Any], tuple[Any, Any]]
"""At (studies, tau2, target): a value that is positive below the root, and the Newton step from tau2."""

MAX_STEPS = 200
NEWTON_STEPS = 25
"""From then on every bracket is halved, so that no cycle of Newton steps can last."""
SETTLED = 1e-8
"""A Newton step this small, relative to where it leads, leaves an error of about its square."""


def solve(step: Step, studies: Studies, target: Any, low: Any, high: Any, start: Any) -> Any:
    """Return the tau2 of each analysis between ``low`` (value >= 0) and ``high`` (value <= 0) where the value is 0.

    Newton's method, kept inside the bracket that the sign of the value gives; where it leaves the bracket, the bracket
    is halved. Analyses that have settled leave the active set. One analysis may be given by numbers instead of arrays.
    Raises NotConverged after 200 steps.
    """
    if not isinstance(low, np.ndarray):
        return _solve_one(step, studies, target, low, high, start) if high > low else low
    if low.size == 1:
        return np.array([solve(step, single(studies), target[0], low[0], high[0], start[0])])
    root = np.array(low)
    active = np.flatnonzero(high > low)
    if not active.size:
        return root
    here = studies if active.size == root.size else studies.take(active)
    a, b, t, goal = low[active], high[active], start[active], target[active]
    for count in range(MAX_STEPS):
        value, newton = step(here, t, goal)
        above = value > 0
        a, b = np.where(above, t, a), np.where(above, b, t)
        new = t + newton
        inside = (new >= a) & (new <= b)
        settled = np.abs(newton) <= SETTLED * new
        if count >= NEWTON_STEPS or not inside.all():
            settled = np.where(inside, settled, b - a <= 4e-16 * b)
            new = np.where(inside & (settled | (count < NEWTON_STEPS)), new, _middle(a, b, here))
        if settled.all():
            root[active] = new
            return root
        if settled.any():
            root[active[settled]] = new[settled]
            keep = ~settled
            active, here = active[keep], here.where(keep)
            a, b, goal, new = a[keep], b[keep], goal[keep], new[keep]
        t = new
    raise _unsettled(active.size, target.size)


def _solve_one(step: Step, studies: Studies, target: Any, a: Any, b: Any, t: Any) -> Any:
    """Return the root of one analysis: the same steps as in a batch, on numbers, so the same bits."""
    for count in range(MAX_STEPS):
        value, newton = step(studies, t, target)
        a, b = (t, b) if value > 0 else (a, t)
        new = t + newton
        inside = a <= new <= b
        settled = abs(newton) <= SETTLED * new
        if count >= NEWTON_STEPS or not inside:
            settled = settled if inside else b - a <= 4e-16 * b
            if not (inside and (settled or count < NEWTON_STEPS)):
                new = _middle(a, b, studies)
        if settled:
            return new
        t = new
    raise _unsettled(1, 1)


def _unsettled(left: int, of: int) -> NotConverged:
    return NotConverged(
        f"the search for tau2 did not settle in {MAX_STEPS} steps ({left} of {of} analyses); "
        "use a closed-form estimator (DL, HE, SJ)"
    )


def _middle(low: Any, high: Any, studies: Studies) -> Any:
    """Halve a bracket on the scale on which tau2 matters: the logarithm of tau2 plus the smallest variance."""
    least = studies.firsts(studies.v)
    return np.clip(np.sqrt((low + least) * (high + least)) - least, low, high)
