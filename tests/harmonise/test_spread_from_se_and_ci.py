"""An SD is derived from a standard error or an interval, and marked; checked against scipy's own intervals."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kg.harmonise.spread import standard_deviation
from tests.harmonise.trial_sets import PLACEBO, arm, means, pain, trial, trial_set

ONE = trial("one")
LEFT, RIGHT = arm(ONE, "ketamine"), arm(ONE, "placebo", PLACEBO)
positive = st.floats(0.01, 50, allow_nan=False)


@given(n=st.integers(2, 500), sd=positive, mean=st.floats(-50, 50))
def test_the_sd_behind_an_interval_comes_back(n: int, sd: float, mean: float) -> None:
    se = sd / math.sqrt(n)
    law = stats.t(n - 1, loc=mean, scale=se) if n < 60 else stats.norm(loc=mean, scale=se)
    low, high = map(float, law.interval(0.95))
    found, how = standard_deviation(means(LEFT, n, mean, ci=(low, high)))
    assert found == pytest.approx(sd, rel=1e-6)
    assert how is not None
    assert ("by the t" in how) == (n < 60)


@given(n=st.integers(1, 500), sd=positive)
def test_the_sd_behind_a_standard_error_comes_back(n: int, sd: float) -> None:
    found, how = standard_deviation(means(LEFT, n, 1.0, se=sd / math.sqrt(n)))
    assert found == pytest.approx(sd, rel=1e-12)
    assert how is not None
    assert "standard error" in how


def test_a_reported_sd_is_left_alone_and_not_called_derived() -> None:
    assert standard_deviation(means(LEFT, 10, 1.0, 2.5, se=9.0, ci=(0.0, 9.0))) == (2.5, None)


@pytest.mark.parametrize(
    "bare", [means(LEFT, 10, 1.0), means(LEFT, None, 1.0, se=1.0), means(LEFT, 1, 1.0, ci=(0.0, 2.0))]
)
def test_nothing_is_made_up(bare: object) -> None:
    assert standard_deviation(bare) == (None, None)  # type: ignore[arg-type]


def test_what_was_derived_is_said_on_its_side() -> None:
    found = pain(trial_set((ONE,), (LEFT, RIGHT), (means(LEFT, 25, 3.0, se=0.4), means(RIGHT, 25, 5.0, 2.0))))
    (contrast,) = found.contrasts
    assert contrast.experimental.sd == pytest.approx(2.0)
    assert len(contrast.experimental.derived) == 1
    assert contrast.control.derived == ()
    assert [s for s in contrast.steps if s.startswith("experimental: SD from the standard error")]
