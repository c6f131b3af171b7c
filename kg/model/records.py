"""Records as a source states them: frozen, typed, each with its origin; field names are the columns of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

Slugs = tuple[str, ...]
Texts = tuple[str, ...]


@dataclass(frozen=True)
class Ref:
    """A thing of the graph by kind and slug, where the column alone does not tell the kind."""

    kind: str
    slug: str


@dataclass(frozen=True)
class Words:
    """A term as an outside file words it, before it is resolved to a thing of the graph.

    ``kind`` is the kind of thing looked for (``intervention``, ``condition``, ``outcome``, ``instrument``); ``ids`` are
    CURIEs that the file gives; ``scope`` keeps equal words of files that do not mean the same thing apart.
    """

    kind: str
    text: str
    ids: Texts = ()
    scope: str = ""


Named = str | Ref | Words
"""A term of a record: a slug of the kind that its column is about, or a thing or words of a kind that they say."""
Terms = tuple[Named, ...]


@dataclass(frozen=True, order=True)
class Origin:
    """Where a record was read: the file as named by the source module, and the line, 0 where a file has none."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


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
    condition: Terms
    condition_text: str | None
    randomised: int | None
    follow_up: str | None
    funding: str | None
    study_type: str = "RandomisedTrial"
    registered_title: str | None = None
    status: str | None = None
    phase: str | None = None
    allocation: str | None = None
    purpose: str | None = None
    started_on: str | None = None
    completed_on: str | None = None
    results_posted_on: str | None = None
    stopped_why: str | None = None
    enrolled: int | None = None
    eligible_sex: str | None = None
    minimum_age: str | None = None
    maximum_age: str | None = None
    healthy_volunteers: bool | None = None
    eligibility_text: str | None = None
    mean_age: Decimal | None = None
    female: int | None = None
    withdrawn: int | None = None
    event_threshold: Decimal | None = None
    icc: Decimal | None = None
    mean_cluster_size: Decimal | None = None
    analysed_as: str | None = None
    shares_control_with: Texts = ()
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Arm(Sourced):
    """Participants given one intervention; ``combines`` names the arms that a merged arm is made of."""

    record_source: str
    trial: str
    arm: str
    intervention_text: str
    role: str
    studied: Named | None
    background: Terms
    add_on: Terms
    stratum: str | None
    condition: Terms
    combines: Slugs
    route: str | None
    dose: str | None
    duration: str | None
    randomised: int | None
    analysed: int | None
    arm_label: str | None = None
    dose_value: Decimal | None = None
    dose_unit: str | None = None
    started: int | None = None
    completed: int | None = None
    female: int | None = None
    withdrawn: int | None = None


@dataclass(frozen=True, kw_only=True)
class Result(Sourced):
    """What one arm reports for one outcome at one time, as published."""

    record_source: str
    trial: str
    number: int
    arm: str
    outcome: Named
    outcome_text: str | None
    timepoint_text: str | None
    band: str | None
    period: str | None
    denominator: str | None
    reported_text: str
    class_text: str | None = None
    category_text: str | None = None
    group_id: str | None = None
    population_text: str | None = None


@dataclass(frozen=True, kw_only=True)
class DichotomousResult(Result):
    """A count of people with an event among those counted in."""

    events: int | None
    total: int | None
    percentage: Decimal | None = None
    episodes: int | None = None


@dataclass(frozen=True, kw_only=True)
class ContinuousResult(Result):
    """A mean with whatever dispersion the source gives.

    ``unit`` is a unit of our list, by slug; what a file of another system calls its unit is ``unit_text``.
    """

    instrument: Named
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
    unit: str | None = None
    unit_text: str | None = None
    statistic: str | None = None
    ci_level: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    geometric_mean: Decimal | None = None
    geometric_cv: Decimal | None = None
    number_value: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class ContrastResult(Sourced):
    """A reported comparison of two arms.

    ``event_on_both`` and its three neighbours are the paired table of people who had both interventions.
    """

    record_source: str
    trial: str
    number: int
    experimental_arm: str
    control_arm: str
    outcome: Named
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
    band: str | None = None
    ci_level: Decimal | None = None
    sided: int | None = None
    method_text: str | None = None
    measure_text: str | None = None
    direction_text: str | None = None
    observed_minus_expected: Decimal | None = None
    variance: Decimal | None = None
    weight: Decimal | None = None
    event_on_both: int | None = None
    event_on_experimental_only: int | None = None
    event_on_control_only: int | None = None
    event_on_neither: int | None = None


@dataclass(frozen=True, kw_only=True)
class RiskOfBias(Sourced):
    """A person's judgement of the risk of bias in one domain, of a trial or of one of its results."""

    record_source: str
    trial: str
    tool: str
    domain: str
    outcome: Named | None
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
class Intervention(Sourced):
    """What is done to participants and is neither a drug nor a class of drugs."""

    intervention: str
    label: str
    alt_label: Texts


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
class MappedIdentifier(Identifier):
    """An identifier of a thing of ours that a set of mappings between other systems adds, in a record of its own."""

    record_id: str


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
    intervention: Named
    comparator: Named | None
    comparator_text: str | None
    route: str | None
    outcome: Named
    condition: Named | None
    band: str | None
    instrument: Named | None
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
    """The level that a review assigned to a trial, or to a stratum of it, in a subgroup analysis."""

    analysis: str
    trial: str
    subgroup_variable: str
    subgroup_level: str
    stratum: str | None = None


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


@dataclass(frozen=True, kw_only=True)
class ProvisionalTerm:
    """A term that came with an outside file and that no curator has matched to a thing of the graph yet."""

    origin: Origin
    record_source: str
    record_id: str
    term: Ref
    label: str
    system: str
    ids: Texts = ()


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """A curator's decision that a provisional term is a thing of the graph."""

    origin: Origin
    term: Ref
    resolved_to: Ref
    decided_by: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RetractedStudy(Sourced):
    """A study whose report was retracted: its records left the evidence, and this is what stays of it."""

    trial: str
    label: str
    reason: str
    retracted_on: date | None = None
    doi: str | None = None
    pmid: str | None = None


@dataclass(frozen=True, kw_only=True)
class Statements:
    """The statements of one record as an RDF file makes them, in N-Triples; blank nodes are not among them."""

    origin: Origin
    record_source: str
    record_id: str
    ntriples: str


Row = (
    Trial
    | Arm
    | DichotomousResult
    | ContinuousResult
    | ContrastResult
    | RiskOfBias
    | Drug
    | Intervention
    | DrugClass
    | Receptor
    | DrugAction
    | Identifier
    | MappedIdentifier
    | Review
    | IncludedTrial
    | Analysis
    | AnalysedTrial
    | SubgroupLevel
    | PublishedEstimate
    | Certainty
    | ProtocolText
    | Vocabulary
    | ProvisionalTerm
    | Resolution
    | RetractedStudy
    | Statements
)
