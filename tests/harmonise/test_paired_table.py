"""A crossover trial with a paired table of its people: its marginal effect, with the variance that the table gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kg.errors import Contradiction
from kg.evidence import as_entered
from kg.evidence.derivations import rules_used
from kg.evidence.effects import Effect
from kg.evidence.pooling import options, pooled
from kg.harmonise.contrasts import Harmonised
from kg.iris import EV
from kg.model.analysis_rule import AnalysisRule
from kg.model.trialset import ArmFacts, ArmResult, ReportedContrast
from kg.protocol import NONE, Protocol
from tests.harmonise.trial_sets import (
    HARM,
    PLACEBO,
    QUESTION,
    arm,
    counts,
    effects_of,
    harms,
    reported,
    trial,
    trial_set,
    warned,
)

CROSSED = trial("crossed", design="crossover")
LEFT, RIGHT = arm(CROSSED, "ketamine"), arm(CROSSED, "placebo", PLACEBO)
CELLS = "event_on_both", "event_on_experimental_only", "event_on_control_only", "event_on_neither"
METAFOR = {
    "RR": (0.69314718055994529, 0.1122448979591836732),
    "RD": (0.233333333333333337, 0.01040740740740740689),
    "OR": (1.05605267424931348, 0.233751109139307883),
}
"""metafor 3.8-1: escalc of MPRR, MPRD and MPOR on 5, 9, 2, 14 with to = "none"."""


def table(*cells: int, of: tuple[ArmFacts, ArmFacts] = (LEFT, RIGHT)) -> ReportedContrast:
    named: dict[str, Any] = dict(zip(CELLS, cells, strict=True))
    return reported(*of, None, None, outcome=HARM, **named)


def asked(
    contrast: ReportedContrast,
    measure: str | None = "OR",
    protocol: Protocol = NONE,
    results: tuple[ArmResult, ...] = (),
) -> Harmonised:
    found = trial_set((CROSSED,), (LEFT, RIGHT), results, (contrast,))
    return harms(found, protocol, replace(QUESTION, measure=measure))


def effect(contrast: ReportedContrast, measure: str | None = "OR", protocol: Protocol = NONE) -> Effect:
    return effects_of(asked(contrast, measure, protocol), protocol)[0]


@pytest.mark.parametrize("measure", METAFOR)
def test_the_effect_and_its_variance_are_those_of_metafor(measure: str) -> None:
    found = effect(table(5, 9, 2, 14), measure)
    assert (found.yi, found.vi) == pytest.approx(METAFOR[measure], rel=1e-12)
    assert any("Becker" in step for step in found.steps)
    assert rules_used([found]) == {"rules": ["paired table"]}


def test_a_table_reported_the_other_way_round_is_turned() -> None:
    found = effect(table(5, 2, 9, 14, of=(RIGHT, LEFT)))
    assert (found.yi, found.vi) == pytest.approx(METAFOR["OR"], rel=1e-12)
    assert (found.contrast.experimental.events, found.contrast.control.events) == (14, 7)
    assert any("reversed" in step for step in found.contrast.steps)


def test_sides_show_their_counts_and_people_count_once() -> None:
    found = asked(table(5, 9, 2, 14))
    (contrast,) = found.contrasts
    assert (contrast.experimental.events, contrast.experimental.total) == (14, 30)
    assert contrast.experimental.derived == ("events: 5 on both interventions and 9 on this one only",)
    pool = pooled(effects_of(found), "OR", options(replace(QUESTION, measure="OR"), NONE, "OR"), NONE)[0]
    assert (pool.participants.experimental, pool.participants.control, pool.participants.total) == (30, 30, 30)
    assert "paired table of 30 people" in contrast.account["design"]
    assert warned(found) == {"crossed": ()}


def test_it_needs_no_correlation_and_comes_before_one_that_is_guessed() -> None:
    guessed = tuple(counts(a, n, 30, period="allPeriods") for a, n in ((LEFT, 14), (RIGHT, 7)))
    protocol = replace(NONE, correlation=0.5)
    (contrast,) = asked(table(5, 9, 2, 14), "OR", protocol, guessed).contrasts
    assert contrast.paired is not None
    assert contrast.correlation is None


def test_the_first_period_comes_first_where_the_protocol_says_so() -> None:
    first = tuple(counts(a, n, 15, period="firstPeriod") for a, n in ((LEFT, 6), (RIGHT, 3)))
    assert asked(table(5, 9, 2, 14), "OR", NONE, first).contrasts[0].paired is None
    both = replace(NONE, periods=("allPeriods", "firstPeriod"))
    assert asked(table(5, 9, 2, 14), "OR", both, first).contrasts[0].paired is not None


def test_without_a_measure_it_has_that_of_the_protocol() -> None:
    for measure, value in METAFOR.items():
        protocol = replace(NONE, dichotomous=measure)
        found = effect(table(5, 9, 2, 14), None, protocol)
        assert (found.yi, found.vi) == pytest.approx(value, rel=1e-12)


def test_a_side_without_events_gets_what_the_protocol_adds() -> None:
    found = effect(table(0, 6, 0, 14))
    assert (found.yi, found.vi) == pytest.approx((2.9112255941793705, 2.2715921588924113), rel=1e-12)
    assert any(step.startswith("zero cell: 0.5") for step in found.steps)
    assert effect(table(0, 6, 0, 14), protocol=replace(NONE, zero_cells=0.0)).why_not is not None


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ((0, 0, 0, 20), "no event in either arm"),
        ((20, 0, 0, 0), "an event in everybody"),
        ((6, 0, 0, 14), "its variance is zero"),
    ],
)
def test_a_table_that_tells_no_interventions_apart_says_so(cells: tuple[int, ...], why: str) -> None:
    found = effect(table(*cells))
    assert found.yi is None
    assert why in str(found.why_not)


def test_the_methods_that_need_counts_of_two_groups_refuse_it() -> None:
    with pytest.raises(Contradiction, match="is analysed as paired"):
        pooled(
            [effect(table(5, 9, 2, 14))],
            "OR",
            options(replace(QUESTION, measure="OR", method="MH"), NONE, "OR"),
            NONE,
        )


def test_people_without_the_event_are_counted_in_pairs_too() -> None:
    swapped = as_entered.counted(asked(table(5, 9, 2, 14)), AnalysisRule(swapped=True))
    (found,) = effects_of(swapped)
    assert (found.yi, found.vi) == pytest.approx((-METAFOR["OR"][0], METAFOR["OR"][1]), rel=1e-12)
    assert found.contrast.experimental.events == 16


def test_a_control_that_is_the_same_people_is_not_divided() -> None:
    memantine = arm(CROSSED, "memantine")
    made = (table(5, 9, 2, 14), table(3, 4, 4, 19, of=(memantine, RIGHT)))
    drugs = (LEFT.studied or "", memantine.studied or "")
    found = trial_set((CROSSED,), (LEFT, memantine, RIGHT), (), made, intervention=drugs)
    split = harms(found, replace(NONE, shared_controls="split"), replace(QUESTION, measure="OR"))
    assert [c.control.total for c in split.contrasts] == [30, 30]


def test_a_period_of_the_source_that_analysed_it_otherwise_does_not_matter() -> None:
    of = replace(CROSSED, analysed_as=EV + "parallel")
    found = trial_set((of,), (LEFT, RIGHT), (), (table(5, 9, 2, 14),))
    assert warned(harms(found)) == {"crossed": ()}
