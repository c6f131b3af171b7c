"""Bodies of requests and responses, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kg import asked
from kg.asked import Asked


class Body(BaseModel):
    """A body without keys beside those described."""

    model_config = ConfigDict(extra="forbid")


class QuestionWords(BaseModel):
    """A question in words; a term is a slug, a label, a CURIE or an IRI, and an empty word is left out."""

    intervention: str = Field(min_length=1, max_length=500, description="Drug or class of drugs, such as ketamine.")
    comparator: str = Field(min_length=1, max_length=500, description="What it is compared with, such as placebo.")
    outcome: str = Field(min_length=1, max_length=500, description="What was measured, such as pain-intensity.")
    condition: str | None = Field(None, max_length=500, description="Condition of the participants.")
    route: str | None = Field(None, max_length=500, description="Route of the drug.")
    band: str | None = Field(None, max_length=500, description="Time band; any, where it is left out.")
    instrument: str | None = Field(None, max_length=500, description="One instrument of the outcome.")
    protocol: str | None = Field(None, max_length=500, description="Review protocol, or none; the store's default.")
    measure: str | None = Field(None, max_length=20, description="MD, SMD, RR, OR or RD; the protocol's.")
    method: str | None = Field(None, max_length=20, description="DL, PM, REML, ML, SJ, HE, HS, EB, EE, MH or PETO.")
    ci: str | None = Field(None, max_length=20, description="wald, t, hk or hk-adhoc.")
    via: str | None = Field(None, max_length=20, description="Where rows come from: table or sparql.")

    def asked(self) -> Asked:
        """Return the question."""
        return asked.of(**self.model_dump(exclude={"via"}))


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
    warnings: list[str]
    studies: list[Study]
    excluded: list[Excluded]
    published: Published | None
    provenance: Provenance


class Subgroup(Pool):
    """The pool of the trials that a review assigned to one level."""

    label: str
    studies: list[Study]
    published: Published | None


class AnalysisAnswer(Answer):
    """The answer to an analysis of a review."""

    analysis: str
    main_analysis: str
    subgroups: list[Subgroup]


class Review(Body):
    """Every analysis of a protocol's review."""

    protocol: str
    analyses: list[AnalysisAnswer]


class Listed(Body):
    """A thing in a list."""

    iri: str
    slug: str
    label: str
    alternatives: list[str]
    href: str


class Listing(Body):
    """A page of a list; ``next`` is the cursor of the page after it."""

    items: list[Listed]
    total: int
    next: str | None


class Value(Body):
    """A value of a property: a text, or a thing with its label and where its page is."""

    text: str
    iri: str | None
    href: str | None


class Property(Body):
    """A property of a thing with its values."""

    iri: str
    label: str
    values: list[Value]


class Usage(Body):
    """The things that point to a thing by one property: how many, and the first of them."""

    property: str
    label: str
    total: int
    items: list[Value]


class Arm(Body):
    """An arm of a trial."""

    iri: str
    label: str
    role: str | None
    studied: str | None
    route: str | None
    dose: str | None
    duration: str | None
    stratum: str | None
    randomised: int | None
    analysed: int | None


class Result(Body):
    """A result of an arm, or a contrast between two arms that is reported without their figures."""

    iri: str
    outcome: str
    arm: str
    time: str | None
    instrument: str | None
    figures: str
    source: str
    locator: str
    kind: str


class Thing(Body):
    """Everything that is said about one thing, and where it is used."""

    iri: str
    slug: str
    label: str
    kinds: list[str]
    alternatives: list[str]
    definition: str | None
    properties: list[Property]
    identifiers: list[Property]
    origin: list[Property]
    used: list[Usage]
    arms: list[Arm] | None
    results: list[Result] | None


class QuerySummary(Body):
    """A query of the collection."""

    name: str
    summary: str
    params: dict[str, str]
    columns: dict[str, str]
    href: str


class QueryDescribed(QuerySummary):
    """A query with its text."""

    text: str


class QueryList(Body):
    """The query collection."""

    queries: list[QuerySummary]


class QueryRun(Body):
    """The rows that a query gave."""

    query: str
    parameters: dict[str, str]
    columns: list[str]
    rows: list[list[Any]]


class Live(Body):
    """The process answers."""

    status: Literal["live"]


class Ready(Body):
    """The store is open; what it holds."""

    status: Literal["ready"]
    fingerprint: str
    commit: int
    committed_at: str
    commit_hash: str
    software: Software


class ProblemError(BaseModel):
    """One error with its place."""

    pointer: str
    parameter: str | None = None
    detail: str
    nearest: list[str] = []


class ProblemBody(BaseModel):
    """A problem as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemError] = []
    nearest: list[str] = Field(default=[], description="Names in the graph nearest to one that is not.")
