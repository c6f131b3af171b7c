"""Which arms stand on the two sides: what was studied in them decides, all else being the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.iris import BASE
from kg.protocol import NONE
from tests.harmonise.trial_sets import (
    KETAMINE,
    MEMANTINE,
    PLACEBO,
    QUESTION,
    arm,
    counts,
    harms,
    reasons,
    term,
    trial,
    trial_set,
)

MIDAZOLAM = f"{BASE}drug/midazolam"
COUNTED = replace(NONE, active_placebo_is_placebo=True)
ONE = trial("one")


@pytest.mark.parametrize(("protocol", "studies"), [(NONE, 0), (COUNTED, 1)])
def test_an_active_placebo_is_placebo_where_the_protocol_says_so(protocol: object, studies: int) -> None:
    left, right = arm(ONE, "ketamine"), arm(ONE, "midazolam", role="activePlacebo")
    found = trial_set((ONE,), (left, right), (counts(left, 3, 10), counts(right, 1, 10)))
    assert len(harms(found, protocol).contrasts) == studies  # type: ignore[arg-type]


@pytest.mark.parametrize("protocol", [NONE, COUNTED])
def test_an_active_placebo_is_a_comparator_of_its_own_in_any_case(protocol: object) -> None:
    left, right = arm(ONE, "ketamine"), arm(ONE, "midazolam", role="activePlacebo")
    found = trial_set((ONE,), (left, right), (counts(left, 3, 10), counts(right, 1, 10)), comparator=(MIDAZOLAM,))
    asked = replace(QUESTION, comparator=term(MIDAZOLAM))
    assert len(harms(found, protocol, asked).contrasts) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("side", ["experimental", "control"])
def test_a_combination_with_an_add_on_never_matches(side: str) -> None:
    left = arm(ONE, "ketamine", add_on=("amitriptyline",) if side == "experimental" else ())
    right = arm(ONE, "placebo", PLACEBO, add_on=("amitriptyline",) if side == "control" else ())
    found = harms(trial_set((ONE,), (left, right), (counts(left, 3, 10), counts(right, 1, 10))))
    assert not found.contrasts
    assert found.eligible == 0
    assert set(reasons(found)) == {"one"}


def test_arms_over_different_backgrounds_are_not_compared() -> None:
    left, right = arm(ONE, "ketamine", background=("morphine",)), arm(ONE, "placebo", PLACEBO)
    found = harms(trial_set((ONE,), (left, right), (counts(left, 3, 10), counts(right, 1, 10))))
    assert not found.contrasts
    assert reasons(found) == {"one": "the arms differ in more than the drug studied"}


def test_arms_over_the_same_background_are_compared() -> None:
    left, right = (
        arm(ONE, "ketamine", background=("morphine",)),
        arm(ONE, "placebo", PLACEBO, background=("morphine",)),
    )
    assert len(harms(trial_set((ONE,), (left, right), (counts(left, 3, 10), counts(right, 1, 10)))).contrasts) == 1


def test_a_factorial_trial_compares_within_the_background_that_both_sides_report() -> None:
    alone, over = arm(ONE, "k", KETAMINE), arm(ONE, "k-m", KETAMINE, background=("morphine",))
    placebo, with_morphine = arm(ONE, "p", PLACEBO), arm(ONE, "p-m", PLACEBO, background=("morphine",))
    arms = (alone, over, placebo, with_morphine)
    all_of_them = harms(trial_set((ONE,), arms, tuple(counts(a, 2, 10) for a in arms)))
    assert all_of_them.contrasts[0].experimental.total == all_of_them.contrasts[0].control.total == 20
    crossed = harms(trial_set((ONE,), arms, (counts(alone, 2, 10), counts(with_morphine, 3, 10))))
    assert not crossed.contrasts
    three = harms(trial_set((ONE,), arms, (counts(alone, 2, 10), counts(placebo, 3, 10), counts(over, 9, 10))))
    assert three.contrasts[0].experimental.events == 2


def test_the_route_is_that_of_the_experimental_arm() -> None:
    left, right = arm(ONE, "ketamine", route="oral"), arm(ONE, "placebo", PLACEBO)
    found = trial_set((ONE,), (left, right), (counts(left, 3, 10), counts(right, 1, 10)))
    route = f"{BASE}route/"
    assert len(harms(found, NONE, replace(QUESTION, route=term(route + "oral"))).contrasts) == 1
    refused = harms(found, NONE, replace(QUESTION, route=term(route + "intravenous")))
    assert reasons(refused) == {"one": "another route: oral"}


def test_strata_stand_as_rows_of_their_own_and_never_cross() -> None:
    arms = tuple(
        arm(ONE, f"{name}-{stratum}", drug, stratum=stratum)
        for stratum in ("with", "without")
        for name, drug in (("k", KETAMINE), ("p", PLACEBO))
    )
    found = harms(trial_set((ONE,), arms, tuple(counts(a, i + 1, 10) for i, a in enumerate(arms))))
    assert [(c.stratum, c.experimental.events, c.control.events) for c in found.contrasts] == [
        ("with", 1, 2),
        ("without", 3, 4),
    ]
    crossed = harms(trial_set((ONE,), (arms[0], arms[3]), (counts(arms[0], 1, 10), counts(arms[3], 1, 10))))
    assert not crossed.contrasts


def test_an_arm_of_another_drug_of_the_class_is_no_control() -> None:
    left, right = arm(ONE, "ketamine"), arm(ONE, "memantine")
    found = trial_set(
        (ONE,),
        (left, right),
        (counts(left, 3, 10), counts(right, 1, 10)),
        intervention=(KETAMINE, MEMANTINE),
        comparator=(PLACEBO, KETAMINE),
    )
    assert not harms(found).contrasts
