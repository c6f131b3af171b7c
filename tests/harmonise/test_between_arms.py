"""The SD of two arms from the difference between them, by the worked example of the Handbook, and where it is sound."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from kg.harmonise.contrasts import Harmonised
from kg.model.trialset import ReportedContrast
from tests.harmonise.trial_sets import PLACEBO, QUESTION, arm, effects_of, means, pain, reported, trial, trial_set

ONE = trial("one")
LEFT, RIGHT = arm(ONE, "ketamine"), arm(ONE, "placebo", PLACEBO)


def contrast(measure: str | None = None, estimate: float | None = None, **more: Any) -> ReportedContrast:
    return reported(LEFT, RIGHT, measure, estimate, **{"p_relation": "=", "p_value": 0.008, **more})


def asked(said: ReportedContrast, *, design: str = "parallel", measure: str = "SMD", **figures: Any) -> Harmonised:
    """Handbook 6.5.2.3: means 3.8 apart in groups of 25 and 22, p = 0.008."""
    of = replace(ONE, design=f"https://w3id.org/evigraph/ns#{design}")
    period: dict[str, Any] = {"period": "firstPeriod"} if design == "crossover" else {}
    results = (means(LEFT, 25, 12.8, **figures, **period), means(RIGHT, 22, 9.0, **period))
    return pain(trial_set((of,), (LEFT, RIGHT), results, (said,)), question=replace(QUESTION, measure=measure))


def test_an_exact_p_value_gives_the_sd_of_the_handbook() -> None:
    found = asked(contrast())
    (one,) = found.contrasts
    assert one.experimental.sd == one.control.sd == pytest.approx(4.69, abs=0.01)
    assert any("6.5.2.3" in text for text in one.experimental.derived)
    assert one.rules == {"SD from the difference between arms"}
    assert effects_of(found)[0].yi is not None
    (difference,) = effects_of(asked(contrast(), measure="MD"))
    assert difference.vi is not None
    assert math.sqrt(difference.vi) == pytest.approx(1.37, abs=0.005)


def test_the_interval_of_a_difference_gives_the_same_sd_as_its_standard_error() -> None:
    se = 1.3687
    half = 2.0141033888808 * se
    by_interval = asked(contrast("MD", 3.8, ci=(3.8 - half, 3.8 + half), p_value=None))
    by_error = asked(contrast("MD", 3.8, se=se, p_value=None))
    sds = [found.contrasts[0].experimental.sd for found in (by_interval, by_error)]
    assert sds[0] == pytest.approx(sds[1], rel=1e-9)
    assert sds[1] == pytest.approx(se / math.sqrt(1 / 25 + 1 / 22), rel=1e-12)


def test_a_one_sided_p_value_is_doubled() -> None:
    one_sided = asked(contrast(p_value=0.004, sided=1)).contrasts[0].experimental.sd
    assert one_sided == pytest.approx(asked(contrast()).contrasts[0].experimental.sd)


@pytest.mark.parametrize(
    "said",
    [
        contrast(p_relation="<"),
        contrast(p_value=None),
        contrast(p_value=0.0),
        contrast(method_text="ANCOVA"),
        contrast(method_text="Mixed Models Analysis"),
        contrast(method_text="Wilcoxon (Mann-Whitney)"),
        contrast(method_text="t-test, non-inferiority"),
        contrast("SMD", -0.4, se=0.2),
        contrast(timepoint="week 4"),
        replace(contrast(), contrast="https://w3id.org/evigraph/contrast/other/one/1"),
    ],
    ids=["bound", "none", "zero", "adjusted", "model", "ranks", "non-inferiority", "smd", "time", "source"],
)
def test_what_is_not_of_a_t_test_of_these_arms_gives_no_sd(said: ReportedContrast) -> None:
    found = asked(said, measure="MD")
    (one,) = found.contrasts
    assert one.experimental.sd is None
    assert one.rules == frozenset()


def test_a_named_t_test_is_sound() -> None:
    assert asked(contrast(method_text="t-test, 2 sided")).contrasts[0].experimental.sd is not None


def test_a_crossover_trial_tells_no_sd_within_arms() -> None:
    assert asked(contrast(), design="crossover").contrasts[0].experimental.sd is None


def test_a_reported_sd_is_never_replaced() -> None:
    (one,) = asked(contrast(), sd=3.0).contrasts
    assert one.experimental.sd == 3.0
    assert one.control.sd is None
