"""A question as it is asked, in words, and how it becomes one in terms of the graph."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from kg.errors import Contradiction, InputRefused
from kg.model.question import Question
from kg.moments import last_day, last_moment
from kg.protocol import CI_METHODS, MEASURES, METHODS
from kg.vocabulary import COMPARED, Vocabulary

METHOD_NAMES = (*METHODS, "FE")
CI_NAMES = (*CI_METHODS, "z", "knha", "adhoc")


@dataclass(frozen=True)
class Asked:
    """The words of a question; a term is a slug, a label, a CURIE or an IRI."""

    intervention: str
    comparator: str
    outcome: str
    condition: str | None = None
    route: str | None = None
    band: str | None = None
    instrument: str | None = None
    protocol: str | None = None
    measure: str | None = None
    method: str | None = None
    ci: str | None = None
    published_by: str | None = None
    known_by: str | None = None

    def words(self) -> dict[str, str]:
        """Return the words that were given, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def resolved(self, known: Vocabulary, protocol: str | None) -> Question:
        """Return the question in terms of the graph, under the protocol named.

        Raises UnknownTerm with the three nearest, Contradiction, InputRefused for an option that is not known.
        """
        for name, value, allowed in (
            ("measure", self.measure, MEASURES),
            ("method", self.method, METHOD_NAMES),
            ("ci", self.ci, CI_NAMES),
        ):
            if value is not None and value not in allowed:
                raise Contradiction(f"--{name} {value} is not known; known are {', '.join(allowed)}")
        intervention = known.resolve(self.intervention, *COMPARED)
        comparator = known.resolve(self.comparator, *COMPARED)
        if intervention.iri == comparator.iri:
            raise Contradiction(f"--intervention and --comparator both name {intervention.label}; name two")
        outcome = known.outcome(self.outcome)
        question = Question(
            intervention=intervention.term,
            comparator=comparator.term,
            outcome=outcome.term,
            condition=known.resolve(self.condition, "conditions").term if self.condition else None,
            route=known.resolve(self.route, "routes").term if self.route else None,
            band=known.resolve(self.band, "bands").term if self.band else None,
            instrument=known.resolve(self.instrument, "instruments").term if self.instrument else None,
            protocol=protocol,
            measure=self.measure,
            method={"FE": "EE"}.get(self.method or "", self.method),
            ci={"z": "wald", "knha": "hk", "adhoc": "hk-adhoc"}.get(self.ci or "", self.ci),
            published_by=last_day(self.published_by, "published-by").isoformat() if self.published_by else None,
            known_by=last_moment(self.known_by, "known-by") if self.known_by else None,
        )
        if known.closure(comparator.iri) >= known.closure(intervention.iri):
            raise Contradiction(
                f"--comparator {comparator.label} contains --intervention {intervention.label}; name two apart"
            )
        return question


def of(**words: str | None) -> Asked:
    """Return a question from words given by name, empty ones left out.

    Raises InputRefused where intervention, comparator or outcome is missing.
    """
    given = {name: value for name, value in words.items() if value}
    missing = [name for name in ("intervention", "comparator", "outcome") if name not in given]
    if missing:
        raise InputRefused(f"a question needs {', '.join(missing)}; add it")
    return Asked(**given)
