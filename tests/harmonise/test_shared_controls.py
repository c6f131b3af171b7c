"""One control for several comparisons: once where drugs are combined, divided where each drug stands on its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.harmonise.contrasts import Harmonised
from kg.harmonise.shared_controls import divided
from kg.protocol import NONE, Protocol
from tests.harmonise.trial_sets import (
    KETAMINE,
    MEMANTINE,
    PLACEBO,
    QUESTION,
    arm,
    counts,
    effects_of,
    harms,
    means,
    pain,
    reported,
    trial,
    trial_set,
    warned,
)

ONE = trial("one")
K, M, P = arm(ONE, "ketamine"), arm(ONE, "memantine"), arm(ONE, "placebo", PLACEBO)
CLASS = (KETAMINE, MEMANTINE)
SPLIT = replace(NONE, shared_controls="split")
EVENTS = (counts(K, 3, 20), counts(M, 4, 21), counts(P, 5, 21))


def by_class(protocol: Protocol, results: Any = EVENTS, arms: Any = (K, M, P)) -> Harmonised:
    return harms(trial_set((ONE,), arms, results, intervention=CLASS), protocol)


def test_drugs_of_a_class_are_one_side_and_the_control_counts_once() -> None:
    (one,) = by_class(NONE).contrasts
    assert (one.experimental.events, one.experimental.total, one.control.total) == (7, 41, 21)


def test_each_drug_has_its_part_of_the_control_where_the_protocol_divides_it() -> None:
    found = by_class(SPLIT)
    assert [(c.label, c.experimental.total, c.control.events, c.control.total) for c in found.contrasts] == [
        ("one (ketamine)", 20, 3, 11),
        ("one (memantine)", 21, 2, 10),
    ]
    assert sum(c.control.total or 0 for c in found.contrasts) == 21
    assert all(any("23.3.4" in step for step in c.steps) for c in found.contrasts)
    assert all(effect.why_not is None for effect in effects_of(found, SPLIT))


def test_a_mean_stays_as_it_is_and_its_people_are_divided() -> None:
    results = (means(K, 20, 3.0, 1.0), means(M, 20, 4.0, 1.0), means(P, 21, 5.0, 2.0))
    found = pain(trial_set((ONE,), (K, M, P), results, intervention=CLASS), SPLIT)
    assert [(c.control.n, c.control.mean, c.control.sd) for c in found.contrasts] == [(11, 5.0, 2.0), (10, 5.0, 2.0)]


def test_a_control_that_one_drug_alone_needs_is_whole() -> None:
    (one,) = by_class(SPLIT, (EVENTS[0], EVENTS[2])).contrasts
    assert (one.label, one.control.total) == ("one (ketamine)", 21)


def test_one_drug_in_two_doses_is_one_comparison() -> None:
    high = arm(ONE, "high", KETAMINE)
    results = (EVENTS[0], counts(high, 1, 19), EVENTS[2])
    (one,) = by_class(SPLIT, results, (K, high, P)).contrasts
    assert (one.label, one.experimental.total, one.control.total) == ("one", 39, 21)


@given(st.integers(2, 300), st.data(), st.integers(2, 5))
def test_parts_add_up_to_the_whole_and_none_has_more_events_than_people(
    n: int, data: st.DataObject, parts: int
) -> None:
    events = data.draw(st.integers(0, n))
    whole = by_class(NONE, (EVENTS[0], counts(P, events, n))).contrasts[0].control
    made = [divided(whole, part, parts) for part in range(parts)]
    assert (sum(s.total or 0 for s in made), sum(s.events or 0 for s in made)) == (n, events)
    assert sum(s.n or 0 for s in made) == n
    for part in made:
        assert part.events is not None
        assert part.total is not None
        assert 0 <= part.events <= part.total
        assert abs(part.total - n / parts) < 1
        assert abs(part.events - events * part.total / n) <= 1


def sharing(protocol: Protocol = NONE, named: str = "NCT00000001") -> Harmonised:
    """Two records, the second of which says that its control is that of the first."""
    first, second = trial("nct00000001"), trial("nct00000003", shares_control_with=frozenset({named}))
    arms = tuple(arm(t, name, drug) for t in (first, second) for name, drug in (("k", KETAMINE), ("p", PLACEBO)))
    results = tuple(counts(a, n, 100) for a, n in zip(arms, (30, 20, 31, 20), strict=True))
    return harms(trial_set((first, second), arms, results), protocol)


@pytest.mark.parametrize("named", ["NCT00000001", "nct00000001"])
def test_records_that_share_their_control_say_so_on_both_and_in_the_answer(named: str) -> None:
    found = sharing(named=named)
    assert [c.control.total for c in found.contrasts] == [100, 100]
    for label, other in (("nct00000001", "nct00000003"), ("nct00000003", "nct00000001")):
        said = f"shares its control with {other}: its people count in both"
        assert warned(found)[label] == (said,)
        assert f"{label}: {said}" in found.warnings


def test_a_protocol_divides_it_between_records_too() -> None:
    found = sharing(SPLIT)
    assert [(c.control.events, c.control.total) for c in found.contrasts] == [(10, 50), (10, 50)]
    assert all("it is divided between them" in text for texts in warned(found).values() for text in texts)


def test_a_name_that_stands_for_no_trial_of_the_pool_says_nothing() -> None:
    assert not sharing(named="NCT99999999").warnings


def test_two_reported_effects_cannot_be_divided_and_say_so() -> None:

    first, second = trial("a"), trial("b", shares_control_with=frozenset({"a"}))
    arms = tuple(arm(t, name, drug) for t in (first, second) for name, drug in (("k", KETAMINE), ("p", PLACEBO)))
    said = (reported(arms[0], arms[1], "SMD", 0.5, se=0.2), reported(arms[2], arms[3], "SMD", 0.4, se=0.2))
    found = pain(trial_set((first, second), arms, (), said), SPLIT, replace(QUESTION, measure="SMD"))
    assert all("its people count in both" in " ".join(texts) for texts in warned(found).values())


def test_effects_as_reported_against_one_control_cannot_be_divided_and_say_so() -> None:
    said = tuple(reported(a, P, "MD", y, se=0.5) for a, y in ((K, -1.0), (M, -2.0)))
    found = pain(trial_set((ONE,), (K, M, P), (), said, intervention=CLASS), SPLIT, replace(QUESTION, measure="MD"))
    assert {c.label for c in found.contrasts} == {"one (ketamine)", "one (memantine)"}
    for label, other in (("one (ketamine)", "one (memantine)"), ("one (memantine)", "one (ketamine)")):
        text = f"shares its control with {other}: its people count in both"
        assert text in warned(found)[label]
        assert f"{label}: {text}" in found.warnings
    assert not any("shares its control" in text for texts in warned(by_class(SPLIT)).values() for text in texts)
