"""What was derived in an answer: the rules that are part of its id, and step 10, what was done about zero cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kg.evidence.effects import Effect
from kg.evidence.reported import FROM_P
from kg.harmonise.account import ZERO_CELLS, counted, line


def rules_used(effects: Sequence[Effect]) -> dict[str, Any]:
    """Return the rules by which figures were derived that the method of earlier answers did not have.

    They are part of the id of the answers that use them, and of no other: those keep the id that they had.
    """
    used = {rule for e in effects for rule in e.contrast.rules}
    used |= {FROM_P for e in effects if any(step.startswith(FROM_P) for step in e.steps)}
    return {"rules": sorted(used)} if used else {}


def zero_cells(effects: Sequence[Effect]) -> str:
    """Return the line of step 10: which counts had a zero cell, and what was done (Handbook 10.4.4)."""
    return line(ZERO_CELLS, counted([_of_one(e) for e in effects]))


def _of_one(effect: Effect) -> str | None:
    left, right = effect.contrast.experimental, effect.contrast.control
    if None in (left.events, left.total, right.events, right.total):
        return None
    if effect.why_not is not None:
        return f"not estimable: {effect.why_not}"
    return next((step.removeprefix("zero cell: ") for step in effect.steps if step.startswith("zero cell")), "none")
