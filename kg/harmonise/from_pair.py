"""From a pair of results to a contrast: figures on the common scale, with everything that was done and is doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kg.harmonise import account, clusters, crossover, paired_table, shared_controls
from kg.harmonise.choice import Chosen
from kg.harmonise.contrast import Contrast
from kg.harmonise.pair import Pair
from kg.harmonise.scales import SAME, Rescaling, rescaling
from kg.harmonise.sides import Sided, contrast_side, side
from kg.iris import local
from kg.model.trialset import TrialSet
from kg.protocol import Protocol

OF_CONTRASTS = "instrument of contrasts"


def contrast_of(one: Chosen, found: TrialSet, protocol: Protocol) -> Contrast:
    """Return the contrast that the pair chosen for a comparison gives, by the rules of steps 3, 4, 6 and 7."""
    pair, trial = one.pair, one.pair.comparison.trial
    reported = pair.contrast is not None
    instrument = found.instruments[pair.instrument] if pair.instrument is not None else None
    scale = protocol.outcome(local(found.outcomes[0])).scale
    to_scale = (rescaling(instrument, scale) if instrument else None) or SAME
    left, right, sign, told = _sides(pair, to_scale, protocol)
    whole = right.side
    if not reported:
        right = replace(right, side=shared_controls.divided(right.side, *one.part))
    correlation, unusable = crossover.pairing(pair.experimental, pair.control, protocol)
    cluster = clusters.clustering(trial, protocol)
    periods = paired_table.told(pair.table) if pair.table else crossover.told(trial, pair.results, correlation)
    design = periods or cluster.step
    steps = [
        *one.steps,
        *([to_scale.step] if to_scale.step else []),
        *told,
        *([f"crossover: {periods}"] if periods else []),
        *([f"cluster: {cluster.step}"] if cluster.step else []),
        *(f"{w}: {what}" for w, s in (("experimental", left), ("control", right)) for what in s.side.derived),
    ]
    about = [trial.trial, left.side.arm, right.side.arm, *_used(pair)]
    doubts = (
        *one.warnings,
        *left.warnings,
        *right.warnings,
        *(
            []
            if pair.table
            else crossover.doubts(trial, pair.results, correlation, reported=reported and pair.complete)
        ),
        *([cluster.warning] if cluster.warning else []),
    )
    made = Contrast(
        comparison=pair.comparison,
        experimental=left.side,
        control=right.side,
        instrument=instrument,
        value_kind=pair.value_kind,
        reported=pair.contrast,
        steps=tuple(steps),
        warnings=tuple(dict.fromkeys([d for thing in about for d in found.doubts.get(thing, ())] + [*doubts])),
        sign=sign,
        factor=to_scale.factor,
        correlation=correlation,
        paired=pair.table,
        undivided=whole if right.side is not whole else None,
        same_people=pair.table is not None or crossover.same_people(pair.results),
        design_effect=cluster.design_effect,
        unit=pair.experimental[0].unit if pair.experimental else None,
        rules=left.rules | right.rules | _rules(pair, instrument is not None),
        why_not=left.why_not or right.why_not or unusable,
    )
    return replace(made, account=account.of_contrast(made, pair, found, protocol, design))


def _sides(pair: Pair, to_scale: Rescaling, protocol: Protocol) -> tuple[Sided, Sided, float, list[str]]:
    if pair.contrast is None:
        left, right = (side(results, to_scale, protocol, pair.spread) for results in (pair.experimental, pair.control))
        return left, right, 1.0, []
    flipped = pair.flipped
    ends = [pair.contrast.experimental, pair.contrast.control]
    left, right = (Sided(contrast_side(pair.contrast, arm)) for arm in (reversed(ends) if flipped else ends))
    said = "contrast: as reported" + (", reversed (sign and interval)" if flipped else "")
    return left, right, -1.0 if flipped else 1.0, [said]


def _rules(pair: Pair, measured: bool) -> set[str]:
    if pair.table is not None:
        return {paired_table.RULE}
    return {OF_CONTRASTS} if pair.contrast and measured and pair.complete else set()


def _used(pair: Pair) -> Sequence[str]:
    return [pair.contrast.contrast] if pair.contrast else [r.result for r in pair.results]
