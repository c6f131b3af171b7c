"""People with an event from a percentage, only where one whole number alone is printed so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.harmonise.percentages import counted
from kg.protocol import NONE
from tests.harmonise.trial_sets import PLACEBO, arm, counts, effects_of, harms, trial, trial_set

ONE = trial("one")
LEFT, RIGHT = arm(ONE, "ketamine"), arm(ONE, "placebo", PLACEBO)


@given(st.integers(1, 5000), st.data(), st.integers(0, 2))
def test_a_percentage_as_printed_gives_its_count_or_nothing(n: int, data: st.DataObject, decimals: int) -> None:
    events = data.draw(st.integers(0, n))
    printed = float(f"{100 * events / n:.{decimals}f}")
    found, how, why = counted(counts(LEFT, None, n, percentage=printed))
    assert found in (events, None)
    assert (found is None) == (why is not None) == (how is None)
    if n <= 50 and decimals == 0 and printed % 10:
        assert found == events


@pytest.mark.parametrize(
    ("percentage", "total", "events"), [(7.0, 158, 11), (7.0, 57, 4), (45.5, 11, 5), (33.3, 30, 10), (100, 40, 40)]
)
def test_an_unambiguous_count_is_derived_and_marked(percentage: float, total: int, events: int) -> None:
    results = (counts(LEFT, None, total, percentage=percentage), counts(RIGHT, 3, 40))
    (contrast,) = harms(trial_set((ONE,), (LEFT, RIGHT), results)).contrasts
    assert contrast.experimental.events == events
    assert contrast.experimental.derived == (f"events from {percentage:g} % of {total} (Handbook 6.4.2)",)
    assert contrast.rules == {"counts from percentages"}
    assert any(step.startswith("experimental: events from") for step in contrast.steps)


@pytest.mark.parametrize(
    ("figures", "total", "why"),
    [
        ({"percentage": 7.0}, 1580, "may be 103 to 118 people; give more decimals"),
        ({"percentage": 33.0}, 10, "is no whole number of people"),
        ({"percentage": 33.0}, None, "without its denominator"),
        ({"episodes": 12}, 40, "episodes are counted, not people"),
    ],
)
def test_what_gives_no_count_is_listed_with_the_reason(figures: dict[str, Any], total: int | None, why: str) -> None:
    results = (counts(LEFT, None, total, **figures), counts(RIGHT, 3, 40))
    (effect,) = effects_of(harms(trial_set((ONE,), (LEFT, RIGHT), results)))
    assert effect.yi is None
    assert why in str(effect.why_not)


def test_a_reported_count_stands_before_its_percentage() -> None:
    assert counted(counts(LEFT, 3, 40, percentage=7.5)) == (3, None, None)


def test_a_protocol_can_forbid_it() -> None:
    results = (counts(LEFT, None, 57, percentage=7.0), counts(RIGHT, 3, 40))
    found = harms(trial_set((ONE,), (LEFT, RIGHT), results), replace(NONE, percentages=False))
    assert "the protocol derives no counts" in str(effects_of(found)[0].why_not)
