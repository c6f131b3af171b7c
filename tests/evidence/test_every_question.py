"""Whatever the graph holds can be asked: an answer that is whole, or an error raised on purpose; nothing else."""

from __future__ import annotations

import math
import random
from itertools import product
from typing import Any

import pytest

from kg.errors import Contradiction, EvidenceError, NotPoolable
from kg.evidence_base import EvidenceBase
from kg.formats.answer_csv import answer_csv
from kg.formats.answer_json import answer_json
from kg.formats.answer_text import answer_text
from kg.model.answer import Answer
from tests.evidence.questions import askable, words

BANDS = (None, "immediate-term", "short-term", "medium-term", "long-term")
MEASURES = (None, "RR", "OR", "RD", "MD", "SMD")
METHODS = (None, "DL", "PM", "REML", "ML", "SJ", "HE", "HS", "EB", "EE", "MH", "PETO")
INTERVALS = (None, "wald", "t", "hk", "hk-adhoc")


def numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [n for item in value.values() for n in numbers(item)]
    if isinstance(value, list):
        return [n for item in value for n in numbers(item)]
    return [value] if isinstance(value, float) else []


def assert_whole(answer: Answer) -> None:
    """Assert what holds of every answer."""
    pool, weights = answer.pool, [s.weight for s in answer.studies if s.weight is not None]
    assert all(map(math.isfinite, numbers(answer_json(answer))))
    assert pool.k_rows == len(answer.studies)
    assert len(weights) == pool.k <= pool.k_rows
    assert (pool.estimate is None) == (pool.k == 0) == (pool.display is None)
    assert len({(s.trial, s.stratum) for s in answer.studies}) == len(answer.studies)
    assert len({s.trial for s in answer.studies}) <= answer.k_eligible
    if pool.ci is not None and pool.estimate is not None:
        assert pool.ci[0] <= pool.estimate <= pool.ci[1]
        assert sum(weights) == pytest.approx(100)
    for study in answer.studies:
        assert study.estimable == (study.yi is not None) == (study.weight is not None)
        assert study.estimable or any(w.startswith("not estimable: ") for w in study.warnings)
        left, right = set(study.experimental.results), set(study.control.results)
        assert left == right or not left & right
    assert all(e.reason for e in answer.excluded)
    assert "no effect" not in answer.sentence
    assert answer.sentence.endswith(".")


def test_every_question_that_the_graph_can_be_asked_by_default_has_a_whole_answer(base: EvidenceBase) -> None:
    asked = pooled = refused = 0
    for terms, protocol in product(askable(base), (None, "none")):
        try:
            answer = base.ask(words(terms, protocol=protocol))
        except NotPoolable as error:
            assert "ask for --measure" in str(error) or "--protocol" in str(error)
            refused += 1
            continue
        asked += 1
        pooled += answer.pool.k > 0
        assert_whole(answer)
    assert asked > 1000
    assert pooled > 250
    assert refused < asked / 50


def test_any_combination_of_options_is_answered_or_refused_on_purpose(base: EvidenceBase) -> None:
    drawn, terms = random.Random(15373), askable(base)
    answered: dict[str, int] = {}
    for _ in range(1500):
        options = {
            "band": drawn.choice(BANDS),
            "protocol": drawn.choice((None, "none")),
            "measure": drawn.choice(MEASURES),
            "method": drawn.choice(METHODS),
            "ci": drawn.choice(INTERVALS),
        }
        try:
            answer = base.ask(words(drawn.choice(terms), **options))
            assert_whole(answer)
            answered["answered"] = answered.get("answered", 0) + 1
        except EvidenceError as error:
            assert isinstance(error, NotPoolable | Contradiction), options
            assert "--" in str(error) or "ask for" in str(error), str(error)
            answered[type(error).__name__] = answered.get(type(error).__name__, 0) + 1
    assert min(answered["answered"], answered["Contradiction"]) > 100


def test_every_answer_can_be_written_in_every_form(base: EvidenceBase) -> None:
    drawn, terms = random.Random(2025), askable(base)
    for terms_asked in drawn.sample(terms, 60):
        answer = base.ask(words(terms_asked, measure="RR"))
        text = answer_text(answer, 100)
        assert answer.id in text
        assert all(len(line) <= 100 for line in text.splitlines()), text
        assert len(answer_csv(answer).splitlines()) >= len(answer.studies) + 2
