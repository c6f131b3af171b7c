"""From contrasts to effects: one row of the table each, estimable or not and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kg.evidence.paired import paired_effect, table_effect
from kg.evidence.reported import quantile, reported_effect
from kg.harmonise.contrast import Contrast
from kg.harmonise.paired_table import MEASURES as OF_TABLES
from kg.model.answer import Displayed, Study
from kg.pooling import escalc
from kg.protocol import Protocol

RATIOS = ("RR", "OR", "PETO", "HR", "IRR", "ROM", "RATIO")
"""Measures that are pooled on the log scale and shown as ratios."""
_ODDS = ("OR", "PETO")


@dataclass(frozen=True)
class Effect:
    """The effect of one contrast on the analysis scale, or why it has none; ``columns`` are those of a 2x2 table."""

    contrast: Contrast
    yi: float | None
    vi: float | None
    why_not: str | None
    steps: tuple[str, ...] = ()
    columns: tuple[float, float, float, float] | None = None


def effects(contrasts: Sequence[Contrast], measure: str, protocol: Protocol) -> list[Effect]:
    """Return the effect of every contrast by a measure, with the protocol's rules for zero cells and SMD variance.

    Raises NotPoolable where figures are impossible.
    """
    several = len(contrasts) > 1 and not protocol.as_entered
    return [_effect(c, measure, protocol, several=several) for c in contrasts]


def _effect(contrast: Contrast, measure: str, protocol: Protocol, *, several: bool) -> Effect:
    if contrast.paired is not None and measure in OF_TABLES:
        return Effect(contrast, *table_effect(contrast.paired, measure, protocol.zero_cells))
    if contrast.reported:
        return Effect(contrast, *reported_effect(contrast, measure, ratio=measure in RATIOS, several=several))
    if contrast.why_not is not None:
        return Effect(contrast, None, None, contrast.why_not)
    if contrast.correlation is not None:
        return Effect(contrast, *paired_effect(contrast, measure, protocol.zero_cells))
    return _of_clusters(_computed(contrast, measure, protocol))


def _of_clusters(effect: Effect) -> Effect:
    """Return an effect with the precision that its clusters leave it: that of the effective sample size.

    The variance times the design effect is that of all counts divided by it, which are rounded where they are pooled
    themselves (Handbook 23.1.4).
    """
    by = effect.contrast.design_effect
    if by == 1 or effect.vi is None:
        return effect
    a, n1, c, n2 = (None,) * 4 if effect.columns is None else (round(x / by) for x in effect.columns)
    columns = None if a is None or n1 is None or c is None or n2 is None else (min(a, n1), n1, min(c, n2), n2)
    return replace(effect, vi=effect.vi * by, columns=columns)


def _computed(contrast: Contrast, measure: str, protocol: Protocol) -> Effect:
    left, right = contrast.experimental, contrast.control
    label = [contrast.label]
    if measure in ("MD", "SMD"):
        figures = (left.mean, left.sd, left.n, right.mean, right.sd, right.n)
        if None in figures:
            return Effect(contrast, None, None, _missing(("mean", "SD", "n") * 2, figures))
        m1, sd1, n1, m2, sd2, n2 = ([value] for value in figures)
        found = escalc(
            measure,
            study=label,
            m1i=m1,
            sd1i=sd1,
            n1i=n1,
            m2i=m2,
            sd2i=sd2,
            n2i=n2,
            vtype=protocol.smd_variance if measure == "SMD" else "LS",
        )
        steps = (f"effect: Hedges' g with {protocol.smd_variance} variance",) if measure == "SMD" else ()
        return Effect(contrast, contrast.sign * float(found.yi[0]), float(found.vi[0]), None, steps)
    counts = (left.events, left.total, right.events, right.total)
    if None in counts:
        return Effect(contrast, None, None, _missing(("events", "total") * 2, counts))
    a, n1_, c, n2_ = (float(value) for value in counts if value is not None)
    if measure in RATIOS:
        if a + c == 0:
            return Effect(contrast, None, None, "no event in either arm (Handbook 10.4.4.1)")
        if a == n1_ and c == n2_ and (measure in _ODDS or protocol.double_zero == "either"):
            what = "an odds ratio" if measure in _ODDS else "a ratio, by the protocol"
            return Effect(contrast, None, None, f"an event in everybody: it says nothing of {what}")
    adds = protocol.zero_cells if measure != "PETO" else 0.0
    found = escalc(
        measure,
        study=label,
        ai=[a],
        n1i=[n1_],
        ci=[c],
        n2i=[n2_],
        add=adds,
        to="only0" if adds else "none",
        vtype=protocol.counts_variance if measure in ("RR", "RD") else "LS",
    )
    if not found.estimable[0]:
        return Effect(contrast, None, None, found.why_not.get(0, "its variance is zero"), (), (a, n1_, c, n2_))
    zero = adds and 0 in (a, c, n1_ - a, n2_ - c)
    steps = (f"zero cell: {protocol.zero_cells:g} added to every cell (Handbook 10.4.4.2)",) if zero else ()
    return Effect(contrast, float(found.yi[0]), float(found.vi[0]), None, steps, (a, n1_, c, n2_))


def _missing(names: Sequence[str], figures: Sequence[float | None]) -> str:
    absent = dict.fromkeys(name for name, value in zip(names, figures, strict=True) if value is None)
    return f"not reported: {', '.join(absent)}"


def study(effect: Effect, weight: float | None, measure: str, level: float = 95.0) -> Study:
    """Return the row of the table that shows an effect, with an interval of a level in percent."""
    contrast = effect.contrast
    ci = displayed = None
    if effect.yi is not None and effect.vi is not None:
        half = quantile(level) * math.sqrt(effect.vi)
        ci = (effect.yi - half, effect.yi + half)
        displayed = shown(effect.yi, ci, measure)
    warnings = contrast.warnings if effect.why_not is None else (*contrast.warnings, f"not estimable: {effect.why_not}")
    return Study(
        trial=contrast.trial.trial,
        stratum=contrast.stratum,
        label=contrast.label,
        year=contrast.trial.year,
        experimental=contrast.experimental,
        control=contrast.control,
        yi=effect.yi,
        vi=effect.vi,
        ci=ci,
        display=displayed,
        weight=weight,
        estimable=effect.why_not is None,
        steps=(*contrast.steps, *effect.steps),
        warnings=warnings,
    )


def shown(
    estimate: float, ci: tuple[float, float], measure: str, prediction: tuple[float, float] | None = None
) -> Displayed:
    """Return an estimate as a reader expects it: ratios back from the log scale."""
    if measure not in RATIOS:
        return Displayed(estimate, ci, prediction)
    return Displayed(
        math.exp(estimate),
        (math.exp(ci[0]), math.exp(ci[1])),
        (math.exp(prediction[0]), math.exp(prediction[1])) if prediction else None,
    )
