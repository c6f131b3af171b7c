"""A trial set as read back from the graph: facts of trials, arms and results, by IRI."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

OfTrial = TypeVar("OfTrial", "ArmFacts", "ArmResult", "ReportedContrast")


@dataclass(frozen=True)
class TrialFacts:
    """Identity, design and conditions of a trial."""

    trial: str
    type: str
    label: str
    year: int | None
    design: str | None
    conditions: frozenset[str] = frozenset()
    analysed_as: str | None = None
    randomised: int | None = None
    enrolled: int | None = None
    completed_on: str | None = None
    icc: float | None = None
    mean_cluster_size: float | None = None
    registrations: frozenset[str] = frozenset()
    doi: str | None = None
    pmid: str | None = None
    shares_control_with: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ArmFacts:
    """An arm: what was studied in it, over which background, by which route, in which stratum."""

    trial: str
    arm: str
    label: str
    role: str
    studied: str | None
    route: str | None
    stratum: str | None
    background: frozenset[str] = frozenset()
    add_on: frozenset[str] = frozenset()
    combines: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    dose: str | None = None
    dose_value: float | None = None
    dose_unit: str | None = None
    randomised: int | None = None
    started: int | None = None
    analysed: int | None = None


@dataclass(frozen=True)
class ArmResult:
    """What one arm reports for one outcome at one time, as published."""

    trial: str
    outcome: str
    result: str
    arm: str
    instrument: str | None
    band: str | None
    timepoint: str | None
    days: float | None
    period: str | None
    value_kind: str | None
    events: int | None
    total: int | None
    n: int | None
    mean: float | None
    sd: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    median: float | None
    q1: float | None
    q3: float | None
    source: str
    locator: str
    source_kind: str
    denominator: str | None = None
    class_text: str | None = None
    category_text: str | None = None
    percentage: float | None = None
    episodes: int | None = None
    statistic: str | None = None
    unit: str | None = None
    ci_level: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    geometric_mean: float | None = None
    geometric_cv: float | None = None
    number_value: float | None = None

    @property
    def record(self) -> tuple[str, str]:
        """Return source and id of the record that states the result, as its IRI says them."""
        source, record_id, _number = self.result.rsplit("/", 3)[1:]
        return source, record_id

    @property
    def continuous(self) -> bool:
        """Tell a mean from a count."""
        return self.instrument is not None


@dataclass(frozen=True)
class ReportedContrast:
    """A between-arm comparison that a trial reports."""

    trial: str
    outcome: str
    contrast: str
    experimental: str
    control: str
    measure: str | None
    band: str | None
    timepoint: str | None
    estimate: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    p_text: str | None
    source: str
    locator: str
    source_kind: str
    ci_level: float | None = None
    sided: int | None = None
    p_relation: str | None = None
    p_value: float | None = None
    observed_minus_expected: float | None = None
    variance: float | None = None
    measure_text: str | None = None
    method_text: str | None = None
    event_on_both: int | None = None
    event_on_experimental_only: int | None = None
    event_on_control_only: int | None = None
    event_on_neither: int | None = None

    @property
    def record(self) -> tuple[str, str]:
        """Return source and id of the record that states the contrast, as its IRI says them."""
        source, record_id, _number = self.contrast.rsplit("/", 3)[1:]
        return source, record_id


@dataclass(frozen=True)
class InstrumentFacts:
    """Range and direction of an instrument; an unknown direction stays unknown."""

    instrument: str
    label: str
    minimum: float | None
    maximum: float | None
    lower_is_better: bool | None
    unnamed: bool


@dataclass(frozen=True)
class Sides:
    """The arms that were chosen, by IRI, to stand on each side, whatever was studied in them."""

    experimental: frozenset[str]
    control: frozenset[str]


@dataclass(frozen=True)
class TrialSet:
    """Everything that a question's answer is made from, before any rule is applied."""

    trials: dict[str, TrialFacts]
    arms: dict[str, ArmFacts]
    results: tuple[ArmResult, ...]
    contrasts: tuple[ReportedContrast, ...]
    instruments: dict[str, InstrumentFacts]
    doubts: dict[str, tuple[str, ...]]
    included: frozenset[str] | None
    out_of_scope: frozenset[str]
    intervention: frozenset[str]
    comparator: frozenset[str]
    outcomes: tuple[str, ...]
    condition: frozenset[str] | None
    lower_is_better: bool | None
    sides: Sides | None = None
    """Where arms were chosen one by one; else the sides are known by what was studied."""

    @cached_property
    def arms_by_trial(self) -> dict[str, list[ArmFacts]]:
        """The arms of each trial."""
        return _by_trial(self.arms.values())

    @cached_property
    def results_by_trial(self) -> dict[str, list[ArmResult]]:
        """The results of each trial, in order."""
        return _by_trial(self.results)

    @cached_property
    def contrasts_by_trial(self) -> dict[str, list[ReportedContrast]]:
        """The reported contrasts of each trial, in order."""
        return _by_trial(self.contrasts)


def _by_trial(things: Iterable[OfTrial]) -> dict[str, list[OfTrial]]:
    found: dict[str, list[OfTrial]] = {}
    for thing in things:
        found.setdefault(thing.trial, []).append(thing)
    return found
