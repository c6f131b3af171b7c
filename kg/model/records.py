"""Records as a source states them: frozen, typed, each with its origin; field names are the columns of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

Slugs = tuple[str, ...]
Texts = tuple[str, ...]


@dataclass(frozen=True, order=True)
class Origin:
    """Where a record was read: the file as named by the source module, and the line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class Sourced:
    """What every record carries: its source, the place in it, and what is doubtful or was not reported."""

    origin: Origin
    source: str
    locator: str
    source_kind: str
    basis: str | None = None
    doubt: Texts = ()
    note: str | None = None
    not_reported: Slugs = ()


@dataclass(frozen=True, kw_only=True)
class Trial(Sourced):
    """A randomised trial: identity, design and the conditions of its participants."""

    record_source: str
    trial: str
    study_label: str
    label: str
    year: int | None
    doi: str | None
    pmid: str | None
    registration: Texts
    country: str | None
    design: str | None
    blinding: str | None
    condition: Slugs
    condition_text: str | None
    randomised: int | None
    follow_up: str | None
    funding: str | None


@dataclass(frozen=True, kw_only=True)
class Arm(Sourced):
    """Participants given one intervention; ``combines`` names the arms that a merged arm is made of."""

    record_source: str
    trial: str
    arm: str
    intervention_text: str
    role: str
    studied: str | None
    background: Slugs
    add_on: Slugs
    stratum: str | None
    condition: Slugs
    combines: Slugs
    route: str | None
    dose: str | None
    duration: str | None
    randomised: int | None
    analysed: int | None


@dataclass(frozen=True, kw_only=True)
class Result(Sourced):
    """What one arm reports for one outcome at one time, as published."""

    record_source: str
    trial: str
    number: int
    arm: str
    outcome: str
    outcome_text: str | None
    timepoint_text: str | None
    band: str | None
    period: str | None
    denominator: str | None
    reported_text: str


@dataclass(frozen=True, kw_only=True)
class DichotomousResult(Result):
    """A count of people with an event among those counted in."""

    events: int | None
    total: int | None


@dataclass(frozen=True, kw_only=True)
class ContinuousResult(Result):
    """A mean with whatever dispersion the source gives."""

    instrument: str
    instrument_text: str | None
    timepoint_days: Decimal | None
    value_kind: str
    n: int | None
    mean: Decimal | None
    sd: Decimal | None
    se: Decimal | None
    ci_low: Decimal | None
    ci_high: Decimal | None
    median: Decimal | None
    q1: Decimal | None
    q3: Decimal | None


@dataclass(frozen=True, kw_only=True)
class ContrastResult(Sourced):
    """A reported comparison of two arms."""

    record_source: str
    trial: str
    number: int
    experimental_arm: str
    control_arm: str
    outcome: str
    outcome_text: str | None
    timepoint_text: str | None
    measure: str | None
    estimate: Decimal | None
    se: Decimal | None
    ci_low: Decimal | None
    ci_high: Decimal | None
    p_relation: str | None
    p_value: Decimal | None
    p_text: str | None


@dataclass(frozen=True, kw_only=True)
class RiskOfBias(Sourced):
    """A person's judgement of the risk of bias in one domain, of a trial or of one of its results."""

    record_source: str
    trial: str
    tool: str
    domain: str
    outcome: str | None
    rating: str
    judged_by: str


@dataclass(frozen=True, kw_only=True)
class Drug(Sourced):
    """A drug, its classes, and the wider drug it is a form of."""

    drug: str
    label: str
    alt_label: Texts
    narrower_drug_of: str | None
    in_class: Slugs


@dataclass(frozen=True, kw_only=True)
class DrugClass(Sourced):
    """A class of drugs."""

    drug_class: str
    label: str
    alt_label: Texts
    narrower_class_of: str | None


@dataclass(frozen=True, kw_only=True)
class Receptor(Sourced):
    """A molecular target; subunits and kinds name the complex they belong to."""

    receptor: str
    label: str
    alt_label: Texts
    gene_symbol: str | None
    uniprot: str | None
    hgnc: str | None
    subunit_of: Slugs


@dataclass(frozen=True, kw_only=True)
class DrugAction(Sourced):
    """One statement of a source about what a drug does at a receptor."""

    drug: str
    receptor: str
    number: int
    action: str
    affinity_type: str | None
    affinity_type_text: str | None
    relation: str | None
    range_bound: str | None
    affinity_value: Decimal | None
    unit: str | None
    species: str | None
    assay: str | None


@dataclass(frozen=True, kw_only=True)
class Identifier(Sourced):
    """An identifier that another system gives to a thing of ours."""

    kind: str
    slug: str
    system: str
    identifier: str
    iri: str
    match: str


@dataclass(frozen=True, kw_only=True)
class Review(Sourced):
    """A published review."""

    review: str
    label: str
    citation: str
    doi: str | None
    pmid: str | None


@dataclass(frozen=True, kw_only=True)
class IncludedTrial(Sourced):
    """A trial that a review is known to include."""

    review: str
    trial: str


@dataclass(frozen=True, kw_only=True)
class Analysis(Sourced):
    """An analysis of a review: what it compares, in the terms of a question."""

    review: str
    analysis: str
    order: int
    label: str
    repeats: str | None
    subgroup_variable: str | None
    intervention: str
    comparator: str | None
    comparator_text: str | None
    route: str | None
    outcome: str
    condition: str | None
    band: str | None
    instrument: str | None
    timepoint_text: str | None
    measure: str
    method: str | None


@dataclass(frozen=True, kw_only=True)
class AnalysedTrial(Sourced):
    """A trial, or a stratum of it, that stands in an analysis of a review."""

    analysis: str
    trial: str
    stratum: str | None


@dataclass(frozen=True, kw_only=True)
class SubgroupLevel(Sourced):
    """The level that a review assigned to a trial in a subgroup analysis."""

    analysis: str
    trial: str
    subgroup_variable: str
    subgroup_level: str


@dataclass(frozen=True, kw_only=True)
class PublishedEstimate(Sourced):
    """A pooled value of a review, printed in a text or recomputed from its rows."""

    analysis: str
    order: int
    subgroup_level: str | None
    estimate_basis: str
    estimate: Decimal | None
    ci_low: Decimal | None
    ci_high: Decimal | None
    rows: int | None
    k: int | None
    participants: int | None
    i2: Decimal | None
    tau2: Decimal | None
    q: Decimal | None
    p_value: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Certainty(Sourced):
    """A person's judgement of the certainty of an analysis."""

    analysis: str
    tool: str
    rating: str
    judged_by: str


@dataclass(frozen=True, kw_only=True)
class ProtocolText:
    """A review protocol as its file says it."""

    origin: Origin
    protocol: str
    label: str
    text: str
    is_default: bool


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """A Turtle file of the ontology folder, carried as a record of its own."""

    origin: Origin
    source: str
    name: str
    turtle: str


Row = (
    Trial
    | Arm
    | DichotomousResult
    | ContinuousResult
    | ContrastResult
    | RiskOfBias
    | Drug
    | DrugClass
    | Receptor
    | DrugAction
    | Identifier
    | Review
    | IncludedTrial
    | Analysis
    | AnalysedTrial
    | SubgroupLevel
    | PublishedEstimate
    | Certainty
    | ProtocolText
    | Vocabulary
)
