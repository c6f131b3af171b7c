"""Statistical analyses of two groups as contrasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from kg.model.records import ContrastResult, Words
from kg.sources.ctgov.arms import Arms
from kg.sources.ctgov.cells import Cell, cells
from kg.sources.ctgov.codes import code
from kg.sources.ctgov.direction import Side, fitting, verified
from kg.sources.ctgov.frame import SOURCE, Frame
from kg.sources.ctgov.numbers import number, p_value
from kg.sources.ctgov.posted import Analysis, Measure

_STANDARD_ERRORS = {"STANDARD_ERROR_OF_MEAN", "STANDARD_ERROR_OF_THE_MEAN", "STANDARD_ERROR"}
_SIDES = {"TWO_SIDED": 2, "ONE_SIDED": 1, "2_SIDED": 2, "1_SIDED": 1}


@dataclass(frozen=True)
class Contrasts:
    """Writes the analyses of one record that compare two arms."""

    frame: Frame
    arms: Arms
    numbers: Iterator[int]
    crossover: bool

    def rows(self, measure: Measure) -> Iterator[ContrastResult]:
        """Yield the contrasts of a measure; an analysis of more or fewer groups than two compares no two arms."""
        arms = self.arms.by_group(measure.groups)
        found = list(cells(measure, crossover=self.crossover))
        for analysis in measure.analyses:
            sides = [arms[group] for group in analysis.groups if group in arms]
            says_something = number(analysis.value) is not None or analysis.p_value
            if len(analysis.groups) == 2 == len(set(sides)) and says_something:
                yield self._row(measure, analysis, found, sides)

    def _row(self, measure: Measure, analysis: Analysis, found: list[Cell], sides: list[str]) -> ContrastResult:
        about = fitting(analysis, found)
        known = verified(analysis, measure, about)
        cell = known.cell if known else about[0] if _one_outcome(about) else None
        experimental, control = reversed(sides) if known and known.side is Side.SECOND_LESS_FIRST else sides
        outcome = cell.outcome if cell else measure.title
        estimate, low, high = number(analysis.value), number(analysis.lower), number(analysis.upper)
        both = low is not None and high is not None and estimate is not None
        p = p_value(analysis.p_value)
        se = _standard_error(analysis)
        return ContrastResult(
            **self.frame.stated(analysis.place),
            number=next(self.numbers),
            experimental_arm=experimental,
            control_arm=control,
            outcome=Words("outcome", outcome, (), SOURCE),
            outcome_text=outcome,
            timepoint_text=cell.timepoint_text if cell else measure.time_frame,
            measure=known.measure if known else None,
            measure_text=_measure_text(analysis, estimate),
            direction_text=None if known else _direction(analysis, measure),
            estimate=estimate,
            se=se,
            ci_low=low if both else None,
            ci_high=high if both else None,
            ci_level=number(analysis.level) if both else None,
            sided=_SIDES.get(code(analysis.sides) or ""),
            p_relation=p[0] if p else None,
            p_value=p[1] if p else None,
            p_text=analysis.p_value,
            method_text=analysis.method,
            not_reported=_gaps(estimate, se, known_interval=both),
            basis="the side of the contrast follows from the figures of the two arms" if known else None,
            note=_note(analysis, se),
        )


def _one_outcome(found: list[Cell]) -> bool:
    return len({(cell.outcome, cell.timepoint_text) for cell in found}) == 1


def _measure_text(analysis: Analysis, estimate: Decimal | None) -> str | None:
    return analysis.parameter or ("an estimate of unnamed kind" if estimate is not None else None)


def _direction(analysis: Analysis, measure: Measure) -> str:
    titles = {group.id: group.title for group in measure.groups}
    listed = ", ".join(titles[group] for group in analysis.groups)
    words = " ".join(filter(None, (analysis.description, analysis.comment)))
    return f"groups as listed: {listed}; which is compared with which is not verified by their figures. {words}".strip()


def _standard_error(analysis: Analysis) -> Decimal | None:
    """Return the standard error of an estimate; that of a ratio may be on either scale, and is left in the note."""
    if code(analysis.dispersion) not in _STANDARD_ERRORS or "ratio" in (analysis.parameter or "").casefold():
        return None
    return number(analysis.dispersion_value) or None


def _note(analysis: Analysis, se: Decimal | None) -> str | None:
    spread = f"{analysis.dispersion} {analysis.dispersion_value}." if analysis.dispersion_value and se is None else None
    return " ".join(filter(None, (analysis.description, analysis.comment, spread))) or None


def _gaps(estimate: Decimal | None, se: Decimal | None, *, known_interval: bool) -> tuple[str, ...]:
    if estimate is None:
        return ("estimate",)
    return () if known_interval or se is not None else ("se",)
