"""A review answered from the graph: every analysis of a protocol's review, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kg.errors import InputRefused
from kg.evidence.answering import Ground, answer_analysis
from kg.evidence.published import PublishedAnalysis
from kg.iris import BASE
from kg.model.answer import Answer
from kg.model.question import Question, Term
from kg.protocol import Protocol


def answers(protocol: Protocol, ground: Ground) -> Iterator[Answer]:
    """Yield the answer to every analysis of the review that a protocol names.

    Raises InputRefused where the protocol names no review.
    """
    if protocol.review is None:
        raise InputRefused(f"protocol {protocol.name} names no review whose analyses could be answered")
    review = f"{BASE}review/{protocol.review}"
    own = [analysis for analysis in ground.published if analysis.review == review]
    by_iri = {analysis.iri: analysis for analysis in own}
    for analysis in own:
        main = by_iri.get(analysis.repeats or "", analysis)
        yield answer_analysis(question(analysis, protocol, ground), protocol, ground, analysis, main)


def question(analysis: PublishedAnalysis, protocol: Protocol, ground: Ground) -> Question:
    """Return the question that an analysis asks, in the terms of the graph; its number plays no part."""

    def term(name: str) -> Term | None:
        iri = analysis.terms[name]
        return Term(iri, ground.vocabulary.label(iri)) if iri else None

    intervention, comparator, outcome = term("intervention"), term("comparator"), term("outcome")
    if intervention is None or comparator is None or outcome is None:
        raise InputRefused(
            f"analysis {analysis.identifier} names no {'intervention' if not intervention else 'comparator'}"
        )
    asked = Question(intervention, comparator, outcome, protocol=protocol.name)
    return replace(
        asked,
        condition=term("condition"),
        route=term("route"),
        band=term("band"),
        instrument=term("instrument"),
    )
