"""Bodies of writing, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.answer_schemas import Body
from api.schemas import Version

EXAMPLE: dict[str, Any] = {
    "source": "reports",
    "id": "example-2020",
    "provenance": {"source": "https://example.org/report", "locator": "Table 2", "source_kind": "primary"},
    "trial": {"study_label": "Example 2020", "label": "A trial", "year": 2020, "design": "parallel", "randomised": 60},
    "arms": [
        {"arm": "drug", "intervention_text": "drug", "role": "experimental", "studied": "SLUG", "randomised": 30},
        {"arm": "placebo", "intervention_text": "placebo", "role": "placebo", "studied": "placebo", "randomised": 30},
    ],
    "dichotomous_results": [
        {"number": 1, "arm": "drug", "outcome": "nausea", "events": 6, "total": 30},
        {"number": 2, "arm": "placebo", "outcome": "nausea", "events": 3, "total": 30},
    ],
}


class MadeCommit(Body):
    """A commit: its number, its time, who made it and why."""

    number: int
    time: str
    author: str
    reason: str
    hash: str


class ValueChanged(Body):
    """A value of a property of a thing that becomes another, comes (no `old`) or goes (no `new`)."""

    thing: str
    column: str
    old: str | None
    new: str | None


class RecordWritten(Body):
    """What became of one record, or would."""

    source: str
    id: str
    href: str
    action: Literal["new", "changed", "unchanged", "retracted"]
    differences: list[ValueChanged] = Field(description="Value by value, with dry_run alone.")
    warnings: list[str] = Field(description="What is doubtful; every answer that uses it says so.")
    unresolved: list[str] = Field(description="Words of a file that name no thing of the graph; a curator decides.")
    likely_duplicates: list[str] = Field(description="Other trials that may be the same one, and why.")


class WrittenBody(Body):
    """What a request wrote, or would write; `commit` is null where it wrote nothing."""

    dry_run: bool
    commit: MadeCommit | None
    records: list[RecordWritten]


class RecordBody(Body):
    """A record: its versions, and what the one shown says, as N-Triples."""

    source: str
    id: str
    iri: str
    version: int | None = Field(description="The version shown; null where the record is retracted.")
    versions: list[Version]
    triples: list[str]


class RecordFault(BaseModel):
    """One thing that keeps a record out: a pointer into the body, the rule, what was found, and what to do."""

    pointer: str
    detail: str
    rule: str | None = None
    about: str | None = None
    column: str | None = None
    found: str | None = None
    nearest: list[str] = []


class RefusedBody(BaseModel):
    """A problem as RFC 9457 has it, about records that are refused; nothing was written."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[RecordFault]
