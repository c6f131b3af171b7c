"""Mean and SD from medians as metafor has them, refused where the summary is skewed or the protocol says so."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kg.harmonise.spread import summary
from kg.iris import EV
from kg.protocol import NONE
from tests.harmonise.trial_sets import PLACEBO, arm, effects_of, means, pain, trial, trial_set, warned

ONE = trial("one")
LEFT, RIGHT = arm(ONE, "ketamine"), arm(ONE, "placebo", PLACEBO)
FIELDS = {"min": "minimum", "q1": "q1", "median": "median", "q3": "q3", "max": "maximum"}
QUARTILES: dict[str, Any] = {"median": 42.0, "q1": 30.0, "q3": 55.0}
RANGE: dict[str, Any] = {"minimum": 5.0, "maximum": 80.0}


def test_every_summary_that_metafor_converts_gives_its_mean_and_sd(shared: Path) -> None:
    reference = json.loads((shared / "reference/metafor/conversions.json").read_text(encoding="utf-8"))
    checked = skewed = 0
    for case in reference["cases"]:
        if case["kind"] != "conv_fivenum" or case["method"] != "luo/wan/shi (metafor default)":
            continue
        columns = case["input"]
        for row, (mean, sd) in enumerate(zip(case["output"]["mean"], case["output"]["sd"], strict=True)):
            figures = {ours: columns[theirs][row] for theirs, ours in FIELDS.items() if theirs in columns}
            found = summary(means(LEFT, int(columns["n"][row]), None, **figures))
            if found.why_not is not None:
                assert "skewed" in found.why_not
                skewed += 1
                continue
            assert (found.mean, found.sd) == pytest.approx((mean, sd), rel=1e-9)
            assert found.derived
            checked += 1
    assert checked + skewed
    assert checked


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (QUARTILES, "mean and SD from median and quartiles (Luo 2018, Wan 2014; Handbook 6.5.2.5)"),
        ({**QUARTILES, **RANGE}, "mean and SD from median, quartiles and range (Luo 2018, Shi 2020"),
        ({"median": 42.0, **RANGE}, "mean and SD from median and range (Luo 2018, Wan 2014; Handbook 6.5.2.6)"),
        ({"mean": 43.0, "q1": 30.0, "q3": 55.0}, "SD from mean and quartiles"),
    ],
    ids=["quartiles", "five numbers", "range", "mean and quartiles"],
)
def test_what_was_derived_is_marked_on_its_side_and_in_the_rules(figures: dict[str, Any], said: str) -> None:
    given = dict(figures)
    results = means(LEFT, 40, given.pop("mean", None), **given), means(RIGHT, 40, 50.0, 18.0)
    (contrast,) = pain(trial_set((ONE,), (LEFT, RIGHT), results)).contrasts
    (derived,) = contrast.experimental.derived
    assert derived.startswith(said)
    assert f"experimental: {derived}" in contrast.steps
    assert contrast.rules == {"SD from quartiles or range"}
    assert contrast.control.derived == ()
    assert effects_of(pain(trial_set((ONE,), (LEFT, RIGHT), results)))[0].why_not is None


def test_a_mean_that_is_reported_stays_beside_a_derived_sd() -> None:
    found = summary(means(LEFT, 40, 43.0, q1=30.0, q3=55.0))
    assert found.mean == 43.0
    assert found.sd == pytest.approx(summary(means(LEFT, 40, None, **QUARTILES)).sd)


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ({"median": 3.0, "q1": 2.0, "q3": 20.0}, "skewed"),
        ({"median": 3.0, "minimum": 0.0, "maximum": 60.0}, "skewed"),
        ({"median": 3.0}, "a median is reported without quartiles or range"),
        ({"median": 3.0, "q1": 3.0, "q3": 3.0}, "no SD from the median and quartiles"),
        ({"geometric_mean": 3.0, "geometric_cv": 40.0}, "a geometric mean is reported"),
        ({"number_value": 3.0}, "a number is reported without saying what statistic it is"),
    ],
)
def test_what_cannot_be_derived_is_listed_with_the_reason(figures: dict[str, Any], why: str) -> None:
    results = means(LEFT, 40, None, **figures), means(RIGHT, 40, 50.0, 18.0)
    found = pain(trial_set((ONE,), (LEFT, RIGHT), results))
    (effect,) = effects_of(found)
    assert effect.yi is None
    assert why in str(effect.why_not)


@pytest.mark.parametrize(("n", "why"), [(None, "not reported: n"), (4, "n is 4")])
def test_a_median_of_too_few_people_gives_nothing(n: int | None, why: str) -> None:
    found = summary(means(LEFT, n, None, **QUARTILES))
    assert (found.mean, found.sd) == (None, None)
    assert why in str(found.why_not)


def test_a_range_beside_a_mean_gives_no_sd() -> None:
    found = summary(means(LEFT, 40, 43.0, minimum=5.0, maximum=80.0))
    assert (found.mean, found.sd, found.why_not) == (43.0, None, None)


def test_a_protocol_can_forbid_it() -> None:
    results = means(LEFT, 40, None, **QUARTILES), means(RIGHT, 40, 50.0, 18.0)
    found = pain(trial_set((ONE,), (LEFT, RIGHT), results), replace(NONE, medians=False))
    assert "the protocol derives no means from them" in str(effects_of(found)[0].why_not)


def test_the_sd_behind_a_least_squares_mean_is_a_warning() -> None:
    adjusted: dict[str, Any] = {"statistic": EV + "leastSquaresMean"}
    results = means(LEFT, 25, 3.0, se=0.4, **adjusted), means(RIGHT, 25, 5.0, se=0.4, **adjusted)
    found = pain(trial_set((ONE,), (LEFT, RIGHT), results))
    assert any("least-squares mean" in text for text in warned(found)["one"])
    assert found.contrasts[0].experimental.sd == pytest.approx(2.0)


@pytest.mark.parametrize("level", [80.0, 90.0, 97.5, 99.0])
def test_an_interval_is_read_at_its_level(level: float) -> None:
    from scipy import stats

    for n, law in ((20, stats.t(19)), (80, stats.norm())):
        half = float(law.ppf(0.5 + level / 200)) * 7 / math.sqrt(n)
        found = summary(means(LEFT, n, 3.0, ci=(3 - half, 3 + half), ci_level=level))
        assert found.sd == pytest.approx(7.0, rel=1e-9)
        assert f"{level:g} % interval" in found.derived[0]
