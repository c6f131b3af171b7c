"""Effects that sources report between arms: which are of a comparison, on which instrument, with what precision."""

from __future__ import annotations

from kg.harmonise import between_arms, timepoints
from kg.harmonise.arms import Comparison
from kg.harmonise.pair import MEANS, Pair
from kg.harmonise.paired_table import MEASURES as OF_TABLES
from kg.harmonise.paired_table import table_of
from kg.iris import local
from kg.model.question import Question
from kg.model.trialset import ReportedContrast, TrialSet
from kg.protocol import Protocol


def reported_pairs(
    comparison: Comparison, found: TrialSet, question: Question, protocol: Protocol, reasons: list[str]
) -> list[Pair]:
    """Return the contrasts that sources report of arms of a comparison; why others do not fit goes to ``reasons``."""
    left, right = {a.arm for a in comparison.experimental}, {a.arm for a in comparison.control}
    made = []
    for contrast in found.contrasts_by_trial.get(comparison.trial.trial, ()):
        sides = {contrast.experimental, contrast.control}
        alike = len({found.arms[arm].background for arm in sides if arm in found.arms}) == 1
        if len(sides & left) != 1 or len(sides & right) != 1 or not alike:
            continue
        instrument, value_kind = _measured_on(contrast, found)
        if reason := timepoints.other_time(contrast, question, protocol):
            reasons.append(reason)
        elif question.instrument is None or question.instrument.iri == instrument:
            made.append(
                Pair(
                    comparison,
                    contrast.outcome,
                    contrast=contrast,
                    instrument=instrument,
                    value_kind=value_kind,
                    complete=has_table(contrast, question.measure)
                    or (has_effect(contrast) and question.measure in (None, local(contrast.measure or ""))),
                )
            )
    return made


def has_table(contrast: ReportedContrast, measure: str | None) -> bool:
    """Tell whether a contrast has a paired table, and that gives the measure asked for, if one is."""
    return table_of(contrast) is not None and measure in (None, *OF_TABLES)


def has_effect(contrast: ReportedContrast) -> bool:
    """Tell whether a contrast has an effect with its precision: standard error, interval, exact p, or O - E and V."""
    if contrast.observed_minus_expected is not None and contrast.variance is not None:
        return True
    if contrast.estimate is None:
        return False
    bounds = [b for b in (contrast.ci_low, contrast.ci_high) if b is not None]
    one_sided = contrast.sided == 1 and len(bounds) == 1
    return contrast.se is not None or len(bounds) == 2 or one_sided or between_arms.two_sided(contrast) is not None


def _measured_on(contrast: ReportedContrast, found: TrialSet) -> tuple[str | None, str | None]:
    """Return instrument and kind of value by which the source of a contrast reports its outcome, where there is one.

    A contrast names neither: both are known only where all the arms of its own record say the same.
    """
    if contrast.measure is None or local(contrast.measure) not in MEANS or not has_effect(contrast):
        return None, None
    results = found.results_by_trial.get(contrast.trial, ())
    own = [r for r in results if r.record == contrast.record and r.outcome == contrast.outcome and r.continuous]
    instruments, kinds = {r.instrument for r in own}, {r.value_kind for r in own}
    return instruments.pop() if len(instruments) == 1 else None, kinds.pop() if len(kinds) == 1 else None
