"""The evidence table answers as the queries do: equal rows, equal answers, equal ids."""

from __future__ import annotations

import random

from kg import review
from kg.errors import NotPoolable
from kg.evidence_base import EvidenceBase
from tests.evidence.questions import askable, timeless, words

SAMPLED = 50


def test_every_analysis_of_the_review_is_the_same_by_both(base: EvidenceBase) -> None:
    protocol = base.protocol()
    by_table = [timeless(a) for a in review.answers(protocol, base.ground("table"))]
    by_query = [timeless(a) for a in review.answers(protocol, base.ground("sparql"))]
    assert len(by_table) == 95
    assert by_table == by_query


def test_generated_questions_have_the_same_answer_by_both(base: EvidenceBase) -> None:
    drawn = random.Random(50)
    sample = drawn.sample(askable(base), SAMPLED)
    found = 0
    for number, terms in enumerate(sample):
        asked = words(terms, protocol="none" if number % 2 else None)
        outcomes = []
        for via in ("table", "sparql"):
            try:
                outcomes.append(timeless(base.ask(asked, via)))
            except NotPoolable as error:
                outcomes.append(str(error))  # type: ignore[arg-type]
        assert outcomes[0] == outcomes[1], asked
        found += hasattr(outcomes[0], "studies") and bool(outcomes[0].studies)
    assert found > 5
