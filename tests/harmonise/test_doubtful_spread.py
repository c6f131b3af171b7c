"""A standard error that stands for an SD is flagged: an SMD above 2, or an SD far below others on its instrument."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from statistics import median
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.evidence_base import EvidenceBase
from kg.harmonise.doubtful_spread import _median_of_others
from kg.model.trialset import ArmFacts, ArmResult, InstrumentFacts
from tests.harmonise.trial_sets import NRS, PLACEBO, QUESTION, VAS, arm, means, pain, trial, trial_set, warned

Figures = tuple[int, float, float, float]


def pooled(
    *figures: Figures, instruments: tuple[InstrumentFacts, ...] | None = None, se: bool = False
) -> dict[str, tuple[str, ...]]:
    """Make one trial for each (n, mean with the drug, mean with placebo, SD of both), and return its doubts."""
    trials = [trial(f"t{i}") for i, _ in enumerate(figures)]
    arms: list[ArmFacts] = []
    results: list[ArmResult] = []
    for at, (of, (n, left, right, sd)) in enumerate(zip(trials, figures, strict=True)):
        both = arm(of, "ketamine"), arm(of, "placebo", PLACEBO)
        arms += both
        on = instruments[at] if instruments else VAS
        spread: dict[str, Any] = {"se": sd} if se and at == 0 else {"sd": sd}
        results += [means(a, n, m, instrument=on, **spread) for a, m in zip(both, (left, right), strict=True)]
    found = trial_set(tuple(trials), tuple(arms), tuple(results))
    return warned(pain(found, question=replace(QUESTION, measure="SMD")))


USUAL = ((30, 40.0, 50.0, 20.0), (40, 42.0, 50.0, 22.0), (25, 45.0, 50.0, 19.0))


def test_an_sd_that_fits_as_a_standard_error_is_flagged_with_what_it_would_be() -> None:
    said = pooled((36, 44.0, 50.0, 3.5), *USUAL)
    (text,) = said["t0"]
    assert "far below the 20 of others" in text
    assert "as a standard error of 36 people it would be an SD of 21" in text
    assert not any(said[name] for name in ("t1", "t2", "t3"))


def test_a_difference_of_more_than_two_sds_is_flagged_in_a_single_study() -> None:
    (text,) = pooled((30, 40.0, 50.0, 4.0))["t0"]
    assert "2.5 SDs apart" in text
    assert pooled((30, 40.0, 50.0, 5.1)) == {"t0": ()}


def test_what_was_derived_from_a_standard_error_is_not_flagged() -> None:
    assert pooled((36, 44.0, 50.0, 0.5), *USUAL, se=True)["t0"] == ()


@pytest.mark.parametrize(
    "figures",
    [((36, 44.0, 50.0, 12.0), *USUAL), ((4, 49.5, 50.0, 3.5), *USUAL), ((36, 48.0, 50.0, 3.5), USUAL[0])],
    ids=["a little smaller", "too few people for a standard error", "too few others to tell"],
)
def test_an_sd_that_can_be_one_is_not_flagged(figures: tuple[Figures, ...]) -> None:
    assert pooled(*figures)["t0"] == ()


def test_instruments_are_not_compared_with_each_other() -> None:
    assert pooled((36, 44.0, 50.0, 3.5), *USUAL, instruments=(NRS, VAS, VAS, VAS))["t0"] == ()


def test_the_bundled_review_has_one_such_sd(base: EvidenceBase) -> None:
    said = {
        (answer.analysis, study.label)
        for answer in base.review()[1]
        for study in answer.studies
        for text in study.warnings
        if "as a standard error" in text
    }
    assert said == {("CD015373-7.19", "Olivan-Blázquez 2014")}


@settings(max_examples=300)
@given(st.lists(st.sampled_from([1.0, 2.0, 2.5, 3.0, 7.25]), min_size=2, max_size=14), st.integers(1, 4), st.randoms())
def test_the_median_of_others_is_that_of_what_is_left(sds: list[float], count: int, chance: Random) -> None:
    own = chance.sample(sds, min(count, len(sds)))
    rest = list(sds)
    for sd in own:
        rest.remove(sd)
    assert _median_of_others(sorted(sds), own) == (median(rest) if len(rest) >= 4 else None)
