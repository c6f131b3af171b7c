"""The answer to a question: frozen, complete, and needing nothing else to be printed, compared or sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kg.model.question import Question

Interval = tuple[float, float]


@dataclass(frozen=True)
class SourcePlace:
    """Where a figure stands: the record that brought it, the document, and the place in it."""

    record: str
    url: str
    locator: str | None
    kind: Literal["primary", "secondary"]


@dataclass(frozen=True)
class Side:
    """One side of a contrast as it went into the pool; ``derived`` says what was computed, not reported."""

    arm: str
    label: str
    n: int | None
    events: float | None
    total: float | None
    mean: float | None
    sd: float | None
    derived: tuple[str, ...]
    source: SourcePlace
    results: tuple[str, ...] = ()
    sources: tuple[SourcePlace, ...] = ()


@dataclass(frozen=True)
class Study:
    """A row of the table: one contrast of a trial and stratum, with its weight where it is estimable."""

    trial: str
    stratum: str | None
    label: str
    year: int | None
    experimental: Side
    control: Side
    yi: float | None
    vi: float | None
    ci: Interval | None
    display: Displayed | None
    weight: float | None
    estimable: bool
    steps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Displayed:
    """Numbers back-transformed to what a reader expects: ratios for the log scale."""

    estimate: float
    ci: Interval
    prediction_interval: Interval | None = None


@dataclass(frozen=True)
class Excluded:
    """A trial that fits the question in part, and why it is not in the pool."""

    trial: str
    label: str
    reason: str


@dataclass(frozen=True)
class Participants:
    """How many people the rows of the table count."""

    experimental: int
    control: int
    total: int


@dataclass(frozen=True)
class Heterogeneity:
    """Between-trial variance and its kin; I2 in percent, by the definition named."""

    tau2: float | None
    tau2_ci: Interval | None
    i2: float | None
    i2_definition: Literal["Q", "tau2"]
    h2: float | None
    q: float | None
    q_df: int | None
    q_p: float | None


@dataclass(frozen=True)
class Alternative:
    """The same pool with another interval, shown beside the headline."""

    ci_method: str
    estimate: float
    se: float
    ci: Interval
    p_value: float
    display: Displayed


@dataclass(frozen=True)
class Published:
    """The value a review published for the same question."""

    review: str
    analysis: str
    estimate: float | None
    ci: Interval | None
    basis: Literal["printed", "recomputed"]
    certainty: str | None


@dataclass(frozen=True)
class Software:
    """The program that computed an answer."""

    name: str
    version: str


@dataclass(frozen=True)
class Provenance:
    """What an answer was made from; times and software are not part of its id."""

    queries: tuple[str, ...]
    parameters: dict[str, list[str]]
    records: tuple[str, ...]
    set_digest: str
    method_version: str
    store_fingerprint: str
    software: Software
    generated_at: str


@dataclass(frozen=True)
class Pool:
    """A pooled effect with everything said of it; all fields absent where nothing could be pooled."""

    k: int
    k_rows: int
    participants: Participants
    estimate: float | None
    se: float | None
    ci: Interval | None
    p_value: float | None
    prediction_interval: Interval | None
    pi_df: int | None
    display: Displayed | None
    heterogeneity: Heterogeneity | None
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True)
class Subgroup:
    """The pool of the trials that a review assigned to one level."""

    label: str
    pool: Pool
    studies: tuple[Study, ...]
    published: Published | None = None


@dataclass(frozen=True)
class DrugEffect:
    """The effect of one drug of a class, from all trials of it together with what they share with others."""

    drug: str
    label: str
    k: int
    estimate: float
    se: float
    ci: Interval
    display: Displayed


@dataclass(frozen=True)
class BetweenDrugs:
    """The drugs of a class beside each other, and the test that they do not differ; ``left_out`` are studies."""

    drugs: tuple[DrugEffect, ...]
    method: str
    tau2: float
    q: float
    q_df: int
    p_value: float
    left_out: tuple[Excluded, ...] = ()


@dataclass(frozen=True)
class Answer:
    """One question, one pooled answer, and the way back to every figure in it."""

    id: str
    question: Question
    protocol: str | None
    title: str
    sentence: str
    measure: str
    model: Literal["common-effect", "random-effects"]
    method: str
    ci_method: str
    scale: Literal["identity", "log"]
    k_eligible: int
    pool: Pool
    studies: tuple[Study, ...]
    excluded: tuple[Excluded, ...]
    warnings: tuple[str, ...]
    published: Published | None
    provenance: Provenance
    favours: tuple[str, str] | None = None
    important_difference: float | None = None
    """The smallest difference that matters by the protocol, where the estimate is in its units."""
    subgroups: tuple[Subgroup, ...] = ()
    analysis: str | None = None
    main_analysis: str | None = None
    ci_level: float = 95.0
    """Level of the intervals of pools, in percent."""
    steps: tuple[str, ...] = ()
    """What each of the ten steps from trial set to answer did, one line each."""
    between_drugs: BetweenDrugs | None = None
    """The drugs of a class compared, where the protocol lets each stand on its own."""
