"""The body of an answer and of a review, as the OpenAPI document describes them: the words of the public contract."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A body without keys beside those described."""

    model_config = ConfigDict(extra="forbid")


class Term(Body):
    """A thing of the graph."""

    iri: str
    label: str


class Question(Body):
    """The question in terms of the graph."""

    intervention: Term
    comparator: Term
    outcome: Term
    condition: Term | None
    route: Term | None
    band: Term | None
    instrument: Term | None
    published_by: str | None = Field(description="Last day of publication of the trials asked for.")
    known_by: str | None = Field(description="The moment as of which the answer is.")


class Participants(Body):
    """People counted in the rows of the table."""

    experimental: int
    control: int
    total: int


class Display(Body):
    """Numbers as a reader expects them: ratios where the analysis is on the log scale."""

    estimate: float
    ci: tuple[float, float]
    prediction_interval: tuple[float, float] | None


class Heterogeneity(Body):
    """Between-trial variance and its kin; I2 in percent."""

    tau2: float | None
    tau2_ci: tuple[float, float] | None
    i2: float | None
    i2_definition: Literal["Q", "tau2"]
    h2: float | None
    q: float | None
    q_df: int | None
    q_p: float | None


class Alternative(Body):
    """The same pool with another interval."""

    ci_method: str
    estimate: float
    se: float
    ci: tuple[float, float]
    p_value: float
    display: Display


class Source(Body):
    """The record, the document and the place in it."""

    record: str
    url: str
    locator: str | None
    kind: Literal["primary", "secondary"]


class Side(Body):
    """One side of a contrast, as it went into the pool."""

    arm: str
    label: str
    n: int | None
    events: float | None
    total: float | None
    mean: float | None
    sd: float | None
    derived: list[str]
    source: Source
    results: list[str]
    sources: list[Source]


class Study(Body):
    """A row of the table."""

    trial: str
    stratum: str | None
    label: str
    year: int | None
    experimental: Side
    control: Side
    yi: float | None
    vi: float | None
    ci: tuple[float, float] | None
    display: Display | None
    weight: float | None
    estimable: bool
    steps: list[str]
    warnings: list[str]


class Excluded(Body):
    """A trial left out, and why."""

    trial: str
    label: str
    reason: str


class Published(Body):
    """The value that a review published for the same question."""

    review: str
    analysis: str
    estimate: float | None
    ci: tuple[float, float] | None
    basis: Literal["printed", "recomputed"]
    certainty: str | None


class Software(Body):
    """The program that computed the answer."""

    name: str
    version: str


class Provenance(Body):
    """What the answer was made from."""

    queries: list[str]
    parameters: dict[str, list[str]]
    records: list[str]
    set_digest: str
    method_version: str
    store_fingerprint: str
    software: Software
    generated_at: str


class Pool(Body):
    """A pooled effect; everything is null where nothing could be pooled."""

    k: int = Field(description="Trials with weight.")
    k_rows: int = Field(description="Rows in the table.")
    participants: Participants
    estimate: float | None = Field(description="On the analysis scale: log for ratios.")
    se: float | None
    ci: tuple[float, float] | None
    p_value: float | None
    prediction_interval: tuple[float, float] | None
    pi_df: int | None
    display: Display | None
    heterogeneity: Heterogeneity | None
    alternatives: list[Alternative]


class DrugEffect(Body):
    """The effect of one drug of a class."""

    drug: str
    label: str
    k: int
    estimate: float
    se: float
    ci: tuple[float, float]
    display: Display


class BetweenDrugs(Body):
    """The drugs of a class beside each other, and the test that they do not differ."""

    drugs: list[DrugEffect]
    method: str
    tau2: float
    q: float
    q_df: int
    p_value: float
    left_out: list[Excluded]


class Answer(Pool):
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
    k_eligible: int = Field(description="Trials that the protocol lets in.")
    steps: list[str] = Field(description="What each of the ten steps from trial set to answer did.")
    warnings: list[str]
    studies: list[Study]
    excluded: list[Excluded]
    published: Published | None
    provenance: Provenance
    between_drugs: BetweenDrugs | None = Field(
        None, description="The drugs of a class compared, where the protocol lets each stand on its own."
    )


class Subgroup(Pool):
    """The pool of the trials that a review assigned to one level."""

    label: str
    studies: list[Study]
    published: Published | None


class AnalysisAnswer(Answer):
    """The answer to an analysis of a review."""

    analysis: str
    main_analysis: str
    ci_level: float = Field(description="Level of the intervals in percent.")
    subgroups: list[Subgroup]


class Review(Body):
    """Every analysis of a protocol's review."""

    protocol: str
    analyses: list[AnalysisAnswer]
