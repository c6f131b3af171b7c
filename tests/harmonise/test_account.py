"""Each of the ten steps leaves its line in the answer, with its section of the Handbook and how many studies."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from kg.evidence.derivations import rules_used, zero_cells
from kg.evidence_base import EvidenceBase, question
from kg.formats.answer_json import answer_json
from kg.harmonise.account import HANDBOOK
from kg.protocol import NONE
from tests.conftest import ROOT
from tests.harmonise.trial_sets import (
    PLACEBO,
    arm,
    counts,
    effects_of,
    harms,
    means,
    pain,
    trial,
    trial_set,
)

ONE, TWO = trial("one"), trial("two", design="crossover")
LEFT, RIGHT = arm(ONE, "ketamine"), arm(ONE, "placebo", PLACEBO)
OTHER = arm(TWO, "ketamine"), arm(TWO, "placebo", PLACEBO)


def test_every_answer_has_ten_lines_in_their_order(base: EvidenceBase) -> None:
    for answer in base.review()[1]:
        assert [line.partition(" (")[0] for line in answer.steps] == [
            f"{number} {step}" for number, step in enumerate(HANDBOOK, 1)
        ]
        assert all(
            f"(Handbook {section}): " in line for line, section in zip(answer.steps, HANDBOOK.values(), strict=True)
        )
        assert answer_json(answer)["steps"] == list(answer.steps)


def test_the_lines_say_what_was_done_and_to_how_many() -> None:
    results = (
        means(LEFT, 25, 3.0, se=0.4, in_band="short-term", days=30),
        means(RIGHT, 25, 5.0, 2.0, in_band="short-term", days=30),
        *(means(a, 10, m, 1.0, period="firstPeriod") for a, m in zip(OTHER, (3.0, 4.0), strict=True)),
    )
    lines = dict(zip(HANDBOOK, pain(trial_set((ONE, TWO), (LEFT, RIGHT, *OTHER), results)).steps, strict=False))
    said = {step: text.partition("): ")[2] for step, text in lines.items()}
    assert said["eligibility"].startswith(
        "2 of 2 trials with ketamine are eligible, and 2 of them report pain-intensity"
    )
    assert said["time"] == "short term (1); no band (1)"
    assert said["instrument"] == "NRS (2)"
    assert said["spread"] == "SD from the standard error: se * sqrt(n) (Handbook 6.5.2.2) (1); as reported (1)"
    assert said["values"] == "final values (2)"
    assert said["arms"] == "one arm against one arm (2)"
    assert said["design"] == "parallel (1); first period used (Handbook 23.2.4) (1)"
    assert said["outcome"] == "as asked (2)"
    assert said["source"] == "reports (2)"


def test_the_line_of_zero_cells_counts_what_was_added_and_what_cannot_be_estimated() -> None:
    results = tuple(counts(a, n, 20) for a, n in zip((LEFT, RIGHT, *OTHER), (0, 3, 0, 0), strict=True))
    of = replace(TWO, design=ONE.design)
    found = harms(trial_set((ONE, of), (LEFT, RIGHT, *OTHER), results))
    said = zero_cells(effects_of(found))
    assert "0.5 added to every cell (Handbook 10.4.4.2) (1)" in said
    assert "not estimable: no event in either arm (Handbook 10.4.4.1) (1)" in said


def test_only_what_was_derived_by_a_later_rule_is_in_the_id(base: EvidenceBase) -> None:
    plain = harms(trial_set((ONE,), (LEFT, RIGHT), (counts(LEFT, 4, 57), counts(RIGHT, 3, 40))))
    derived = harms(trial_set((ONE,), (LEFT, RIGHT), (counts(LEFT, None, 57, percentage=7.0), counts(RIGHT, 3, 40))))
    assert effects_of(plain)[0].yi == effects_of(derived)[0].yi
    assert rules_used(effects_of(plain)) == {}
    assert rules_used(effects_of(derived)) == {"rules": ["counts from percentages"]}
    assert effects_of(derived, replace(NONE, percentages=False))[0].yi is not None
    review = [study for answer in base.review()[1] for study in answer.studies]
    assert not any("Handbook 6.4.2" in text for study in review for text in study.experimental.derived)


def test_a_derived_number_has_an_id_of_its_own(base: EvidenceBase) -> None:
    words = {
        "intervention": "dextromethorphan",
        "comparator": "placebo",
        "outcome": "pain-intensity-percent-difference",
    }
    answer = base.ask(question(**words, protocol="none"))
    (study,) = (s for s in answer.studies if s.estimable)
    assert any("standard error from p = 0.01" in step for step in study.steps)
    assert answer.pool.estimate == -24


@pytest.mark.parametrize("step", HANDBOOK)
def test_the_document_has_a_section_for_every_step(step: str) -> None:
    text = Path(ROOT / "docs/harmonising.md").read_text(encoding="utf-8")
    number = list(HANDBOOK).index(step) + 1
    assert re.search(rf"^## {number}\b.*", text, re.MULTILINE)
    assert HANDBOOK[step].split(",")[0] in text
