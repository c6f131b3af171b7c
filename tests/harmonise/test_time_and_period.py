"""One time per trial: the band asked for, or by the protocol's order; of a crossover trial its first period."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.evidence_base import EvidenceBase, question
from kg.protocol import NONE
from tests.harmonise.trial_sets import (
    PLACEBO,
    QUESTION,
    arm,
    band,
    counts,
    harms,
    means,
    pain,
    reasons,
    term,
    trial,
    trial_set,
)

ONE = trial("one")
LEFT, RIGHT = arm(ONE, "ketamine"), arm(ONE, "placebo", PLACEBO)


def at(mean: float, in_band: str | None, days: float | None) -> tuple[object, ...]:
    return tuple(means(a, 10, mean, 1.0, in_band=in_band, days=days) for a in (LEFT, RIGHT))


TIMES = (*at(1, "short-term", 30), *at(2, "short-term", 60), *at(3, "immediate-term", 2), *at(4, None, 400))
FOUND = trial_set((ONE,), (LEFT, RIGHT), TIMES)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bands", "within", "asked", "mean"),
    [
        (("short-term", "immediate-term"), "latest", None, 2),
        (("short-term", "immediate-term"), "earliest", None, 1),
        (("immediate-term", "short-term"), "latest", None, 3),
        (("immediate-term", "short-term"), "latest", "short-term", 2),
        (("long-term",), "latest", "immediate-term", 3),
    ],
)
def test_one_time_is_chosen_by_band_then_within_it(
    bands: tuple[str, ...], within: str, asked: str | None, mean: int
) -> None:
    protocol = replace(NONE, bands=bands, within_band=within)
    wanted = replace(QUESTION, band=term(band(asked)) if asked else None)
    assert [c.experimental.mean for c in pain(FOUND, protocol, wanted).contrasts] == [mean]


def test_a_question_with_a_band_tells_what_states_none() -> None:
    found = pain(FOUND, NONE, replace(QUESTION, band=term(band("short-term"))))
    assert found.warnings == ("2 results of eligible trials state no time band and are left out",)


def test_a_trial_with_other_times_only_stays_eligible_and_is_named() -> None:
    found = pain(FOUND, NONE, replace(QUESTION, band=term(band("long-term"))))
    assert not found.contrasts
    assert found.eligible == 1
    assert "the outcome at other times only" in reasons(found)["one"]


CROSSED = trial("crossed", design="crossover")
C_LEFT, C_RIGHT = arm(CROSSED, "ketamine"), arm(CROSSED, "placebo", PLACEBO)


def periods(*names: str | None) -> tuple[object, ...]:
    return tuple(counts(a, i + 1, 10, period=name) for i, name in enumerate(names) for a in (C_LEFT, C_RIGHT))


def test_the_first_period_of_a_crossover_is_used_whatever_else_is_there() -> None:
    found = harms(trial_set((CROSSED,), (C_LEFT, C_RIGHT), periods("allPeriods", "firstPeriod", None)))  # type: ignore[arg-type]
    (contrast,) = found.contrasts
    assert contrast.experimental.events == 2
    assert any("first period" in step for step in contrast.steps)


@pytest.mark.parametrize(
    ("period", "said"), [("allPeriods", "over all periods"), ("unknownPeriod", "not stated"), (None, "not stated")]
)
def test_unpaired_periods_of_a_crossover_are_refused(period: str | None, said: str) -> None:
    found = harms(trial_set((CROSSED,), (C_LEFT, C_RIGHT), periods(period)))  # type: ignore[arg-type]
    assert not found.contrasts
    assert said in reasons(found)["crossed"]


def test_a_parallel_trial_needs_no_period() -> None:
    results = (counts(LEFT, 1, 10), counts(RIGHT, 2, 10))
    assert len(harms(trial_set((ONE,), (LEFT, RIGHT), results)).contrasts) == 1


def test_pickering_2020_enters_with_its_first_period(base: EvidenceBase) -> None:
    words = {"intervention": "ketamine", "comparator": "placebo", "outcome": "any-adverse-event"}
    for protocol in ("cd015373", "none"):
        answer = base.ask(question(**words, protocol=protocol))
        (study,) = (s for s in answer.studies if s.trial.endswith("pickering-2020"))
        assert (study.experimental.events, study.experimental.total) == (3, 8)
        assert (study.control.events, study.control.total) == (2, 6)
