"""One time per trial: the band asked for, or by the protocol's order; of a crossover trial its first period."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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


BEFORE = ("Baseline", "baseline", "At baseline", "Screening", "Pre-dose", "Week 0", "Day -1", "baseline (day 1)")


@pytest.mark.parametrize("words", BEFORE)
@pytest.mark.parametrize("where", ["class_text", "timepoint"])
def test_a_value_from_before_treatment_is_never_an_effect(words: str, where: str) -> None:
    said: dict[str, Any] = {where: words}
    results = tuple(means(a, 10, 1.0, 1.0, days=0.0, **said) for a in (LEFT, RIGHT))
    found = pain(trial_set((ONE,), (LEFT, RIGHT), results))
    assert reasons(found) == {"one": "only values from before treatment are reported"}
    both = (*results, *(means(a, 10, 2.0, 1.0, days=7.0, class_text="Week 1") for a in (LEFT, RIGHT)))
    assert pain(trial_set((ONE,), (LEFT, RIGHT), both)).contrasts[0].experimental.mean == 2.0


def test_a_count_from_before_treatment_is_none_either() -> None:
    results = tuple(counts(a, 3, 10, class_text="Baseline") for a in (LEFT, RIGHT))
    assert "before treatment" in reasons(harms(trial_set((ONE,), (LEFT, RIGHT), results)))["one"]


@pytest.mark.parametrize(
    ("change", "days", "words"),
    [(True, 0.0, None), (False, 0.0, "end of infusion"), (True, 56.0, "Baseline to week 8"), (False, 56.0, "Week 8")],
)
def test_day_0_of_another_moment_and_changes_from_baseline_are_effects(
    change: bool, days: float, words: str | None
) -> None:
    results = tuple(means(a, 10, 1.0, 1.0, change=change, days=days, timepoint=words) for a in (LEFT, RIGHT))
    assert len(pain(trial_set((ONE,), (LEFT, RIGHT), results)).contrasts) == 1


def test_a_final_value_of_day_0_without_words_is_from_before_treatment() -> None:
    results = tuple(means(a, 10, 1.0, 1.0, days=0.0) for a in (LEFT, RIGHT))
    assert not pain(trial_set((ONE,), (LEFT, RIGHT), results)).contrasts


LIMITS = replace(NONE, band_limits={"immediate-term": (0.0, 8.0), "short-term": (8.0, 85.0)})


@pytest.mark.parametrize(
    ("days", "asked"),
    [
        (1.0, "immediate-term"),
        (7.9, "immediate-term"),
        (8.0, "short-term"),
        (84.0, "short-term"),
        (85.0, None),
        (None, None),
    ],
)
def test_days_have_the_band_that_the_protocol_gives_them(days: float | None, asked: str | None) -> None:
    found = trial_set((ONE,), (LEFT, RIGHT), at(1, None, days))  # type: ignore[arg-type]
    for name in ("immediate-term", "short-term"):
        made = pain(found, LIMITS, replace(QUESTION, band=term(band(name))))
        assert bool(made.contrasts) == (name == asked)
        assert not pain(found, NONE, replace(QUESTION, band=term(band(name)))).contrasts
        if made.contrasts:
            assert not made.warnings
        elif asked is None:
            assert made.warnings == ("2 results of eligible trials state no time band and are left out",)


def test_a_band_that_a_source_states_stands_whatever_the_days() -> None:
    found = trial_set((ONE,), (LEFT, RIGHT), at(1, "long-term", 3.0))  # type: ignore[arg-type]
    assert not pain(found, LIMITS, replace(QUESTION, band=term(band("immediate-term")))).contrasts
    assert pain(found, LIMITS, replace(QUESTION, band=term(band("long-term")))).contrasts


def test_classes_of_one_time_are_said_and_the_first_is_used() -> None:
    classes = ((1, "mental"), (2, "physical"))
    named = [tuple(means(a, 10, m, 1.0, class_text=name) for a in (LEFT, RIGHT)) for m, name in classes]
    found = pain(trial_set((ONE,), (LEFT, RIGHT), (*named[0], *named[1])))
    assert [c.experimental.mean for c in found.contrasts] == [1]
    (said,) = found.contrasts[0].warnings
    assert said == "its source reports the outcome in classes (mental; physical); mental is used"
    total = tuple(means(a, 10, 3, 1.0) for a in (LEFT, RIGHT))
    whole = pain(trial_set((ONE,), (LEFT, RIGHT), (*named[0], *total)))
    assert whole.contrasts[0].experimental.mean == 3
    assert "the one without a class is used" in whole.contrasts[0].warnings[0]


def test_classes_are_never_put_together() -> None:
    halves = means(LEFT, 10, 1, 1.0, class_text="mental"), means(RIGHT, 10, 1, 1.0, class_text="physical")
    found = pain(trial_set((ONE,), (LEFT, RIGHT), halves))
    assert reasons(found) == {"one": "the outcome is reported for one side only"}


def test_classes_that_are_times_are_chosen_among_by_time_without_a_word() -> None:
    weeks = [tuple(means(a, 10, w, 1.0, days=7.0 * w, class_text=f"Week {w}") for a in (LEFT, RIGHT)) for w in (4, 8)]
    found = pain(trial_set((ONE,), (LEFT, RIGHT), (*weeks[0], *weeks[1])))
    assert found.contrasts[0].experimental.mean == 8
    assert found.contrasts[0].warnings == ()


@pytest.mark.parametrize(
    ("order", "total"),
    [((), 30), (("safetyPopulation", "randomisedParticipants"), 28)],
)
def test_one_denominator_is_chosen_for_both_sides(order: tuple[str, ...], total: int) -> None:
    def of(name: str, n: int) -> tuple[object, ...]:
        return tuple(counts(a, 3, n, denominator=f"https://w3id.org/evigraph/ns#{name}") for a in (LEFT, RIGHT))

    results = (*of("safetyPopulation", 28), *of("randomisedParticipants", 30), *of("completers", 20))
    found = harms(trial_set((ONE,), (LEFT, RIGHT), results), replace(NONE, denominators=order))  # type: ignore[arg-type]
    (contrast,) = found.contrasts
    assert contrast.experimental.total == contrast.control.total == total
    assert any("left aside" in step for step in contrast.steps)
