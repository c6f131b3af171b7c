"""A reported composite before a component, and effects that a trial reports without figures for its arms."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from kg.evidence.effects import effects
from kg.evidence_base import EvidenceBase, question
from kg.iris import BASE
from kg.protocol import NONE
from tests.harmonise.trial_sets import (
    HARM,
    PLACEBO,
    QUESTION,
    arm,
    counts,
    means,
    pain,
    reported,
    term,
    trial,
    trial_set,
)

ONE, TWO = trial("one"), trial("two")
LEFT, RIGHT = arm(ONE, "ketamine"), arm(ONE, "placebo", PLACEBO)
FIRST, SECOND = f"{BASE}outcome/first", f"{BASE}outcome/second"
COMPOSITE = (HARM, FIRST, SECOND)


@pytest.mark.parametrize(("reporting", "events"), [((SECOND, FIRST, HARM), 5), ((SECOND, FIRST), 3), ((SECOND,), 2)])
def test_the_composite_before_a_component_and_components_never_added(reporting: tuple[str, ...], events: int) -> None:
    count = {HARM: 5, FIRST: 3, SECOND: 2}
    results = tuple(counts(a, count[o], 10, outcome=o) for o in reporting for a in (LEFT, RIGHT))
    found = pain(
        trial_set((ONE,), (LEFT, RIGHT), results, outcomes=COMPOSITE), NONE, replace(QUESTION, outcome=term(HARM))
    )
    (contrast,) = found.contrasts
    assert contrast.experimental.events == events
    assert any("narrower" in step for step in contrast.steps) == (HARM not in reporting)


def test_components_are_not_asked_for_without_a_protocol_that_names_them(base: EvidenceBase) -> None:
    words = {"intervention": "ketamine", "comparator": "placebo", "outcome": "psychotomimetic"}
    ours, plain = base.ask(question(**words)), base.ask(question(**words, protocol="none"))
    narrower = {s.label for s in ours.studies if any("narrower" in step for step in s.steps)}
    assert narrower
    assert narrower.isdisjoint(s.label for s in plain.studies)


def effect_of(measure: str, *contrasts: object) -> list[tuple[float | None, float | None, str | None]]:
    found = trial_set((ONE,), (LEFT, RIGHT), (), contrasts)  # type: ignore[arg-type]
    made = pain(found, NONE, replace(QUESTION, measure=measure))
    return [(e.yi, e.vi, e.why_not) for e in effects(made.contrasts, measure, NONE)]


@pytest.mark.parametrize("text", ["<0.0001", "0.54"])
def test_a_p_value_alone_is_listed_and_not_estimable(text: str) -> None:
    assert effect_of("MD", reported(LEFT, RIGHT, None, None, p=text)) == [
        (None, None, f"only a p value ({text}) is reported")
    ]


def test_an_effect_with_its_interval_is_used() -> None:
    ((yi, vi, why),) = effect_of("SMD", reported(LEFT, RIGHT, "SMD", -0.2, ci=(-0.6, 0.3)))
    assert why is None
    assert yi == -0.2
    assert vi == pytest.approx((0.9 / (2 * 1.959964)) ** 2, rel=1e-6)


def test_a_reversed_effect_is_flipped_and_said() -> None:
    straight, turned = (
        effect_of("SMD", c)[0]
        for c in (reported(LEFT, RIGHT, "SMD", -0.2, ci=(-0.6, 0.3)), reported(RIGHT, LEFT, "SMD", 0.2, ci=(-0.3, 0.6)))
    )
    assert straight == turned
    made = pain(trial_set((ONE,), (LEFT, RIGHT), (), (reported(RIGHT, LEFT, "SMD", 0.2, ci=(-0.3, 0.6)),)))
    assert any("reversed" in step for step in made.contrasts[0].steps)
    assert made.contrasts[0].experimental.arm == LEFT.arm


def test_a_reversed_ratio_is_inverted() -> None:
    ((yi, vi, _),) = effect_of("RR", reported(RIGHT, LEFT, "RR", 2.0, ci=(1.0, 4.0)))
    assert yi == pytest.approx(-math.log(2))
    assert vi == pytest.approx((math.log(4) / (2 * 1.959964)) ** 2, rel=1e-6)


def test_another_measure_is_listed_and_not_estimable() -> None:
    ((yi, _, why),) = effect_of("RR", reported(LEFT, RIGHT, "OR", 2.0, ci=(1.0, 4.0)))
    assert yi is None
    assert why == "a OR is reported, which is not a RR"


def test_an_effect_without_spread_is_listed_and_not_estimable() -> None:
    ((_, _, why),) = effect_of("SMD", reported(LEFT, RIGHT, "SMD", -1.43))
    assert why == "the effect is reported without a standard error or interval"


def test_a_mean_difference_on_a_scale_not_stated_is_not_pooled_with_others() -> None:
    other = arm(TWO, "ketamine"), arm(TWO, "placebo", PLACEBO)
    found = trial_set(
        (ONE, TWO),
        (LEFT, RIGHT, *other),
        (means(other[0], 20, 30.0, 9.0), means(other[1], 20, 50.0, 9.0)),
        (reported(LEFT, RIGHT, "MD", -1.0, ci=(-2.0, 0.0)),),
    )
    first, second = effects(pain(found).contrasts, "MD", NONE)
    assert first.why_not is not None
    assert "scale of the reported difference is not stated" in first.why_not
    assert second.yi == pytest.approx(-20.0)


def test_a_contrast_over_different_backgrounds_is_not_used() -> None:
    over = arm(ONE, "over", f"{BASE}drug/ketamine", background=("morphine",))
    placebo = arm(ONE, "placebo-m", PLACEBO, background=("morphine",))
    crossed = reported(LEFT, placebo, "SMD", -0.2, ci=(-0.6, 0.3))
    assert not pain(trial_set((ONE,), (LEFT, over, RIGHT, placebo), (), (crossed,))).contrasts


def test_arms_come_before_a_contrast_of_the_same_source() -> None:
    figures = (means(LEFT, 20, 3.0, 2.0), means(RIGHT, 20, 5.0, 2.0))
    found = trial_set((ONE,), (LEFT, RIGHT), figures, (reported(LEFT, RIGHT, "MD", -9.0, ci=(-10.0, -8.0)),))
    assert pain(found).contrasts[0].reported is None


def test_pickering_2020_is_never_a_contrast_with_the_combination(base: EvidenceBase) -> None:
    words = {"intervention": "ketamine", "comparator": "placebo", "outcome": "pain-intensity", "measure": "SMD"}
    answer = base.ask(question(**words, protocol="none", instrument="pain-auc-score-days"))
    used = {r for s in answer.studies for side in (s.experimental, s.control) for r in side.results}
    assert not any(r.endswith(("contrast/reports/pickering-2020/2", "contrast/reports/pickering-2020/3")) for r in used)
    assert [(s.label, s.yi) for s in answer.studies] == [("Pickering 2020", -0.2)]


def test_p_values_of_the_bundled_graph_are_listed_with_their_text(base: EvidenceBase) -> None:
    words = {"intervention": "amantadine", "comparator": "placebo", "outcome": "neuropathy-symptoms"}
    answer = base.ask(question(**words, protocol="none"))
    assert answer.pool.k == 0
    assert [s.warnings[-1] for s in answer.studies] == ["not estimable: only a p value (0.02) is reported"]
    assert "0 participants" not in answer.sentence
