"""An intervention that is no drug of the graph can be asked like one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from kg.asked import of
from kg.errors import Contradiction
from tests.intake_support import copied, take
from tests.triples.whole_trial import COUNT, PLACEBO, PROVISIONAL, TRIAL, WALKS

TRIAL_OF_WALKS = dataclasses.replace(
    TRIAL, study_type="RandomisedTrial", design="parallel", analysed_as=None, shares_control_with=()
)
ARMS = [
    dataclasses.replace(WALKS, role="experimental", background=(), add_on=()),
    dataclasses.replace(PLACEBO, background=()),
]
COUNTS = [
    dataclasses.replace(COUNT, arm=arm, number=number, events=events, total=28, percentage=None, period=None)
    for number, (arm, events) in enumerate((("g1", 3), ("g2", 7)), 1)
]


def test_an_intervention_in_the_words_of_a_file_is_pooled(store_url: str, tmp_path: Path) -> None:
    with copied(store_url, tmp_path) as base:
        take(base, [*PROVISIONAL, TRIAL_OF_WALKS, *ARMS, *COUNTS])
        answer = base.ask(
            of(intervention="Guided walks", comparator="placebo", outcome="nausea", protocol="none", measure="RR")
        )
        assert answer.pool.k == 1
        assert answer.pool.display is not None
        assert answer.pool.display.estimate == pytest.approx(3 / 7)
        assert answer.pool.participants.total == 56
        assert answer.question.intervention.label == "Guided walks"


def test_a_term_is_not_compared_with_itself(store_url: str, tmp_path: Path) -> None:
    with copied(store_url, tmp_path) as base:
        take(base, [*PROVISIONAL, TRIAL_OF_WALKS, *ARMS, *COUNTS])
        with pytest.raises(Contradiction, match="both name Guided walks"):
            base.ask(of(intervention="guided walks", comparator="a-registry-guided-walks", outcome="nausea"))
