"""Steps 3 and 5: one measure for all contrasts: on one scale, in one direction, final values and changes apart.

Handbook 6.5.1.2 (direction), 10.5.2 (final values and changes), 15.5.3.2 (scales).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kg.errors import NotPoolable
from kg.harmonise.contrast import Contrast
from kg.harmonise.pair import MEANS
from kg.harmonise.scales import orientation
from kg.iris import BASE, local
from kg.model.question import Question
from kg.model.trialset import TrialSet
from kg.protocol import Protocol

DIFFERENCE = BASE + "measure/MD"


def on_one_scale(
    question: Question, protocol: Protocol, found: TrialSet, contrasts: list[Contrast], *, continuous: bool
) -> tuple[str, list[Contrast], list[str]]:
    """Return the measure that contrasts are fit for, the contrasts aligned for it, and what is said of all of them.

    Rows as a review entered them stand on one scale and in one direction already.

    Raises NotPoolable where instruments, units or kinds of value cannot be put together, with what can be asked.
    """
    if not continuous:
        return question.measure or protocol.dichotomous, contrasts, []
    scale = protocol.outcome(local(found.outcomes[0])).scale
    several = _several(contrasts, scale)
    measure = question.measure or (protocol.continuous_on_several_instruments if several else protocol.continuous)
    if measure not in MEANS or protocol.as_entered:
        return measure, contrasts, []
    outcome = question.outcome.label
    if measure == "MD":
        if several:
            names = ", ".join(sorted({c.instrument.label for c in _measured(contrasts) if c.instrument}))
            raise NotPoolable(
                f"{len(contrasts)} trials report {outcome} on several instruments or scales ({names}); "
                "ask for --measure SMD, or name one with --instrument"
            )
        return measure, contrasts, _final_and_change(contrasts, protocol, outcome)
    if len(_kinds(contrasts)) > 1:
        raise NotPoolable(
            f"final values and changes from baseline of {outcome} cannot be mixed in an SMD (Handbook 10.5.2); "
            "ask for --measure MD"
        )
    lower, more = _direction(found, contrasts, outcome)
    return measure, [_aligned(c, lower, outcome, several=len(contrasts) > 1) for c in contrasts], more


def _final_and_change(contrasts: Sequence[Contrast], protocol: Protocol, outcome: str) -> list[str]:
    """Step 5: let final values and changes into one mean difference where the protocol allows it, and say so."""
    if len(_kinds(contrasts)) < 2:
        return []
    if not protocol.final_and_change_in_md:
        raise NotPoolable(
            f"final values and changes from baseline of {outcome} are not pooled "
            "without a protocol that allows it; name one with --protocol"
        )
    return ["final values and changes from baseline are pooled, as the protocol allows"]


def _kinds(contrasts: Sequence[Contrast]) -> set[str]:
    return {c.value_kind for c in contrasts if c.value_kind}


def _several(contrasts: Sequence[Contrast], scale: tuple[float, float] | None) -> bool:
    """Tell whether contrasts are on several instruments, instruments without a name, or units of one instrument."""
    measured = _measured(contrasts)
    units = {_unit(c, scale) for c in measured}
    unnamed = sum(1 for c in measured if c.instrument and c.instrument.unnamed)
    worded = {c.unit.casefold() for c in measured if c.unit and _unit(c, scale) != scale}
    return len(units) > 1 or unnamed > 1 or len(worded) > 1


def _measured(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """Return the contrasts on the scale of an instrument; a standardised difference as reported is on none."""
    return [c for c in contrasts if c.instrument and (not c.reported or c.reported.measure == DIFFERENCE)]


def _unit(contrast: Contrast, scale: tuple[float, float] | None) -> object:
    instrument = contrast.instrument
    assert instrument is not None
    known = scale is not None and instrument.minimum is not None and instrument.maximum is not None
    return scale if known else instrument.instrument


def _direction(found: TrialSet, contrasts: list[Contrast], outcome: str) -> tuple[bool, list[str]]:
    """Return whether lower is better on the common scale: as of the outcome, else as of all its instruments."""
    if found.lower_is_better is not None:
        return found.lower_is_better, []
    known = {c.instrument.lower_is_better for c in contrasts if c.instrument} - {None}
    if known == {True, False}:
        return True, [f"instruments of {outcome} run both ways; all are read so that lower is better"]
    return known != {False}, []


def _aligned(contrast: Contrast, lower: bool, outcome: str, *, several: bool) -> Contrast:
    """Return a contrast with its effect in the direction of the outcome.

    An effect reported without its instrument, or on one whose direction is unknown, says nothing of its direction: it
    stands alone, but is not pooled with others. Of arms such an instrument refuses the pool.
    """
    instrument = contrast.instrument
    way = orientation(instrument, lower) if instrument else None
    if way is None and contrast.reported:
        usable = contrast.reported.measure is not None and contrast.reported.estimate is not None
        if not several or not usable:
            return contrast
        why = "whether lower is better in the reported difference is not known, so it cannot be pooled with others"
        return replace(contrast, why_not=contrast.why_not or why, rules=contrast.rules | {"direction of contrasts"})
    if instrument is None:
        return contrast
    if way is None:
        raise NotPoolable(
            f"whether lower is better on {instrument.label} is not known, so {outcome} of {contrast.label} cannot be "
            "standardised; ask for --measure MD, or name another --instrument"
        )
    if way > 0:
        return contrast
    step = f"direction: {instrument.label} runs the other way, the effect is reversed"
    return replace(contrast, sign=-contrast.sign, steps=(*contrast.steps, step))
