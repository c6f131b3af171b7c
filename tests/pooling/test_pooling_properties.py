"""What must hold for any data: order, scale and sign, batch and single, one stratum and several."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import EvidenceError
from kg.pooling import TAU2, Pooled, escalc, pool, pool_many
from kg.pooling.studies import arrange
from kg.pooling.tau2_likelihood import log_likelihood

METHODS = ("EE", *TAU2)
Study = tuple[float, float]
effects = st.floats(-5, 5).map(lambda x: round(x, 6))
variances = st.floats(-9, 4).map(lambda x: float(f"{math.exp(x):.6g}"))
studies = st.lists(st.tuples(effects, variances), min_size=1, max_size=12)
cells = st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(41, 90)] * 2)  # events, totals
quick = settings(max_examples=60, deadline=None)


def columns(rows: list[Study]) -> dict[str, Any]:
    return {"yi": [y for y, _ in rows], "vi": [v for _, v in rows]}


def tables(rows: list[tuple[int, ...]]) -> dict[str, Any]:
    return {name: [row[i] for row in rows] for i, name in enumerate(("ai", "ci", "n1i", "n2i"))}


@quick
@given(studies, st.randoms(use_true_random=False), st.sampled_from(METHODS))
def test_order_of_studies_changes_no_bit(rows: list[Study], random: Any, method: str) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    one = pool(method=method, tau2_ci="QP", **columns(rows)).to_dict()
    other = pool(method=method, tau2_ci="QP", **columns(shuffled)).to_dict()
    weights = dict(zip(rows, one.pop("weights"), strict=True)), dict(zip(shuffled, other.pop("weights"), strict=True))
    assert weights[0] == weights[1]
    for word in ("yi", "vi", "study"):
        one.pop(word), other.pop(word)
    assert one == other


@quick
@given(st.lists(cells, min_size=1, max_size=6), st.randoms(use_true_random=False), st.sampled_from(["OR", "RR", "RD"]))
def test_order_of_tables_changes_no_bit(rows: list[tuple[int, ...]], random: Any, measure: str) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    try:
        one = pool(measure=measure, method="MH", **tables(rows))
    except EvidenceError:
        return
    other = pool(measure=measure, method="MH", **tables(shuffled))
    assert (one.beta, one.se, one.Q) == (other.beta, other.se, other.Q)


@quick
@given(studies, st.sampled_from(METHODS), st.integers(-30, 30))
def test_scale_of_effects_is_the_scale_of_the_result(rows: list[Study], method: str, power: int) -> None:
    scale = 2.0**power
    one = pool(method=method, tau2_ci="QP", **columns(rows))
    other = pool(method=method, tau2_ci="QP", **columns([(y * scale, v * scale**2) for y, v in rows]))
    assert other.beta[0] == pytest.approx(one.beta[0] * scale, rel=1e-12, abs=1e-12 * one.se[0] * scale)
    assert other.se[0] == pytest.approx(one.se[0] * scale, rel=1e-9)
    floor = 1e-9 * min(v for _, v in rows)
    assert other.tau2 / scale**2 == pytest.approx(one.tau2, rel=1e-9, abs=floor)
    assert np.array(other.tau2_ci or 0) / scale**2 == pytest.approx(np.array(one.tau2_ci or 0), rel=1e-9, abs=floor)
    assert pytest.approx(one.I2_Q, rel=1e-9, abs=1e-9) == other.I2_Q


@quick
@given(studies, st.sampled_from(METHODS))
def test_sign_of_effects_is_the_sign_of_the_result(rows: list[Study], method: str) -> None:
    one = pool(method=method, **columns(rows))
    other = pool(method=method, **columns([(-y, v) for y, v in rows]))
    assert other.beta[0] == pytest.approx(-one.beta[0], rel=1e-9, abs=1e-9 * one.se[0])
    assert other.tau2 == pytest.approx(one.tau2, rel=1e-8, abs=1e-9 * min(v for _, v in rows))
    assert other.ci_lb[0] == pytest.approx(-one.ci_ub[0], rel=1e-8, abs=1e-8 * one.se[0])


@quick
@given(st.lists(studies, min_size=1, max_size=6), st.sampled_from(METHODS), st.sampled_from(["z", "t"]))
def test_batch_gives_the_bits_of_single_calls(many: list[list[Study]], method: str, test: str) -> None:
    batch = pool_many([columns(rows) for rows in many], method=method, test=test, tau2_ci="QP")
    for rows, found in zip(many, batch, strict=True):
        assert isinstance(found, Pooled)
        assert found.to_dict() == pool(method=method, test=test, tau2_ci="QP", **columns(rows)).to_dict()


@quick
@given(studies)
def test_reml_is_the_highest_point_of_its_likelihood(rows: list[Study]) -> None:
    p = pool(method="REML", **columns(rows))
    there = arrange(p.yi, p.vi, np.array([p.k])).studies
    top = log_likelihood(there, np.array([p.tau2]), restricted=True)[0]
    for tau2 in (0.0, *np.geomspace(1e-6, 1e3, 400)):
        assert log_likelihood(there, np.array([tau2]), restricted=True)[0] <= top + 1e-9


@quick
@given(cells, st.sampled_from(["OR", "RR", "RD"]))
def test_one_stratum_pools_to_itself(row: tuple[int, ...], measure: str) -> None:
    alone = escalc(measure, to="none", **tables([row]))
    if not alone.estimable[0]:
        return
    p = pool(measure=measure, method="MH", **tables([row]))
    assert p.beta[0] == pytest.approx(alone.yi[0], rel=1e-12, abs=1e-12)
    if measure != "RD":  # the variance of Sato and others for RD is not that of the single table
        assert p.se[0] ** 2 == pytest.approx(alone.vi[0], rel=1e-9)


@quick
@given(st.lists(cells, min_size=1, max_size=8))
def test_missing_studies_change_nothing(rows: list[tuple[int, ...]]) -> None:
    full = tables(rows)
    gap: dict[str, Any] = {name: [*column, None] for name, column in full.items()}
    one, other = pool(measure="RR", **full), pool(measure="RR", **gap)
    assert (one.beta, one.se, one.tau2, one.k) == (other.beta, other.se, other.tau2, other.k)
    assert other.weights[-1] == 0
    assert other.why_not[len(rows)] == "ai, bi, ci, di missing"
