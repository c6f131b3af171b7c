"""A dose in a unit that is probably another one is said on its study, on the others, and in the answer."""

from __future__ import annotations

from typing import Any

import pytest

from kg.harmonise.contrasts import Harmonised
from kg.harmonise.doses import dose_of
from tests.harmonise.trial_sets import KETAMINE, MEMANTINE, PLACEBO, arm, counts, harms, trial, trial_set, warned

ONE = trial("any")


def pooled(*doses: dict[str, Any], drug: str = KETAMINE) -> Harmonised:
    """Make one trial for each dose of a drug."""
    trials = [trial(f"t{i}") for i, _ in enumerate(doses)]
    left = [arm(t, "drug", **{"studied": drug, **given}) for t, given in zip(trials, doses, strict=True)]
    right = [arm(t, "placebo", PLACEBO, dose="50 mcg") for t in trials]
    results = [counts(a, i + 2, 50 + i) for i, a in enumerate((*left, *right))]
    found = trial_set(tuple(trials), (*left, *right), tuple(results), intervention=(KETAMINE, MEMANTINE))
    return harms(found)


@pytest.mark.parametrize(
    ("dose", "said"),
    [
        ({"dose_value": 50.0, "dose_unit": "mcg"}, "50 mcg"),
        ({"dose_value": 50.0, "dose_unit": "\N{MICRO SIGN}g"}, "50 mcg"),
        ({"dose": "50 \N{GREEK SMALL LETTER MU}g daily"}, "50 mcg"),
        ({"dose_value": 0.5, "dose_unit": "mg/kg"}, "0.5 mg/kg"),
        ({"dose": "0.5 mg/kg (chronic pain with PTSD)"}, "0.5 mg/kg"),
        ({"dose": "80 mg over 5 h; gabapentin 300 mg three times daily"}, "80 mg"),
        ({"dose": "7 micrograms/kg/min"}, "7 mcg/kg"),
        ({"dose": "6 x 419 mg/day"}, "419 mg"),
        ({"dose": "20-100 mg once daily"}, "100 mg"),
        ({"dose": "2% / 1% cream"}, "None"),
        ({"dose": "low dose"}, "None"),
        ({"dose_value": 3.0, "dose_unit": "tablets"}, "None"),
        ({"dose_value": 3.0, "dose_unit": None}, "None"),
        ({"dose_value": 0.0, "dose_unit": "mg"}, "None"),
        ({}, "None"),
    ],
)
def test_a_dose_is_a_number_with_a_unit_of_mass(dose: dict[str, Any], said: str) -> None:
    assert str(dose_of(arm(ONE, "drug", **dose))) == said


@pytest.mark.parametrize("written", ["structured", "in words"])
def test_equal_numbers_in_units_a_thousand_apart_are_said_everywhere(written: str) -> None:
    given = (("50", "mcg"), ("50", "mg"), ("60", "mg"))
    doses: dict[str, list[dict[str, Any]]] = {
        "structured": [{"dose_value": float(n), "dose_unit": unit} for n, unit in given],
        "in words": [{"dose": f"{n} {unit}"} for n, unit in given],
    }
    found = pooled(*doses[written])
    said = warned(found)
    assert said["t0"][0] == (
        "the dose of ketamine is 50 mcg, in t1 50 mg: the same number in units apart, so one unit is probably wrong"
    )
    assert any("in t0 50 mcg" in text for text in said["t1"])
    assert any("1,200 times apart" in text for text in said["t2"])
    assert "t0: " + said["t0"][0] in found.warnings


@pytest.mark.parametrize(
    "doses",
    [
        ({"dose": "5 mg"}, {"dose": "400 mg"}),
        ({"dose": "0.5 mg/kg"}, {"dose": "400 mg"}),
        ({"dose": "50 mcg", "route": "topical"}, {"dose": "50 mg", "route": "oral"}),
        ({"dose": "50 mcg"}, {"dose": "50 mg", "studied": MEMANTINE}),
        ({"dose": "50 mcg"}, {}),
        ({"dose": "50 mcg"},),
    ],
    ids=["a range", "by weight", "another route", "another drug", "no dose", "alone"],
)
def test_doses_that_can_be_right_say_nothing(doses: tuple[dict[str, Any], ...]) -> None:
    found = pooled(*doses)
    assert len(found.contrasts) == len(doses)
    assert not found.warnings
