"""How a pool is made and headed: Hartung-Knapp, prediction intervals, I2, and options that exclude each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kg.errors import Contradiction, NotPoolable
from kg.evidence.effects import Effect
from kg.evidence.pooling import Options, options, pooled
from kg.evidence_base import EvidenceBase, question
from kg.harmonise.contrasts import Contrast
from kg.model.answer import Pool
from kg.protocol import NONE, Protocol
from tests.harmonise.trial_sets import PLACEBO, QUESTION, arm, means, pain, trial, trial_set

ONE = trial("one")
LEFT, RIGHT = arm(ONE, "ketamine"), arm(ONE, "placebo", PLACEBO)
CONTRAST: Contrast = pain(
    trial_set((ONE,), (LEFT, RIGHT), (means(LEFT, 9, 1.0, 1.0), means(RIGHT, 9, 2.0, 1.0)))
).contrasts[0]
SPREAD = [(-2.0, 0.1), (0.5, 0.2), (-4.0, 0.15), (1.0, 0.3), (-1.0, 0.2)]
ALIKE = [(-1.0, 0.5), (-1.05, 0.4), (-0.95, 0.6)]


def pool(
    pairs: list[tuple[float, float]], method: str, ci: str, protocol: Protocol = NONE
) -> tuple[Pool, str, list[str]]:
    strata = [replace(CONTRAST.comparison, stratum=f"s{i}") for i, _ in enumerate(pairs)]
    found = [Effect(replace(CONTRAST, comparison=s), y, v, None) for s, (y, v) in zip(strata, pairs, strict=True)]
    value, _, headed, warnings = pooled(found, "MD", Options(method, ci), protocol)
    return value, headed, warnings


@pytest.mark.parametrize("ci", ["hk", "hk-adhoc"])
@pytest.mark.parametrize("method", ["DL", "REML", "PM"])
@pytest.mark.parametrize(("pairs", "why"), [(SPREAD[:2], "two trials"), (ALIKE, "no heterogeneity")])
def test_hartung_knapp_does_not_head_two_trials_or_none_that_differ(
    pairs: list[tuple[float, float]], why: str, method: str, ci: str
) -> None:
    value, headed, warnings = pool(pairs, method, ci)
    assert headed == "wald"
    assert any(why in warning for warning in warnings)
    assert value.ci is not None
    assert value.estimate is not None
    assert value.se is not None
    assert value.ci[0] == pytest.approx(value.estimate - stats.norm.ppf(0.975) * value.se)
    assert {a.ci_method for a in value.alternatives} == {"hk", "hk-adhoc"}


def test_hartung_knapp_heads_three_trials_that_differ_and_wald_stands_beside() -> None:
    value, headed, warnings = pool(SPREAD[:3], "DL", "hk")
    assert headed == "hk"
    assert not warnings
    assert [a.ci_method for a in value.alternatives] == ["wald", "hk-adhoc"]


def test_the_hartung_knapp_interval_is_that_of_its_formula() -> None:
    """Hartung & Knapp 2001, written out here from the pooled tau2."""
    value, _, _ = pool(SPREAD, "DL", "hk")
    assert value.heterogeneity is not None
    assert value.heterogeneity.tau2 is not None
    y, v = (np.array(column) for column in zip(*SPREAD, strict=True))
    w = 1 / (v + value.heterogeneity.tau2)
    mean = float(np.average(y, weights=w))
    se = float(np.sqrt(np.sum(w * (y - mean) ** 2) / (y.size - 1) / w.sum()))
    half = float(stats.t.ppf(0.975, y.size - 1)) * se
    assert value.ci == pytest.approx((mean - half, mean + half))


@pytest.mark.parametrize("ci", ["wald", "t", "hk", "hk-adhoc"])
def test_one_trial_has_its_own_wald_interval_and_no_alternatives(ci: str) -> None:
    value, headed, warnings = pool(SPREAD[:1], "REML", ci)
    assert headed == "wald"
    assert not warnings
    assert value.alternatives == ()
    assert value.ci == pytest.approx((-2 - 1.959964 * 0.1**0.5, -2 + 1.959964 * 0.1**0.5))
    assert value.heterogeneity is not None
    assert value.heterogeneity.i2 is None
    assert value.heterogeneity.tau2 is None


@pytest.mark.parametrize("ci", ["wald", "hk"])
@pytest.mark.parametrize("k", [3, 4, 5])
def test_a_prediction_interval_from_five_trials_on(k: int, ci: str) -> None:
    value, _, _ = pool(SPREAD[:k], "DL", ci)
    if k < 5:
        assert value.prediction_interval is None
        assert value.pi_df is None
        return
    assert value.prediction_interval is not None
    assert value.estimate is not None
    assert value.se is not None
    assert value.heterogeneity is not None
    assert value.heterogeneity.tau2 is not None
    law = stats.norm if value.pi_df is None else stats.t(value.pi_df)
    half = float(law.ppf(0.975)) * (value.heterogeneity.tau2 + value.se**2) ** 0.5
    assert value.prediction_interval == pytest.approx((value.estimate - half, value.estimate + half))


def test_the_protocol_can_ask_for_more_trials() -> None:
    assert pool(SPREAD, "DL", "wald", replace(NONE, minimum_for_prediction_interval=6))[0].prediction_interval is None


def test_the_common_effect_model_has_neither_prediction_interval_nor_tau2_nor_alternatives() -> None:
    value, headed, _ = pool(SPREAD, "EE", "wald")
    assert headed == "wald"
    assert value.prediction_interval is None
    assert value.alternatives == ()
    assert value.heterogeneity is not None
    assert value.heterogeneity.tau2 is None
    assert value.heterogeneity.i2_definition == "Q"


def test_i2_follows_its_definition() -> None:
    by_q = pool(SPREAD, "REML", "wald", replace(NONE, i2_definition="Q"))[0].heterogeneity
    by_tau2 = pool(SPREAD, "REML", "wald", replace(NONE, i2_definition="tau2"))[0].heterogeneity
    assert by_q is not None
    assert by_tau2 is not None
    assert (by_q.i2_definition, by_tau2.i2_definition) == ("Q", "tau2")
    assert by_q.q == by_tau2.q
    assert by_q.q is not None
    assert by_q.i2 == pytest.approx(100 * (by_q.q - 4) / by_q.q)
    w = 1 / np.array([v for _, v in SPREAD])
    typical = 4 * w.sum() / (w.sum() ** 2 - (w**2).sum())
    assert by_tau2.tau2 is not None
    assert by_tau2.i2 == pytest.approx(100 * by_tau2.tau2 / (by_tau2.tau2 + typical))


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(0.05, 5)), min_size=2, max_size=8),
    st.sampled_from(["DL", "PM", "REML", "EE"]),
)
def test_the_pool_lies_among_its_trials_and_inside_its_interval(pairs: list[tuple[float, float]], method: str) -> None:
    try:
        value, _, _ = pool(pairs, method, "wald")
    except NotPoolable:
        return
    assert value.estimate is not None
    assert value.ci is not None
    assert min(y for y, _ in pairs) - 1e-9 <= value.estimate <= max(y for y, _ in pairs) + 1e-9
    assert value.ci[0] < value.estimate < value.ci[1]


@pytest.mark.parametrize("method", ["EE", "MH", "PETO"])
@pytest.mark.parametrize("ci", ["hk", "hk-adhoc", "t", "knha"])
def test_an_interval_of_random_effects_contradicts_a_common_effect_method(method: str, ci: str) -> None:
    with pytest.raises(Contradiction, match=rf"--ci .*--method {method}"):
        options(replace(QUESTION, method=method, ci=ci), NONE, "OR")


@pytest.mark.parametrize("measure", ["MD", "SMD"])
@pytest.mark.parametrize("method", ["MH", "PETO"])
def test_methods_for_counts_contradict_measures_of_means(method: str, measure: str) -> None:
    with pytest.raises(Contradiction, match=rf"--method {method}.*--measure {measure}"):
        options(replace(QUESTION, method=method), NONE, measure)


@pytest.mark.parametrize("measure", ["RR", "RD"])
def test_peto_gives_odds_ratios_alone(measure: str) -> None:
    with pytest.raises(Contradiction, match="--measure OR"):
        options(replace(QUESTION, method="PETO"), NONE, measure)


def test_both_spellings_of_an_option_are_one_answer(base: EvidenceBase) -> None:
    words = {"intervention": "ketamine", "comparator": "placebo", "outcome": "nausea"}
    for ours, theirs in (("wald", "z"), ("hk", "knha"), ("hk-adhoc", "adhoc")):
        assert base.ask(question(**words, ci=ours)).id == base.ask(question(**words, ci=theirs)).id
    assert base.ask(question(**words, method="EE")).id == base.ask(question(**words, method="FE")).id


def test_a_pool_without_variance_is_refused_with_a_way_out(base: EvidenceBase) -> None:
    words = {"intervention": "esketamine", "comparator": "midazolam", "outcome": "tolerability", "measure": "RD"}
    with pytest.raises(NotPoolable, match="--method EE"):
        base.ask(question(**words, method="MH"))
    assert base.ask(question(**words, method="EE")).pool.k == 1
