"""Effects that sources report between arms: their level, scale and direction, and where their precision is from."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from scipy import stats

from kg.errors import NotPoolable
from kg.evidence.derivations import rules_used
from kg.evidence.effects import Effect
from kg.iris import BASE
from kg.model.trialset import InstrumentFacts, ReportedContrast
from kg.protocol import NONE, OutcomeRule, Protocol
from tests.harmonise.trial_sets import (
    NRS,
    PLACEBO,
    QUESTION,
    RELIEF,
    UNKNOWN,
    VAS,
    arm,
    effects_of,
    harms,
    means,
    pain,
    reported,
    term,
    trial,
    trial_set,
)

ONE, TWO = trial("one"), trial("two")
LEFT, RIGHT = arm(ONE, "ketamine", analysed=25), arm(ONE, "placebo", PLACEBO, analysed=22)
OTHER = arm(TWO, "ketamine"), arm(TWO, "placebo", PLACEBO)
ON_0_100 = replace(NONE, outcomes={"pain-intensity": OutcomeRule(scale=(0.0, 100.0))})


def alone(measure: str, estimate: float | None, protocol: Protocol = NONE, **more: Any) -> Effect:
    said = reported(LEFT, RIGHT, more.pop("of", measure), estimate, **more)
    found = pain(trial_set((ONE,), (LEFT, RIGHT), (), (said,)), protocol, replace(QUESTION, measure=measure))
    return effects_of(found, protocol)[0]


def beside(
    said: ReportedContrast,
    instrument: InstrumentFacts,
    measure: str,
    protocol: Protocol = NONE,
    other: InstrumentFacts = NRS,
) -> list[Effect]:
    """Pool a reported contrast, whose record measures the outcome on an instrument, beside a trial with figures."""
    bare = (means(LEFT, 25, None, instrument=instrument), means(RIGHT, 22, None, instrument=instrument))
    full = (means(OTHER[0], 20, 3.0, 2.0), means(OTHER[1], 20, 5.0, 2.0))
    found = trial_set((ONE, TWO), (LEFT, RIGHT, *OTHER), (*bare, *full), (said,))
    return effects_of(pain(found, protocol, replace(QUESTION, measure=measure)), protocol)


@pytest.mark.parametrize("level", [80.0, 90.0, 97.5, 99.0])
def test_an_interval_is_read_at_the_level_that_its_source_states(level: float) -> None:
    half = float(stats.norm.ppf(0.5 + level / 200)) * 0.3
    effect = alone("SMD", -0.2, ci=(-0.2 - half, -0.2 + half), ci_level=level)
    assert effect.vi == pytest.approx(0.09, rel=1e-9)
    assert any(f"the {level:g} % interval" in step for step in effect.steps)
    ratio = alone("RR", 2.0, ci=(2.0 * math.exp(-half), 2.0 * math.exp(half)), ci_level=level)
    assert ratio.vi == pytest.approx(0.09, rel=1e-9)


def test_a_one_sided_bound_has_the_quantile_of_one_side() -> None:
    bound = -0.2 + float(stats.norm.ppf(0.975)) * 0.3
    effect = alone("SMD", -0.2, ci_high=bound, ci_level=97.5, sided=1)
    assert effect.vi == pytest.approx(0.09, rel=1e-9)
    assert alone("SMD", -0.2, ci_high=bound, ci_level=97.5).yi is None


def test_an_exact_p_value_gives_the_standard_error_of_the_handbook() -> None:
    """Handbook 6.5.2.3: a difference of 3.8 in groups of 25 and 22 with p = 0.008 has a standard error of 1.37."""
    effect = alone("MD", 3.8, p_relation="=", p_value=0.008, p="0.008")
    assert effect.vi is not None
    assert math.sqrt(effect.vi) == pytest.approx(1.37, abs=0.005)
    ratio = alone("OR", 2.0, p_relation="=", p_value=0.03)
    assert ratio.vi == pytest.approx((math.log(2) / float(stats.norm.isf(0.015))) ** 2, rel=1e-9)
    assert rules_used([effect]) == {"rules": ["standard error from p"]}
    assert rules_used([alone("MD", 3.8, se=1.0)]) == {}


@pytest.mark.parametrize(
    "said",
    [
        {"p_relation": "<", "p_value": 0.008},
        {"p_relation": "=", "p_value": 0.0},
        {"p_relation": "=", "p_value": 1.0},
        {"p_relation": "=", "p_value": 0.008, "method_text": "t-test for non-inferiority"},
        {"p_relation": "=", "p_value": 0.9, "sided": 1},
        {},
    ],
)
def test_a_p_value_that_tells_no_precision_gives_none(said: dict[str, Any]) -> None:
    effect = alone("MD", 3.8, **said)
    assert effect.yi is None
    assert effect.why_not == "the effect is reported without a standard error or interval"


@pytest.mark.parametrize(("measure", "section"), [("MD", "6.3.1"), ("RR", "6.3.2")])
@pytest.mark.parametrize("said", [{"ci": (0.4, 0.9)}, {"p_relation": "=", "p_value": 0.03}])
def test_a_standard_error_names_the_section_of_its_measure(measure: str, section: str, said: dict[str, Any]) -> None:
    effect = alone(measure, 0.6, **said)
    assert effect.vi is not None
    assert [f"Handbook {section})" in step for step in effect.steps] == [False, True]


@pytest.mark.parametrize(("estimate", "ci"), [(-0.22, (-0.5, 0.06)), (0.8, (-0.1, 1.2)), (0.0, (0.0, 1.0))])
def test_a_ratio_below_zero_is_no_ratio(estimate: float, ci: tuple[float, float]) -> None:
    assert "is above zero" in str(alone("RR", estimate, ci=ci).why_not)


def test_observed_minus_expected_gives_petos_logarithm() -> None:
    said = reported(LEFT, RIGHT, "OR", None, observed_minus_expected=-3.2, variance=5.1)
    found = harms(trial_set((ONE,), (LEFT, RIGHT), (), (replace(said, outcome=f"{BASE}outcome/any-adverse-event"),)))
    (effect,) = effects_of(replace(found, measure="OR"))
    assert (effect.yi, effect.vi) == pytest.approx((-3.2 / 5.1, 1 / 5.1))


def test_a_difference_is_pooled_on_the_instrument_that_its_record_uses() -> None:
    said = reported(LEFT, RIGHT, "MD", -1.5, se=0.5)
    first, second = beside(said, NRS, "MD")
    assert (first.yi, first.vi, second.yi) == pytest.approx((-1.5, 0.25, -2.0))
    first, _ = beside(said, NRS, "MD", ON_0_100)
    assert (first.yi, first.vi) == pytest.approx((-15.0, 25.0))
    assert any("rescaled from 0-10 to 0-100" in step for step in first.contrast.steps)
    assert first.contrast.rules == {"instrument of contrasts"}
    with pytest.raises(NotPoolable, match="several instruments"):
        beside(said, VAS, "MD")


@pytest.mark.parametrize(("instrument", "sign"), [(NRS, 1), (VAS, 1), (RELIEF, -1)])
def test_a_standardised_difference_is_turned_the_way_of_its_instrument(instrument: InstrumentFacts, sign: int) -> None:
    first, second = beside(reported(LEFT, RIGHT, "SMD", -0.4, se=0.2), instrument, "SMD")
    assert first.yi == pytest.approx(-0.4 * sign)
    assert second.why_not is None


@pytest.mark.parametrize("instrument", [UNKNOWN, None])
def test_a_standardised_difference_of_unknown_direction_is_not_pooled_with_others(
    instrument: InstrumentFacts | None,
) -> None:
    said = reported(LEFT, RIGHT, "SMD", -0.4, se=0.2)
    if instrument is None:
        full = (means(OTHER[0], 20, 3.0, 2.0), means(OTHER[1], 20, 5.0, 2.0))
        found = trial_set((ONE, TWO), (LEFT, RIGHT, *OTHER), full, (said,))
        first, second = effects_of(pain(found, NONE, replace(QUESTION, measure="SMD")))
    else:
        first, second = beside(said, instrument, "SMD")
    assert "whether lower is better in the reported difference is not known" in str(first.why_not)
    assert second.why_not is None
    assert alone("SMD", -0.4, se=0.2).yi == -0.4


def test_a_question_for_an_instrument_finds_the_contrast_on_it() -> None:
    said = reported(LEFT, RIGHT, "MD", -1.5, se=0.5)
    bare = (means(LEFT, 25, None), means(RIGHT, 22, None))
    found = trial_set((ONE,), (LEFT, RIGHT), bare, (said,))
    for instrument, there in ((NRS, True), (VAS, False)):
        asked = replace(QUESTION, measure="MD", instrument=term(instrument.instrument))
        assert any(c.reported for c in pain(found, NONE, asked).contrasts) == there


def test_a_contrast_of_another_measure_gives_way_to_arms_without_figures() -> None:
    bare = (means(LEFT, 25, 3.0), means(RIGHT, 22, 5.0))
    said = reported(LEFT, RIGHT, "SMD", -0.4, se=0.2)
    found = pain(trial_set((ONE,), (LEFT, RIGHT), bare, (said,)), NONE, replace(QUESTION, measure="MD"))
    assert found.contrasts[0].reported is None
