"""A review as its files tell it, whatever their dialect: studies, analyses with settings, rows, published numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from kg.model.records import Origin

Kind = Literal["dichotomous", "continuous", "giv", "oe"]
"""What a row holds: counts, means, an estimate with its standard error, or observed minus expected and its variance."""
Totals = Literal["all", "total", "subgroups", "none"]
"""Which pools an analysis shows: those of subgroups and the total, the total alone, those of subgroups alone, none."""
Counts = Literal["both", "subgroup", "total"]
"""Where a row counts: in its subgroup and in the total, or in one of the two."""


@dataclass(frozen=True)
class Settings:
    """How an analysis is pooled, in the codes of a protocol; ``words`` is the measure as the file words it."""

    measure: str
    method: str
    ci: str = "wald"
    ci_level: float = 95.0
    study_ci_level: float = 95.0
    totals: Totals = "all"
    swapped: bool = False
    words: str | None = None
    basis: str | None = None


@dataclass(frozen=True)
class Side:
    """The figures of one side of a row; which are given depends on the kind of the row."""

    events: int | None = None
    total: int | None = None
    mean: Decimal | None = None
    sd: Decimal | None = None


NO_FIGURES = Side()


@dataclass(frozen=True)
class DataRow:
    """One study in one analysis, once; ``estimate`` and ``se`` of a ratio are on the natural-log scale."""

    study: str
    origin: Origin
    kind: Kind
    experimental: Side = NO_FIGURES
    control: Side = NO_FIGURES
    estimate: Decimal | None = None
    se: Decimal | None = None
    observed_minus_expected: Decimal | None = None
    variance: Decimal | None = None
    weight: Decimal | None = None
    subgroup: str | None = None
    counts: Counts = "both"


@dataclass(frozen=True)
class PooledValue:
    """A pooled value of the file, of a subgroup or (``subgroup`` absent) of the whole; ratios as ratios."""

    origin: Origin
    subgroup: str | None
    estimate: Decimal
    ci_low: Decimal | None
    ci_high: Decimal | None
    studies: int | None = None
    participants: int | None = None
    i2: Decimal | None = None
    tau2: Decimal | None = None
    q: Decimal | None = None
    p_value: Decimal | None = None


@dataclass(frozen=True)
class Outcome:
    """An analysis: outcome ``number`` (a text: 1.1 and 1.10 differ) of a comparison, its settings, rows and values.

    ``of_arms`` says that its figures are those of the arms of ``ReviewOf.arm_rows`` for the outcome of its name.
    """

    number: str
    comparison: str
    name: str
    origin: Origin
    settings: Settings
    experimental: str | None = None
    control: str | None = None
    subgroups: tuple[str, ...] = ()
    rows: tuple[DataRow, ...] = ()
    values: tuple[PooledValue, ...] = ()
    of_arms: bool = False


@dataclass(frozen=True)
class Judged:
    """A judgement of risk of bias in the words of the file; ``outcome`` is the number of an analysis."""

    origin: Origin
    domain: str
    rating: str
    outcome: str | None = None


@dataclass(frozen=True)
class ArmOf:
    """An arm as a study has it, and the intervention of the review that it is one of."""

    study: str
    name: str
    intervention: str
    origin: Origin
    description: str = ""


@dataclass(frozen=True)
class ArmRow:
    """What one arm of a study reports for an outcome, or its difference from a reference arm (a contrast).

    Estimate and limits of a contrast are those of ``measure``, ratios as ratios, ``se`` on the scale of the analysis.
    """

    study: str
    origin: Origin
    outcome: str
    arm: str
    reference: str | None = None
    kind: Literal["dichotomous", "continuous", "contrast"] = "dichotomous"
    events: int | None = None
    total: int | None = None
    mean: Decimal | None = None
    sd: Decimal | None = None
    se: Decimal | None = None
    ci_low: Decimal | None = None
    ci_high: Decimal | None = None
    ci_level: Decimal | None = None
    measure: str | None = None
    estimate: Decimal | None = None
    words: str | None = None


@dataclass(frozen=True)
class StudyOf:
    """A study that the review includes, by its name there."""

    name: str
    origin: Origin
    year: str | None = None
    judged: tuple[Judged, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A row that could not be read, and why."""

    place: str
    message: str


@dataclass(frozen=True)
class ReviewOf:
    """A review: what it is called, what it includes, and everything that was analysed.

    ``identifier`` is what the file calls it, ``texts`` are analyses in words alone, ``faults`` rows that could not be
    read. ``arms`` and ``arm_rows`` are there where a file tells the arms of studies; ``by_metafor`` says that ratios
    with zero cells follow metafor, not RevMan.
    """

    identifier: str
    title: str
    origin: Origin
    doi: str | None = None
    studies: tuple[StudyOf, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    comparisons: dict[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    arms: tuple[ArmOf, ...] = ()
    arm_rows: tuple[ArmRow, ...] = ()
    by_metafor: bool = False
