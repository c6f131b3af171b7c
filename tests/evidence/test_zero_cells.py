"""Counts of zero: 0.5 in every cell where one is zero; double-zero trials inform a risk difference, not a ratio."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from kg.evidence.effects import Effect, effects
from kg.evidence.pooling import Options, pooled
from kg.protocol import NONE
from tests.harmonise.trial_sets import PLACEBO, arm, counts, harms, trial, trial_set

Table = tuple[int, int, int, int]


def effects_of(measure: str, *tables: Table, zero_cells: float = 0.5) -> list[Effect]:
    trials = tuple(trial(f"t{i}") for i, _ in enumerate(tables))
    pairs = [(arm(t, "ketamine"), arm(t, "placebo", PLACEBO)) for t in trials]
    results = [
        counts(side, events, total)
        for (left, right), (a, n1, c, n2) in zip(pairs, tables, strict=True)
        for side, events, total in ((left, a, n1), (right, c, n2))
    ]
    arms = tuple(a for pair in pairs for a in pair)
    return effects(
        harms(trial_set(trials, arms, tuple(results))).contrasts, measure, replace(NONE, zero_cells=zero_cells)
    )


@pytest.mark.parametrize("table", [(0, 10, 3, 12), (4, 10, 0, 12), (10, 10, 3, 12), (4, 10, 12, 12)])
def test_a_zero_in_any_cell_gets_half_in_every_cell(table: Table) -> None:
    a, n1, c, n2 = table
    (effect,) = effects_of("RR", table)
    assert effect.yi == pytest.approx(math.log(((a + 0.5) / (n1 + 1)) / ((c + 0.5) / (n2 + 1))))
    assert effect.vi == pytest.approx(1 / (a + 0.5) - 1 / (n1 + 1) + 1 / (c + 0.5) - 1 / (n2 + 1))
    assert any("0.5 added to every cell" in step for step in effect.steps)


def test_no_zero_no_addition() -> None:
    (effect,) = effects_of("OR", (4, 10, 3, 12))
    assert effect.yi == pytest.approx(math.log((4 * 9) / (6 * 3)))
    assert not effect.steps


@pytest.mark.parametrize("measure", ["RR", "OR"])
def test_a_double_zero_trial_stays_in_the_table_without_weight(measure: str) -> None:
    found = effects_of(measure, (0, 10, 0, 12), (4, 10, 2, 12))
    assert found[0].yi is None
    assert found[0].why_not is not None
    assert "no event in either arm" in found[0].why_not
    pool, weights, _, _ = pooled(found, measure, Options("DL", "wald"), NONE)
    assert (pool.k, pool.k_rows, pool.participants.total) == (1, 2, 44)
    assert weights[0] is None


def test_a_double_zero_trial_informs_a_risk_difference() -> None:
    found = effects_of("RD", (0, 12, 0, 12), (4, 10, 2, 12))
    assert found[0].yi == pytest.approx(0.0)
    assert found[0].vi is not None
    assert found[0].vi > 0
    assert pooled(found, "RD", Options("DL", "wald"), NONE)[0].k == 2


def test_everybody_with_an_event_says_nothing_of_odds() -> None:
    found = effects_of("OR", (10, 10, 12, 12), (4, 10, 2, 12))
    assert found[0].yi is None
    assert effects_of("RR", (10, 10, 12, 12))[0].yi is not None


def test_without_the_rule_a_zero_cell_is_not_estimable() -> None:
    (effect,) = effects_of("RR", (0, 10, 3, 12), zero_cells=0.0)
    assert effect.yi is None
    assert effect.why_not
