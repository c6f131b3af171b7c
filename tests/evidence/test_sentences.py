"""What may be said: never of no effect without a difference that matters, uncertain where the interval is open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.evidence.wording import sentence
from kg.evidence_base import EvidenceBase, question
from kg.harmonise.contrasts import Harmonised
from kg.model.answer import Displayed, Participants, Pool, Published
from kg.protocol import NONE, OutcomeRule, Protocol
from tests.harmonise.trial_sets import (
    NRS,
    PLACEBO,
    QUESTION,
    UNKNOWN,
    arm,
    counts,
    harms,
    means,
    pain,
    trial,
    trial_set,
)

ONE = trial("one")
LEFT, RIGHT = arm(ONE, "ketamine"), arm(ONE, "placebo", PLACEBO)
PAIN = pain(trial_set((ONE,), (LEFT, RIGHT), (means(LEFT, 20, 1.0, 2.0), means(RIGHT, 20, 2.0, 2.0))))
HARMS = harms(trial_set((ONE,), (LEFT, RIGHT), (counts(LEFT, 1, 20), counts(RIGHT, 2, 20))))


def pool(low: float, high: float) -> Pool:
    middle = (low + high) / 2
    return Pool(
        k=1,
        k_rows=1,
        participants=Participants(20, 20, 40),
        estimate=middle,
        se=1.0,
        ci=(low, high),
        p_value=0.5,
        prediction_interval=None,
        pi_df=None,
        display=Displayed(middle, (low, high)),
        heterogeneity=None,
    )


def mattering(difference: float | None, scale: tuple[float, float] | None = None) -> Protocol:
    return replace(NONE, outcomes={"pain-intensity": OutcomeRule((), scale, difference)})


def said(low: float, high: float, protocol: Protocol = NONE, found: Harmonised = PAIN, measure: str = "MD") -> str:
    return sentence(QUESTION, replace(found, measure=measure), pool(low, high), None, protocol)


@pytest.mark.parametrize(("low", "high"), [(-0.01, 0.01), (-0.5, 0.5), (-30.0, 30.0), (0.0, 0.0)])
@pytest.mark.parametrize("measure", ["MD", "SMD", "RD"])
def test_without_a_difference_that_matters_an_interval_over_zero_is_uncertain(
    low: float, high: float, measure: str
) -> None:
    text = said(low, high, measure=measure)
    assert "uncertain" in text
    assert "no effect" not in text
    assert "no important effect" not in text


@pytest.mark.parametrize(("low", "high"), [(0.9, 1.1), (0.2, 4.0)])
@pytest.mark.parametrize("measure", ["RR", "OR"])
def test_a_ratio_is_uncertain_around_one(low: float, high: float, measure: str) -> None:
    assert "uncertain" in said(low, high, found=HARMS, measure=measure)


def test_an_interval_inside_the_difference_that_matters_says_so() -> None:
    assert "no important effect" in said(-0.5, 0.4, mattering(1.0))


@pytest.mark.parametrize(("low", "high"), [(-1.0, 0.5), (-0.5, 1.0), (-2.0, 2.0)])
def test_an_interval_that_reaches_the_difference_is_uncertain(low: float, high: float) -> None:
    text = said(low, high, mattering(1.0))
    assert "uncertain" in text
    assert "no important effect" not in text


@pytest.mark.parametrize("measure", ["SMD", "RR", "OR"])
def test_points_of_a_scale_say_nothing_of_another_measure(measure: str) -> None:
    assert "no important effect" not in said(0.6, 1.4, mattering(10.0), measure=measure)
    assert "no important effect" not in said(-0.9, 0.9, mattering(10.0), measure=measure)


def test_points_of_a_scale_say_nothing_of_an_instrument_off_it() -> None:
    off = replace(PAIN, contrasts=tuple(replace(c, instrument=UNKNOWN) for c in PAIN.contrasts))
    assert "no important effect" not in said(-0.5, 0.4, mattering(10.0, (0.0, 100.0)), off)
    on = replace(PAIN, contrasts=tuple(replace(c, instrument=NRS) for c in PAIN.contrasts))
    assert "no important effect" in said(-0.5, 0.4, mattering(10.0, (0.0, 100.0)), on)


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (-3.0, -1.5, "The whole interval is at least the smallest difference that matters (1)."),
        (1.0, 3.0, "The whole interval is at least the smallest difference that matters (1)."),
        (-3.0, -0.5, "Whether the difference matters is not settled"),
    ],
)
def test_a_difference_is_held_against_the_one_that_matters(low: float, high: float, told: str) -> None:
    text = said(low, high, mattering(1.0))
    assert told in text
    assert ("lower" if high < 0 else "higher") in text


def test_certainty_is_said_only_where_a_person_gave_one() -> None:
    judged = Published("r", "a", 1.0, (0.5, 2.0), "printed", "low")
    assert sentence(QUESTION, PAIN, pool(-1, 1), judged, NONE).endswith("certainty of this evidence as low.")
    assert "certainty" not in sentence(QUESTION, PAIN, pool(-1, 1), replace(judged, certainty=None), NONE)
    assert "certainty" not in sentence(QUESTION, PAIN, pool(-1, 1), None, NONE)


def test_the_certainty_of_the_review_needs_the_trials_of_the_review(base: EvidenceBase) -> None:
    words = {"intervention": "ketamine", "comparator": "placebo", "outcome": "pain-intensity", "band": "immediate-term"}
    same = base.ask(question(**words, route="intravenous"))
    assert same.published is not None
    assert same.published.certainty == "very low"
    for other in ({"route": "intravenous", "condition": "CRPS"}, {}, {"route": "intravenous", "measure": "SMD"}):
        answer = base.ask(question(**(words | other)))
        assert answer.published is None or answer.published.certainty is None
        assert "certainty" not in answer.sentence


def test_nothing_found_is_said_as_nothing_found(base: EvidenceBase) -> None:
    words = {"intervention": "ketamine", "comparator": "placebo", "outcome": "opioid-use"}
    answer = base.ask(question(**words))
    assert answer.pool.k == 0
    assert answer.pool.estimate is None
    assert "there is no evidence to pool" in answer.sentence
    assert answer.excluded
