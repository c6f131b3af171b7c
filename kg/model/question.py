"""A question in PICO form, its terms resolved to things of the graph."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A thing of the graph that a question names."""

    iri: str
    label: str


@dataclass(frozen=True)
class Question:
    """What is asked, with every option that can change the number; ``None`` leaves it to the protocol."""

    intervention: Term
    comparator: Term
    outcome: Term
    condition: Term | None = None
    route: Term | None = None
    band: Term | None = None
    instrument: Term | None = None
    protocol: str | None = None
    measure: str | None = None
    method: str | None = None
    ci: str | None = None
    published_by: str | None = None
    """The last day of publication of the trials asked for, as YYYY-MM-DD."""
    known_by: str | None = None
    """The moment as of which the answer is asked for, in UTC; the same evidence gives the same answer at any moment."""

    def terms(self) -> dict[str, Term | None]:
        """Return the terms of the question by the names the command line and HTTP give them."""
        return {
            "intervention": self.intervention,
            "comparator": self.comparator,
            "outcome": self.outcome,
            "condition": self.condition,
            "route": self.route,
            "band": self.band,
            "instrument": self.instrument,
        }
