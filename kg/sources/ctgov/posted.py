"""What a record posts as results: flow, outcome measures, adverse events; numbers are the digits as posted.

Groups of flow, outcomes and adverse events have ids of their own, which mean nothing to each other.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where in a record a thing stands: a pointer or path, and the line where the format has lines."""

    path: str
    line: int = 0


@dataclass(frozen=True)
class Group:
    """A group that results are reported for."""

    id: str
    title: str
    description: str | None
    place: Place


@dataclass(frozen=True)
class Count:
    """A number posted for a group."""

    group: str
    value: str


@dataclass(frozen=True)
class Milestone:
    """How many of each group reached a point of a period: ``STARTED``, ``COMPLETED`` or another."""

    type: str
    counts: tuple[Count, ...]


@dataclass(frozen=True)
class AtRisk:
    """People affected among those at risk in a group, and the episodes they had; absent is not zero."""

    group: str
    affected: str | None
    at_risk: str | None
    episodes: str | None
    place: Place


@dataclass(frozen=True)
class Withdrawal:
    """A reason for not completing a period, in words, and who of each group gave it."""

    reason: str
    counts: tuple[AtRisk, ...]


@dataclass(frozen=True)
class Period:
    """A period of the participant flow."""

    title: str
    milestones: tuple[Milestone, ...]
    withdrawals: tuple[Withdrawal, ...] = ()


@dataclass(frozen=True)
class Flow:
    """The participant flow: its groups and periods."""

    groups: tuple[Group, ...] = ()
    periods: tuple[Period, ...] = ()


@dataclass(frozen=True)
class Denominator:
    """How many units (people, eyes, ...) of each group were analysed."""

    units: str
    counts: tuple[Count, ...]


@dataclass(frozen=True)
class Measurement:
    """What a group reports in one cell."""

    group: str
    value: str
    spread: str | None
    lower: str | None
    upper: str | None
    comment: str | None
    place: Place


@dataclass(frozen=True)
class Category:
    """A category of a class; untitled where there is one."""

    title: str | None
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True)
class ResultClass:
    """A class of an outcome measure, which is a row of its table: a time point, a dose, a subscale, a subgroup."""

    title: str | None
    denominators: tuple[Denominator, ...]
    categories: tuple[Category, ...]


@dataclass(frozen=True)
class Analysis:
    """A statistical analysis of an outcome measure; which side is which stands in words only."""

    groups: tuple[str, ...]
    description: str | None
    comment: str | None
    p_value: str | None
    method: str | None
    parameter: str | None
    value: str | None
    dispersion: str | None
    dispersion_value: str | None
    level: str | None
    sides: str | None
    lower: str | None
    upper: str | None
    place: Place


@dataclass(frozen=True)
class Measure:
    """An outcome measure with its results; without ``parameter`` nothing was posted."""

    type: str | None
    title: str
    time_frame: str | None
    population: str | None
    unit: str | None
    parameter: str | None
    dispersion: str | None
    groups: tuple[Group, ...]
    denominators: tuple[Denominator, ...]
    classes: tuple[ResultClass, ...]
    analyses: tuple[Analysis, ...]
    place: Place


@dataclass(frozen=True)
class Baseline:
    """Characteristics of participants at the start: groups, the last often a total, and measures in their ids."""

    groups: tuple[Group, ...] = ()
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True)
class EventTerm:
    """An adverse event as worded, by group."""

    term: str
    organ_system: str | None
    serious: bool
    counts: tuple[AtRisk, ...]


@dataclass(frozen=True)
class AdverseEvents:
    """Adverse events: groups, what they had in all, and each term."""

    threshold: str | None = None
    time_frame: str | None = None
    groups: tuple[Group, ...] = ()
    serious: tuple[AtRisk, ...] = ()
    other: tuple[AtRisk, ...] = ()
    deaths: tuple[AtRisk, ...] = ()
    terms: tuple[EventTerm, ...] = ()
