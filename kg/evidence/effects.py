"""From contrasts to effects: one row of the table each, estimable or not and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kg.harmonise.contrasts import Contrast
from kg.iris import local
from kg.model.answer import Displayed, Study
from kg.pooling import escalc
from kg.protocol import Protocol

RATIOS = ("RR", "OR")
Z975 = 1.959963984540054


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
    several = len(contrasts) > 1
    return [
        _reported(c, measure, several=several) if c.reported else _computed(c, measure, protocol) for c in contrasts
    ]


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
        if a == n1_ and c == n2_ and measure == "OR":
            return Effect(contrast, None, None, "an event in everybody: it says nothing of an odds ratio")
    found = escalc(
        measure,
        study=label,
        ai=[a],
        n1i=[n1_],
        ci=[c],
        n2i=[n2_],
        add=protocol.zero_cells,
        to="only0" if protocol.zero_cells else "none",
    )
    if not found.estimable[0]:
        return Effect(contrast, None, None, found.why_not.get(0, "its variance is zero"), (), (a, n1_, c, n2_))
    zero = protocol.zero_cells and 0 in (a, c, n1_ - a, n2_ - c)
    steps = (f"zero cell: {protocol.zero_cells:g} added to every cell (Handbook 10.4.4.2)",) if zero else ()
    return Effect(contrast, float(found.yi[0]), float(found.vi[0]), None, steps, (a, n1_, c, n2_))


def _reported(contrast: Contrast, measure: str, *, several: bool) -> Effect:
    reported = contrast.reported
    assert reported is not None
    if reported.measure is None or local(reported.measure) != measure:
        said = f"only a p value ({reported.p_text}) is reported" if reported.p_text else "no effect is reported"
        if reported.measure is not None and reported.estimate is not None:
            said = f"a {local(reported.measure)} is reported, which is not a {measure}"
        return Effect(contrast, None, None, said)
    ratio = measure in RATIOS
    if reported.estimate is None:
        return Effect(contrast, None, None, f"only a p value ({reported.p_text}) is reported")
    if measure == "MD" and several:
        why = "the scale of the reported difference is not stated, so it cannot be pooled"
        return Effect(contrast, None, None, why)
    se: float | None = reported.se
    steps: tuple[str, ...] = ("effect: as reported by the trial",)

    def scale(x: float) -> float:
        return math.log(x) if ratio else x

    if se is None and reported.ci_low is not None and reported.ci_high is not None:
        se = (scale(reported.ci_high) - scale(reported.ci_low)) / (2 * Z975)
        steps = (*steps, "standard error from the 95 % interval (Handbook 6.3.1)")
    if se is None or se <= 0:
        return Effect(contrast, None, None, "the effect is reported without a standard error or interval")
    return Effect(contrast, contrast.sign * scale(reported.estimate), se**2, None, steps)


def _missing(names: Sequence[str], figures: Sequence[float | None]) -> str:
    absent = dict.fromkeys(name for name, value in zip(names, figures, strict=True) if value is None)
    return f"not reported: {', '.join(absent)}"


def study(effect: Effect, weight: float | None, measure: str) -> Study:
    """Return the row of the table that shows an effect."""
    contrast = effect.contrast
    ci = displayed = None
    if effect.yi is not None and effect.vi is not None:
        half = Z975 * math.sqrt(effect.vi)
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
