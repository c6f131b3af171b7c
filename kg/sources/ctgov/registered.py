"""One record of ClinicalTrials.gov as the registry states it, whatever file format it came in.

Codes are those of the API: ``RANDOMIZED``, ``PLACEBO_COMPARATOR``, ``LEAST_SQUARES_MEAN``.
"""

from __future__ import annotations

from dataclasses import dataclass

from kg.sources.ctgov.posted import AdverseEvents, Baseline, Flow, Measure, Place


@dataclass(frozen=True)
class Concept:
    """A MeSH term that the registry's machine assigned; old files give no id."""

    term: str
    id: str | None


@dataclass(frozen=True)
class Intervention:
    """An intervention of the register, by its name without its type."""

    type: str | None
    name: str
    other_names: tuple[str, ...]
    arm_labels: tuple[str, ...]


@dataclass(frozen=True)
class ArmGroup:
    """An arm of the register; ``interventions`` are their names without their types."""

    label: str
    type: str | None
    description: str | None
    interventions: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class Eligibility:
    """Who could take part."""

    sex: str | None = None
    minimum_age: str | None = None
    maximum_age: str | None = None
    healthy_volunteers: bool | None = None
    criteria: str | None = None


@dataclass(frozen=True)
class Registered:
    """One record of the registry."""

    nct: str
    org_id: str | None
    secondary_ids: tuple[str, ...]
    brief_title: str
    official_title: str | None
    acronym: str | None
    status: str | None
    why_stopped: str | None
    started: str | None
    completed: str | None
    results_posted: str | None
    study_type: str | None
    phases: tuple[str, ...]
    allocation: str | None
    model: str | None
    purpose: str | None
    masking: str | None
    masked: tuple[str, ...]
    enrolled: str | None
    enrolled_type: str | None
    countries: tuple[str, ...]
    conditions: tuple[str, ...]
    condition_concepts: tuple[Concept, ...]
    interventions: tuple[Intervention, ...]
    intervention_concepts: tuple[Concept, ...]
    arms: tuple[ArmGroup, ...]
    eligibility: Eligibility
    flow: Flow
    baseline: Baseline
    measures: tuple[Measure, ...]
    events: AdverseEvents
    place: Place
