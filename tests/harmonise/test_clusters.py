"""Cluster-randomised trials: warned of, given the precision that their clusters leave them, or left out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from kg.evidence.pooling import options, pooled
from kg.harmonise.contrasts import Harmonised
from kg.iris import EV
from kg.pooling import escalc
from kg.protocol import NONE, Protocol
from tests.harmonise.trial_sets import (
    PLACEBO,
    QUESTION,
    arm,
    counts,
    effects_of,
    harms,
    means,
    pain,
    reasons,
    trial,
    trial_set,
    warned,
)

CLASSES = trial("classes", design="cluster", icc=0.02, mean_cluster_size=625 / 21)
LEFT, RIGHT = arm(CLASSES, "ketamine"), arm(CLASSES, "placebo", PLACEBO)
ADJUSTED = replace(NONE, cluster_rule="design-effect")
EFFECT = 1 + (625 / 21 - 1) * 0.02


def asked(protocol: Protocol, **facts: Any) -> Harmonised:
    """The worked example of the Handbook, 23.1.5: 63 of 295 against 84 of 330 children."""
    of = replace(CLASSES, **facts)
    return harms(trial_set((of,), (LEFT, RIGHT), (counts(LEFT, 63, 295), counts(RIGHT, 84, 330))), protocol)


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
def test_the_effect_is_that_of_the_effective_sample_size_of_the_handbook(measure: str) -> None:
    found = asked(ADJUSTED)
    (effect,) = effects_of(replace(found, measure=measure), ADJUSTED)
    n1, n2 = 295 / EFFECT, 330 / EFFECT
    assert (n1, n2, 63 / EFFECT, 84 / EFFECT) == pytest.approx((187.2, 209.4, 40.0, 53.3), abs=0.1)
    p, q = 63 / 295, 84 / 330
    variance = {
        "RR": (1 - p) / (n1 * p) + (1 - q) / (n2 * q),
        "OR": 1 / (n1 * p * (1 - p)) + 1 / (n2 * q * (1 - q)),
        "RD": p * (1 - p) / n1 + q * (1 - q) / n2,
    }[measure]
    assert effect.vi == pytest.approx(variance, rel=1e-12)
    assert any("design effect 1.575" in step for step in found.contrasts[0].steps)
    assert warned(found) == {"classes": ()}


def test_the_inflated_standard_error_is_that_of_the_handbook() -> None:
    """Odds ratio 0.795 (0.548 to 1.154), its logarithm -0.23 with SE 0.19, and 0.24 by a design effect of 1.576."""
    (plain,), (adjusted,) = (effects_of(replace(asked(p), measure="OR"), p) for p in (NONE, ADJUSTED))
    assert plain.yi is not None
    assert plain.vi is not None
    assert adjusted.vi is not None
    half = 1.959964 * math.sqrt(plain.vi)
    interval = [math.exp(x) for x in (plain.yi, plain.yi - half, plain.yi + half)]
    assert interval == pytest.approx([0.795, 0.548, 1.154], abs=5e-4)
    assert (plain.yi, math.sqrt(plain.vi), math.sqrt(adjusted.vi)) == pytest.approx((-0.23, 0.19, 0.24), abs=5e-3)
    assert adjusted.vi / plain.vi == pytest.approx(1.576, abs=1e-3)
    assert adjusted.yi == plain.yi


def test_counts_that_are_pooled_themselves_are_divided_and_rounded() -> None:
    worked = effects_of(asked(ADJUSTED), ADJUSTED)
    how = options(replace(QUESTION, method="MH"), ADJUSTED, "RR")
    found = pooled(worked, "RR", how, ADJUSTED)[0]
    assert found.estimate == pytest.approx(math.log((40 / 187) / (53 / 209)), rel=1e-12)


@pytest.mark.parametrize("measure", ["MD", "SMD"])
def test_means_count_less_too(measure: str) -> None:
    results = (means(LEFT, 295, 3.0, 2.0), means(RIGHT, 330, 5.0, 2.5))
    found = pain(trial_set((CLASSES,), (LEFT, RIGHT), results), ADJUSTED, replace(QUESTION, measure=measure))
    (effect,) = effects_of(found, ADJUSTED)
    plain = escalc(measure, m1i=[3.0], sd1i=[2.0], n1i=[295], m2i=[5.0], sd2i=[2.5], n2i=[330])
    assert effect.yi == pytest.approx(plain.yi[0], rel=1e-12)
    assert effect.vi == pytest.approx(plain.vi[0] * EFFECT, rel=1e-12)


def test_by_default_a_cluster_trial_enters_with_a_warning_and_its_own_counts() -> None:
    found = asked(NONE)
    (effect,) = effects_of(found)
    assert any("too narrow" in text for text in warned(found)["classes"])
    assert effect.vi == pytest.approx((1 - 63 / 295) / 63 + (1 - 84 / 330) / 84)


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({"icc": None}, "no intracluster correlation"),
        ({"mean_cluster_size": None}, "no mean size of clusters"),
        ({"icc": None, "mean_cluster_size": None}, "no intracluster correlation and no mean size of clusters"),
    ],
)
def test_what_is_missing_for_the_design_effect_is_named(facts: dict[str, Any], missing: str) -> None:
    (text,) = warned(asked(ADJUSTED, **facts))["classes"]
    assert missing in text


def test_a_protocol_can_bring_the_correlation_that_a_trial_does_not_state() -> None:
    borrowed = replace(ADJUSTED, icc=0.02)
    found = asked(borrowed, icc=None)
    assert found.contrasts[0].design_effect == pytest.approx(EFFECT)
    assert any("by the protocol" in step for step in found.contrasts[0].steps)


def test_a_source_that_analysed_the_clusters_is_taken_as_it_is() -> None:
    found = asked(ADJUSTED, analysed_as=EV + "cluster")
    assert found.contrasts[0].design_effect == 1
    assert warned(found) == {"classes": ()}


def test_a_protocol_can_leave_out_what_is_not_adjusted() -> None:
    out = replace(NONE, cluster_rule="exclude")
    assert "cluster-randomised, and not analysed so" in reasons(asked(out))["classes"]
    assert asked(out, analysed_as=EV + "cluster").contrasts
