"""Questions made from what the graph holds: every pair of terms that share a trial, every outcome they report."""

from __future__ import annotations

from dataclasses import replace

from kg.asked import Asked
from kg.evidence_base import EvidenceBase, question
from kg.model.answer import Answer


def askable(base: EvidenceBase) -> list[tuple[str, str, str]]:
    """Return intervention, comparator and outcome, as IRIs, of every trial: drugs, what they are forms of, classes."""
    known = base.vocabulary
    terms = [e.iri for kind in ("drugs", "classes") for e in known.entries(kind)]
    above = {iri: {t for t in terms if iri in known.closure(t)} for iri in terms}
    drugs: dict[str, set[str]] = {}
    for row in base.table.rows("trials/arms").records():
        drugs.setdefault(row["trial"], set()).update(above.get(row["studied"], ()))
    outcomes: dict[str, set[str]] = {}
    for name in ("trials/arm-results", "trials/reported-contrasts"):
        for row in base.table.rows(name).records():
            outcomes.setdefault(row["trial"], set()).add(row["outcome"])
    return sorted(
        {
            (left, right, outcome)
            for trial, found in drugs.items()
            for left in found
            for right in found
            for outcome in outcomes.get(trial, ())
            if left != right and not known.closure(right) >= known.closure(left)
        }
    )


def timeless(answer: Answer) -> Answer:
    """Return an answer without the time it was made at."""
    return replace(answer, provenance=replace(answer.provenance, generated_at=""))


def words(asked: tuple[str, str, str], **more: str | None) -> Asked:
    """Return a question in words."""
    intervention, comparator, outcome = asked
    return question(intervention=intervention, comparator=comparator, outcome=outcome, **more)
