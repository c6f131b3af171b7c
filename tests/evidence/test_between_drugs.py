"""The drugs of a class compared: trials in which they share a control are correlated, as metafor 3.8-1 has it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kg.evidence.between_drugs import between_drugs
from kg.evidence.pooling import options
from kg.model.answer import BetweenDrugs
from kg.model.trialset import ArmFacts, TrialSet
from kg.protocol import NONE, Protocol
from tests.harmonise.trial_sets import (
    HARM,
    KETAMINE,
    MEMANTINE,
    PLACEBO,
    QUESTION,
    arm,
    counts,
    harms,
    means,
    pain,
    reported,
    trial,
    trial_set,
)

ONE, TWO, THREE, FOUR = (trial(name) for name in ("one", "two", "three", "four"))
SPLIT = replace(NONE, shared_controls="split", method="EE", ci="wald")
REML = replace(SPLIT, method="REML")
SUMMED: dict[str, tuple[float, float, float]] = {
    "RR": (-0.49546922964656603, 0.61314159859300454, 0.43360738887292555),
    "OR": (-0.67543920232848254, 0.69817052225451015, 0.4033991089093284),
    "RD": (-0.14404786264148275, 1.8714343354019476, 0.17131089367859892),
}
"""rma.mv(yi, V, mods = ~ drug): the effect of the first drug, QM and its p; 0.5 added where a cell is zero."""
HETEROGENEOUS: dict[str, tuple[float, float, float]] = {
    "RR": (0.33489364646733721, 0.51420461129246142, 0.47332435489436681),
    "OR": (0.58355158582127242, 0.5969289855621287, 0.43975216195895722),
    "RD": (0.0082513973148677141, 0.98257072251940047, 0.321564959244657),
}
"""With random = ~ drug | trial, struct = "CS", rho = 0.5, by REML: tau2, QM and its p."""


def arms(of: Any) -> tuple[ArmFacts, ArmFacts, ArmFacts]:
    return arm(of, "ketamine"), arm(of, "memantine"), arm(of, "placebo", PLACEBO)


ARMS = {t: arms(t) for t in (ONE, TWO, THREE, FOUR)}
CLASS = (KETAMINE, MEMANTINE)
K1, M1, P1 = ARMS[ONE]


def trials(results: Any, contrasts: Any = (), **more: Any) -> TrialSet:
    every = tuple(a for three in ARMS.values() for a in three)
    return trial_set(tuple(ARMS), every, tuple(results), tuple(contrasts), intervention=CLASS, **more)


def counted() -> list[Any]:
    (k1, m1, p1), (k2, _, p2), (_, m3, p3), (k4, m4, p4) = ARMS.values()
    rows = ((k1, 3, 20), (m1, 4, 21), (p1, 5, 21), (k2, 8, 40), (p2, 11, 38), (m3, 2, 30), (p3, 9, 31))
    return [counts(*row) for row in (*rows, (k4, 0, 25), (m4, 6, 24), (p4, 3, 26))]


def compared(found: TrialSet, measure: str, protocol: Protocol = SPLIT) -> BetweenDrugs | None:
    asked = replace(QUESTION, measure=measure)
    made = (pain if measure in ("MD", "SMD") else harms)(found, protocol, asked)
    return between_drugs(made.contrasts, measure, options(asked, protocol, measure), protocol)


@pytest.mark.parametrize("measure", SUMMED)
def test_counts_with_shared_controls_are_those_of_rma_mv(measure: str) -> None:
    found = compared(trials(counted()), measure)
    assert found is not None
    estimate, q, p = SUMMED[measure]
    assert [(d.label, d.k) for d in found.drugs] == [("ketamine", 3), ("memantine", 3)]
    assert found.drugs[0].estimate == pytest.approx(estimate, rel=1e-12)
    assert (found.q, found.p_value, found.q_df) == pytest.approx((q, p, 1), rel=1e-10)
    assert (found.tau2, found.left_out) == (0.0, ())


@pytest.mark.parametrize("measure", HETEROGENEOUS)
def test_heterogeneity_is_one_for_all_drugs(measure: str) -> None:
    found = compared(trials(counted()), measure, REML)
    assert found is not None
    assert (found.tau2, found.q, found.p_value) == pytest.approx(HETEROGENEOUS[measure], rel=1e-5)


@pytest.mark.parametrize(
    ("measure", "estimate", "q"),
    [("MD", -1.979573161980394, 13.652216329926206), ("SMD", -1.2446499460927305, 8.0639893303759802)],
)
def test_means_with_a_shared_control_are_those_of_rma_mv(measure: str, estimate: float, q: float) -> None:
    (k2, _, p2), (_, m3, p3) = ARMS[TWO], ARMS[THREE]
    rows = ((K1, 20, 3, 1), (M1, 21, 4, 1.2), (P1, 21, 5, 2), (k2, 30, 2.5, 1.5), (p2, 29, 4.6, 1.7))
    found = compared(trials(means(*row) for row in (*rows, (m3, 25, 4.5, 1.1), (p3, 27, 5.2, 1.9))), measure)
    assert found is not None
    assert (found.drugs[0].estimate, found.q) == pytest.approx((estimate, q), rel=1e-12)


def test_nothing_is_compared_where_drugs_stand_together_or_alone() -> None:
    assert compared(trials(counted()), "RR", replace(SPLIT, shared_controls="combine")) is None
    of_one = [row for row in counted() if not row.arm.endswith("memantine")]
    assert compared(trials(of_one), "RR") is None


def test_effects_whose_correlation_is_not_known_stay_out_and_are_named() -> None:
    (k2, _, p2), (_, m3, p3) = ARMS[TWO], ARMS[THREE]
    rows = [counts(*row) for row in ((k2, 8, 40), (p2, 11, 38), (m3, 2, 30), (p3, 9, 31))]
    said = [reported(a, P1, "RR", y, ci=(y / 2, y * 2), outcome=HARM) for a, y in ((K1, 0.7), (M1, 0.9))]
    found = compared(trials(rows, said), "RR")
    assert found is not None
    assert [e.label for e in found.left_out] == ["one (ketamine)", "one (memantine)"]
    assert [d.k for d in found.drugs] == [1, 1]


def test_a_control_that_two_records_share_stays_divided() -> None:
    sharing = replace(TWO, shares_control_with=frozenset({"one"}))
    k, m = arm(ONE, "ketamine"), arm(sharing, "memantine")
    one, two = arm(ONE, "placebo", PLACEBO), arm(sharing, "placebo", PLACEBO)
    rows = (counts(k, 3, 20), counts(one, 6, 40), counts(m, 4, 21), counts(two, 6, 40))
    found = trial_set((ONE, sharing), (k, one, m, two), rows, intervention=CLASS)
    between = compared(found, "RD")
    assert between is not None
    halves = (3 / 20 * 17 / 20 / 20 + 3 / 20 * 17 / 20 / 20, 4 / 21 * 17 / 21 / 21 + 3 / 20 * 17 / 20 / 20)
    assert [d.se**2 for d in between.drugs] == pytest.approx(halves, rel=1e-12)
