"""A crossover trial enters with its first period, as paired, or not at all; its people are counted once."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from kg.evidence.pooling import options, pooled
from kg.harmonise.contrasts import Harmonised
from kg.iris import EV
from kg.model.trialset import ArmResult, TrialFacts
from kg.protocol import NONE, Protocol
from tests.harmonise.trial_sets import (
    KETAMINE,
    PLACEBO,
    QUESTION,
    arm,
    counts,
    effects_of,
    harms,
    means,
    pain,
    reasons,
    reported,
    trial,
    trial_set,
    warned,
)

CROSSED = trial("crossed", design="crossover")
LEFT, RIGHT = arm(CROSSED, "ketamine"), arm(CROSSED, "placebo", PLACEBO)
PAIRED = replace(NONE, correlation=0.68)


def example(period: str | None = "allPeriods", of: TrialFacts = CROSSED) -> tuple[ArmResult, ...]:
    """The worked example of the Handbook, 23.2.7.4."""
    return means(LEFT, 10, 7.0, 2.38, period=period), means(RIGHT, 10, 6.5, 2.21, period=period)


def asked(results: tuple[ArmResult, ...], protocol: Protocol = PAIRED, of: TrialFacts = CROSSED) -> Harmonised:
    return pain(trial_set((of,), (LEFT, RIGHT), results), protocol, replace(QUESTION, measure="MD"))


def test_all_periods_are_paired_by_the_correlation_of_the_protocol() -> None:
    found = asked(example())
    (effect,) = effects_of(found, PAIRED)
    assert effect.yi == pytest.approx(0.5)
    assert effect.vi is not None
    assert math.sqrt(effect.vi) == pytest.approx(0.583, abs=5e-4)
    assert any("23.2.7" in step for step in found.contrasts[0].steps)
    assert any("23.2.7.1" in step for step in effect.steps)


def test_a_standardised_difference_is_paired_as_in_the_handbook() -> None:
    found = pain(trial_set((CROSSED,), (LEFT, RIGHT), example()), PAIRED, replace(QUESTION, measure="SMD"))
    (effect,) = effects_of(found, PAIRED)
    assert effect.yi == pytest.approx(0.218, abs=5e-4)
    assert effect.vi is not None
    assert math.sqrt(effect.vi) == pytest.approx(0.256, abs=5e-4)


@pytest.mark.parametrize(("measure", "metafor"), [("OR", (1.18562366565774, 0.263260748205399))])
def test_counts_of_all_periods_are_paired_as_metafor_does(measure: str, metafor: tuple[float, float]) -> None:
    protocol = replace(NONE, correlation=0.5)
    results = tuple(counts(a, n, 20, period="allPeriods") for a, n in ((LEFT, 9), (RIGHT, 4)))
    found = harms(trial_set((CROSSED,), (LEFT, RIGHT), results), protocol, replace(QUESTION, measure=measure))
    (effect,) = effects_of(found, protocol)
    assert (effect.yi, effect.vi) == pytest.approx(metafor, rel=1e-12)
    assert any("Becker" in step for step in effect.steps)


def test_a_correlation_that_the_counts_cannot_have_is_said() -> None:
    protocol = replace(NONE, correlation=0.95)
    results = tuple(counts(a, n, 20, period="allPeriods") for a, n in ((LEFT, 15), (RIGHT, 2)))
    (effect,) = effects_of(harms(trial_set((CROSSED,), (LEFT, RIGHT), results), protocol), protocol)
    assert effect.why_not is None
    assert any("can have no correlation of 0.95" in step for step in effect.steps)


@pytest.mark.parametrize(("events", "why"), [((0, 0), "no event in either arm"), ((3, None), "not reported: events")])
def test_paired_counts_without_an_effect_say_why(events: tuple[int, int | None], why: str) -> None:
    results = tuple(counts(a, n, 20, period="allPeriods") for a, n in zip((LEFT, RIGHT), events, strict=True))
    (effect,) = effects_of(harms(trial_set((CROSSED,), (LEFT, RIGHT), results), PAIRED), PAIRED)
    assert effect.yi is None
    assert why in str(effect.why_not)


def test_periods_of_different_sizes_have_no_known_pairs_of_counts() -> None:
    results = (counts(LEFT, 9, 20, period="allPeriods"), counts(RIGHT, 4, 19, period="allPeriods"))
    (effect,) = effects_of(harms(trial_set((CROSSED,), (LEFT, RIGHT), results), PAIRED), PAIRED)
    assert "20 and 19 people" in str(effect.why_not)


def test_without_a_correlation_all_periods_stay_out() -> None:
    assert reasons(asked(example(), NONE)) == {
        "crossed": "a crossover trial that reports over all periods, without paired data"
    }


@pytest.mark.parametrize("design", ["crossover", "parallel"])
def test_a_later_period_is_never_used_whatever_the_design_or_the_protocol(design: str) -> None:
    of = trial("crossed", design=design)
    willing = replace(PAIRED, periods=("firstPeriod", "allPeriods", "unknownPeriod"))
    found = asked(example("laterPeriod"), willing, of)
    assert "changed their intervention" in reasons(found)["crossed"]


def test_a_result_over_all_periods_is_of_a_crossover_trial_where_the_design_is_not_stated() -> None:
    of = replace(CROSSED, design=None)
    assert "over all periods" in reasons(asked(example(), NONE, of))["crossed"]
    assert asked(example(), PAIRED, of).contrasts[0].correlation == 0.68


def test_the_order_of_the_protocol_says_whether_the_first_period_comes_first() -> None:
    first = (means(LEFT, 5, 1.0, 1.0, period="firstPeriod"), means(RIGHT, 5, 2.0, 1.0, period="firstPeriod"))
    either = (*example(), *first)
    assert asked(either).contrasts[0].experimental.mean == 1.0
    other_way = replace(PAIRED, periods=("allPeriods", "firstPeriod"))
    assert asked(either, other_way).contrasts[0].experimental.mean == 7.0


def test_a_period_that_is_not_stated_enters_with_a_warning_where_the_protocol_lets_it() -> None:
    found = asked(example(None), replace(NONE, periods=("unknownPeriod",)))
    assert any("period of the crossover trial is not stated" in text for text in warned(found)["crossed"])


def test_all_periods_as_independent_arms_are_a_warning() -> None:
    found = asked(example(), replace(NONE, periods=("allPeriods",)))
    assert any("its interval is too wide" in text for text in warned(found)["crossed"])
    assert found.contrasts[0].correlation is None


def test_a_source_that_analysed_a_crossover_trial_as_parallel_is_a_warning() -> None:
    of = replace(CROSSED, analysed_as=EV + "parallel")
    found = asked(example(), PAIRED, of)
    assert any("analysed the crossover trial as if its arms were independent" in t for t in warned(found)["crossed"])
    first = asked(example("firstPeriod"), PAIRED, of)
    assert warned(first) == {"crossed": ()}


def test_people_who_had_both_interventions_count_once() -> None:
    found = asked(example())
    pool = pooled(effects_of(found, PAIRED), "MD", options(replace(QUESTION, measure="MD"), PAIRED, "MD"), PAIRED)[0]
    people = pool.participants
    assert (people.experimental, people.control, people.total) == (10, 10, 10)


def test_several_arms_over_all_periods_are_the_same_people_and_not_combined() -> None:
    high = arm(CROSSED, "high", KETAMINE)
    results = (*example(), means(high, 10, 6.0, 2.0, period="allPeriods"))
    found = pain(trial_set((CROSSED,), (LEFT, high, RIGHT), results), PAIRED, replace(QUESTION, measure="MD"))
    (effect,) = effects_of(found, PAIRED)
    assert effect.yi is None
    assert "the same people: name one drug" in str(effect.why_not)


def test_an_effect_that_a_crossover_trial_reports_is_taken_as_paired_and_said() -> None:
    contrast = reported(LEFT, RIGHT, "MD", 0.5, se=0.583)
    found = pain(trial_set((CROSSED,), (LEFT, RIGHT), (), (contrast,)), NONE, replace(QUESTION, measure="MD"))
    assert any("taken to be of a paired analysis" in text for text in warned(found)["crossed"])
    (effect,) = effects_of(found)
    assert (effect.yi, effect.vi) == pytest.approx((0.5, 0.583**2))
