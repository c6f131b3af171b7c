"""Two sides of a contrast before anything is computed: results of arms, or an effect that a source reports."""

from __future__ import annotations

from dataclasses import dataclass

from kg.harmonise.arms import Comparison
from kg.harmonise.between_arms import Spread
from kg.harmonise.paired_table import PairedTable, table_of
from kg.iris import local
from kg.model.trialset import ArmResult, ReportedContrast

MEANS, COUNTS = ("MD", "SMD"), ("RR", "OR", "RD", "PETO")
"""Measures of means and of counts, among those that reported contrasts may have."""


@dataclass(frozen=True)
class Pair:
    """Results of both sides, or one reported contrast with the instrument that its source used for the outcome."""

    comparison: Comparison
    outcome: str
    experimental: tuple[ArmResult, ...] = ()
    control: tuple[ArmResult, ...] = ()
    contrast: ReportedContrast | None = None
    steps: tuple[str, ...] = ()
    spread: Spread | None = None
    instrument: str | None = None
    value_kind: str | None = None
    complete: bool = False

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms whose people the pair counts."""
        if self.contrast:
            return self.contrast.experimental, self.contrast.control
        return tuple(r.arm for r in self.results)

    @property
    def results(self) -> tuple[ArmResult, ...]:
        """The results of both sides; none of a reported contrast."""
        return *self.experimental, *self.control

    @property
    def table(self) -> PairedTable | None:
        """The paired table that its source reports, the experimental side of the comparison first."""
        table = table_of(self.contrast)
        return table.reversed if table and self.flipped else table

    @property
    def flipped(self) -> bool:
        """Whether its source reports the contrast the other way round."""
        experimental = {arm.arm for arm in self.comparison.experimental}
        return self.contrast is not None and self.contrast.experimental not in experimental

    @property
    def example(self) -> ArmResult | ReportedContrast:
        """A result of the pair, for what all of them share."""
        return self.contrast or self.experimental[0]


def kind(pair: Pair) -> bool | None:
    """Tell a pair of means (True) from one of counts (False); a reported contrast is told by its measure, if it can."""
    if pair.contrast:
        if table_of(pair.contrast) is not None:
            return False
        measure = local(pair.contrast.measure) if pair.contrast.measure else ""
        return {**dict.fromkeys(MEANS, True), **dict.fromkeys(COUNTS, False)}.get(measure)
    return pair.experimental[0].continuous
