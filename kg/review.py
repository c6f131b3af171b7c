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


def answers(
    protocol: Protocol, ground: Ground, published_by: str | None = None, known_by: str | None = None
) -> Iterator[Answer]:
    """Yield the answer to every analysis of the review that a protocol names, from trials published by a day.

    ``known_by`` says as of when the ground is. Raises InputRefused where the protocol names no review.
    """
    for analysis in analyses(protocol, ground):
        yield answer(analysis, protocol, ground, published_by, known_by)


def analyses(protocol: Protocol, ground: Ground) -> list[PublishedAnalysis]:
    """Return the analyses of the review that a protocol names, in its order.

    Raises InputRefused where the protocol names no review.
    """
    if protocol.review is None:
        raise InputRefused(f"protocol {protocol.name} names no review whose analyses could be answered")
    review = f"{BASE}review/{protocol.review}"
    return [analysis for analysis in ground.published if analysis.review == review]


def answer(
    analysis: PublishedAnalysis,
    protocol: Protocol,
    ground: Ground,
    published_by: str | None = None,
    known_by: str | None = None,
) -> Answer:
    """Return the answer to one analysis of a review.

    Raises NotPoolable, InputRefused.
    """
    main = analysis
    if analysis.repeats is not None:
        same = (a for a in ground.published if a.iri == analysis.repeats and a.review == analysis.review)
        main = next(same, analysis)
    asked = replace(question(analysis, protocol, ground), published_by=published_by, known_by=known_by)
    return answer_analysis(asked, protocol, ground, analysis, main)


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
    rule = protocol.analysis(analysis.identifier)
    return replace(
        asked,
        measure=rule.measure,
        method=rule.method,
        ci=rule.ci,
        condition=term("condition"),
        route=term("route"),
        band=term("band"),
        instrument=term("instrument"),
    )
