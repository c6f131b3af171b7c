"""What harmonising gives: two sides ready for an effect, and all contrasts of a question with what was left out."""

from __future__ import annotations

from dataclasses import dataclass, field

from kg.harmonise.arms import Comparison
from kg.harmonise.paired_table import PairedTable
from kg.model.answer import Excluded, Side
from kg.model.trialset import InstrumentFacts, ReportedContrast, TrialFacts


@dataclass(frozen=True)
class Contrast:
    """Two sides, experimental against control, ready for an effect; or why there can be none.

    ``factor`` brings a reported difference to the common scale, ``sign`` its direction and side; ``correlation`` is
    that of a paired analysis, ``paired`` its table; ``undivided`` is the control before it was divided;
    ``same_people``: both sides are the same people; ``design_effect`` is that of clusters; ``rules`` are the
    derivations in it; ``account`` says for each step what it did here.
    """

    comparison: Comparison
    experimental: Side
    control: Side
    instrument: InstrumentFacts | None
    value_kind: str | None
    reported: ReportedContrast | None
    steps: tuple[str, ...]
    warnings: tuple[str, ...]
    sign: float = 1.0
    factor: float = 1.0
    correlation: float | None = None
    paired: PairedTable | None = None
    undivided: Side | None = None
    same_people: bool = False
    design_effect: float = 1.0
    unit: str | None = None
    rules: frozenset[str] = frozenset()
    why_not: str | None = None
    account: dict[str, str] = field(default_factory=dict, compare=False, hash=False)

    @property
    def trial(self) -> TrialFacts:
        """The trial."""
        return self.comparison.trial

    @property
    def is_paired(self) -> bool:
        """Whether it is analysed as of the same people, by their table or by a correlation."""
        return self.paired is not None or self.correlation is not None

    @property
    def stratum(self) -> str | None:
        """The stratum of the trial, where it has strata."""
        return self.comparison.stratum

    @property
    def label(self) -> str:
        """The label of the study in tables and plots."""
        return self.comparison.label


@dataclass(frozen=True)
class Harmonised:
    """The contrasts of a question with the measure they are fit for, and everything that was left out."""

    measure: str
    contrasts: tuple[Contrast, ...]
    excluded: tuple[Excluded, ...]
    eligible: int
    warnings: tuple[str, ...]
    steps: tuple[str, ...] = ()
