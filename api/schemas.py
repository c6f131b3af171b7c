"""Parameters and bodies beside the answers, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.answer_schemas import Body, Software
from kg import asked
from kg.asked import Asked


class QuestionWords(BaseModel):
    """A question in words; a term is a slug, a label, a CURIE or an IRI, and an empty word is left out."""

    intervention: str = Field(min_length=1, max_length=500, description="Drug or class of drugs.")
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
    published_by: str | None = Field(None, max_length=40, description="Only trials published by then, such as 2015.")
    known_by: str | None = Field(None, max_length=40, description="As known then: a day, a year or a moment, in UTC.")
    via: str | None = Field(None, max_length=20, description="Where rows come from: table or sparql.")

    def asked(self) -> Asked:
        """Return the question."""
        return asked.of(**self.model_dump(exclude={"via"}))


class ReviewDates(BaseModel):
    """The days by which the trials of a review were published, and its evidence known."""

    published_by: str | None = Field(None, max_length=40, description="Only trials published by then, such as 2015.")
    known_by: str | None = Field(None, max_length=40, description="As known then: a day, a year or a moment, in UTC.")


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


class Action(Body):
    """What a drug does at a receptor, with its source."""

    iri: str
    drug: str
    drug_label: str
    receptor: str
    receptor_label: str
    action: str
    affinity: str | None
    species: str | None
    assay: str | None
    source: str
    locator: str
    kind: str


class Version(Body):
    """A version of a record: the named graph that holds it, when and why it was written, and from which rows."""

    graph: str
    version: int
    time: str
    action: str
    author: str
    reason: str
    digest: str
    rows: str


class Thing(Body):
    """Everything that is said about one thing, and where it is used."""

    iri: str
    slug: str
    label: str
    title: str
    kinds: list[str]
    alternatives: list[str]
    definition: str | None
    properties: list[Property]
    identifiers: list[Property]
    origin: list[Property]
    used: list[Usage]
    arms: list[Arm] | None
    results: list[Result] | None
    actions: list[Action] | None
    versions: list[Version] | None
    states: list[Value] | None


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
