"""Which arms stand on the two sides: what was studied in them decides, all else being the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.evidence_base import EvidenceBase, question
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


def test_a_drug_added_to_what_both_arms_have_is_not_compared_with_that() -> None:
    """Memantine with gabapentin against gabapentin tells of memantine, not of memantine against gabapentin."""
    gabapentin = f"{BASE}drug/gabapentin"
    left = arm(ONE, "memantine", background=("gabapentin",))
    right = replace(arm(ONE, "gabapentin", role="active", background=("gabapentin",)), studied=None)
    counted = (counts(left, 3, 10), counts(right, 1, 10))
    found = trial_set((ONE,), (left, right), counted, intervention=(MEMANTINE,), comparator=(gabapentin,))
    asked = replace(QUESTION, intervention=term(MEMANTINE), comparator=term(gabapentin))
    refused = harms(found, NONE, asked)
    assert not refused.contrasts
    assert reasons(refused)["one"].startswith("the drug is added to gabapentin, which both arms have")
    nothing = f"{BASE}intervention/no-treatment"
    added = replace(found, comparator=frozenset({nothing}))
    (contrast,) = harms(added, NONE, replace(asked, comparator=term(nothing))).contrasts
    assert (contrast.experimental.events, contrast.control.events) == (3, 1)


def test_usual_care_is_no_treatment_and_an_arm_of_which_nothing_is_known_is_not() -> None:
    nothing = f"{BASE}intervention/no-treatment"
    left = arm(ONE, "ketamine")
    for role, studies in (("usualCare", 1), ("unknownRole", 0)):
        right = replace(arm(ONE, "other", role=role), studied=None)
        found = trial_set((ONE,), (left, right), (counts(left, 3, 10), counts(right, 1, 10)), comparator=(nothing,))
        assert len(harms(found, NONE, replace(QUESTION, comparator=term(nothing))).contrasts) == studies


def test_a_class_against_its_own_member_gives_its_reasons() -> None:
    trials = trial("both"), trial("alone")
    arms = (
        arm(trials[0], "ketamine"),
        arm(trials[0], "memantine"),
        arm(trials[1], "ketamine"),
        arm(trials[1], "placebo", PLACEBO),
    )
    found = trial_set(
        trials,
        arms,
        tuple(counts(a, 3, 10) for a in arms),
        intervention=(KETAMINE, MEMANTINE),
        comparator=(KETAMINE,),
    )
    asked = harms(found, NONE, replace(QUESTION, comparator=term(KETAMINE)))
    assert not asked.contrasts
    assert reasons(asked) == {
        "both": "ketamine is one of the drugs asked for, so it cannot be their control; name the other drug alone"
    }
    assert any("no arm can stand on both sides" in text for text in asked.warnings)


def test_a_class_against_its_own_member_gives_its_reasons_on_the_bundled_graph(base: EvidenceBase) -> None:
    words = {"intervention": "nmda-receptor-antagonist", "comparator": "ketamine", "outcome": "responder-30"}
    answer = base.ask(question(**words, protocol="none"))
    assert answer.pool.k == 0
    assert "ketamine is one of NMDA receptor antagonist" in answer.warnings[0]
    assert {e.label for e in answer.excluded} >= {"Kim 2015"}
    alone = base.ask(question(**{**words, "intervention": "magnesium"}, protocol="none"))
    assert alone.pool.k == 1


def test_jafarzadeh_2023_is_no_trial_of_memantine_against_gabapentin(base: EvidenceBase) -> None:
    words = {"intervention": "memantine", "comparator": "gabapentin", "outcome": "neuropathic-pain-score"}
    answer = base.ask(question(**words, protocol="none"))
    assert not answer.studies
    assert "compared with nothing added" in {e.label: e.reason for e in answer.excluded}["Jafarzadeh 2023"]
    added = base.ask(question(**{**words, "comparator": "no added treatment"}, protocol="none"))
    assert [s.label for s in added.studies] == ["Jafarzadeh 2023"]
