"""Crossover trials and clusters against metafor 3.8-1 and the worked examples of the Cochrane Handbook."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import InputRefused, NotPoolable
from kg.pooling import conversions as c
from kg.pooling import escalc

TABLES = ((20, 12, 7, 21), (5, 9, 2, 14), (59, 6, 16, 80), (1, 7, 0, 12))
"""Both, first alone, second alone, neither: paired tables."""
METAFOR = {
    "RR": (
        (0.169899036795397, 0.02199074074074074),
        (0.693147180559945, 0.11224489795918367),
        (-0.143100843640673, 0.00451282051282051),
        (2.079441541679836, 0.87499999999999989),
    ),
    "RD": (
        (0.0833333333333333, 0.005162037037037038),
        (0.2333333333333333, 0.010407407407407407),
        (-0.0621118012422360, 0.000824770725958784),
        (0.3500000000000000, 0.011375000000000000),
    ),
    "OR": (
        (0.334202088086674, 0.0837993025493026),
        (1.056052674249313, 0.2337511091393079),
        (-0.253101738855002, 0.0137686841582190),
        (2.538973871058276, 0.9978070175438597),
    ),
}
"""escalc of MPRR, MPRD and MPOR on the paired tables, with to = "none"."""


def phi(both: int, first: int, second: int, neither: int) -> float:
    rows, columns = (both + first) * (second + neither), (both + second) * (first + neither)
    return (both * neither - first * second) / math.sqrt(rows * columns)


@pytest.mark.parametrize("measure", METAFOR)
@pytest.mark.parametrize("row", range(len(TABLES)))
def test_counts_of_the_same_people_agree_with_metafor_on_their_paired_tables(measure: str, row: int) -> None:
    table = TABLES[row]
    both, first, second, _ = table
    found = c.paired_counts(measure, both + first, both + second, sum(table), phi(*table))
    assert (found.yi, found.vi) == pytest.approx(METAFOR[measure][row], rel=1e-12)


@pytest.mark.parametrize("measure", METAFOR)
@pytest.mark.parametrize("row", range(len(TABLES)))
def test_a_paired_table_agrees_with_metafor(measure: str, row: int) -> None:
    found = c.paired_table(measure, *TABLES[row], add=0.5)
    assert (found.yi, found.vi) == pytest.approx(METAFOR[measure][row], rel=1e-12)


@pytest.mark.parametrize("measure", METAFOR)
def test_a_paired_table_read_the_other_way_is_the_reverse(measure: str) -> None:
    one, other = c.paired_table(measure, 20, 12, 7, 21), c.paired_table(measure, 20, 7, 12, 21)
    assert (other.yi, other.vi) == pytest.approx((-one.yi, one.vi), rel=1e-12)


def test_a_paired_table_in_which_all_agree_has_no_variance() -> None:
    for measure in METAFOR:
        assert c.paired_table(measure, 6, 0, 0, 14) == c.ReportedEffect(0.0, 0.0)


def test_a_table_without_events_on_one_side_is_as_its_counts_are() -> None:
    """metafor 3.8-1: MPORM of 6 and 0 of 20 with ri = 0, and RR of the two as arms, each with a half added."""
    odds, risk = (c.paired_table(measure, 0, 6, 0, 14, add=0.5) for measure in ("OR", "RR"))
    assert (odds.yi, odds.vi) == pytest.approx((2.9112255941793705, 2.2715921588924113), rel=1e-12)
    assert (risk.yi, risk.vi) == pytest.approx((2.5649493574615372, 2.0586080586080588), rel=1e-12)


def test_marginal_counts_with_a_guessed_correlation_agree_with_metafors_mporm() -> None:
    found = c.paired_counts("OR", 9, 4, 20, 0.5)
    assert (found.yi, found.vi) == pytest.approx((1.18562366565774, 0.263260748205399), rel=1e-12)


def test_a_zero_cell_gets_its_half_as_metafor_adds_it() -> None:
    found = c.paired_counts("OR", 0, 4, 20, 0.0, add=0.5)
    assert (found.yi, found.vi) == pytest.approx((-2.41428908257405, 2.33160877063316), rel=1e-12)


@given(st.integers(1, 60), st.data(), st.floats(-0.99, 0.99))
def test_a_correlation_is_one_that_the_counts_can_have(n: int, data: st.DataObject, asked: float) -> None:
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    r = c.feasible_correlation(a, b, n, asked)
    p, q = a / n, b / n
    joint = p * q + r * math.sqrt(p * (1 - p) * q * (1 - q))
    assert max(0.0, p + q - 1) - 1e-9 <= joint <= min(p, q) + 1e-9


def test_without_correlation_counts_are_those_of_independent_groups() -> None:
    for measure in METAFOR:
        found = c.paired_counts(measure, 12, 7, 30, 0.0)
        apart = escalc(measure, ai=[12], n1i=[30], ci=[7], n2i=[30], to="none")
        assert (found.yi, found.vi) == pytest.approx((apart.yi[0], apart.vi[0]), rel=1e-12)


def test_means_of_the_same_people_are_the_example_of_the_handbook() -> None:
    """Handbook 23.2.7.4 (5.1: 16.4.6.4): MD 0.5 with SE 0.583, SMD 0.218 with SE 0.256."""
    figures = (7.0, 2.38, 6.5, 2.21, 10, 0.68)
    difference, standardised = c.paired_difference(*figures), c.paired_smd(*figures)
    assert (difference.yi, math.sqrt(difference.vi)) == pytest.approx((0.5, 0.583), abs=5e-4)
    assert (standardised.yi, math.sqrt(standardised.vi)) == pytest.approx((0.218, 0.256), abs=5e-4)


def test_the_difference_agrees_with_the_paired_measure_that_metafor_checks() -> None:
    paired = escalc("MC", m1i=[49.4], sd1i=[4.7], m2i=[49.3], sd2i=[5.4], ri=[0.27], ni=[30])
    found = c.paired_difference(49.4, 4.7, 49.3, 5.4, 30, 0.27)
    assert (found.yi, found.vi) == pytest.approx((paired.yi[0], paired.vi[0]), rel=1e-12)


def test_the_design_effect_is_the_example_of_the_handbook() -> None:
    """Handbook 23.1.5: 295 and 330 children in 21 classes, intracluster correlation 0.02."""
    effect = c.design_effect((295 + 330) / 21, 0.02)
    assert effect == pytest.approx(1.576, abs=1e-3)
    assert [n / effect for n in (295, 330, 63, 84)] == pytest.approx([187.2, 209.4, 40.0, 53.3], abs=0.1)


def test_clusters_never_make_a_trial_more_precise() -> None:
    assert c.design_effect(1, 0.5) == c.design_effect(30, 0.0) == c.design_effect(30, -0.1) == 1


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: c.design_effect(0.5, 0.1),
        lambda: c.design_effect(30, 1.5),
        lambda: c.design_effect(float("nan"), 0.1),
        lambda: c.paired_counts("RR", 21, 4, 20, 0.5),
        lambda: c.paired_table("RR", 5, -1, 4, 20),
        lambda: c.paired_table("RR", 0, 0, 0, 0),
        lambda: c.paired_table("OR", 0, 6, 0, 14),
        lambda: c.paired_counts("RR", -1, 4, 20, 0.5),
        lambda: c.paired_counts("OR", 3, 4, 20, 1.0),
        lambda: c.paired_counts("OR", 0, 4, 20, 0.5),
        lambda: c.paired_difference(1, 0, 2, 1, 10, 0.5),
        lambda: c.paired_smd(1, 1, 2, 1, 1, 0.5),
    ],
)
def test_what_cannot_be_is_refused(impossible: object) -> None:
    with pytest.raises(NotPoolable):
        impossible()  # type: ignore[operator]


def test_a_measure_that_is_not_of_counts_is_refused() -> None:
    with pytest.raises(InputRefused, match="known are RR, OR, RD"):
        c.paired_counts("SMD", 3, 4, 20, 0.5)
    with pytest.raises(InputRefused, match="known are RR, OR, RD"):
        c.paired_table("SMD", 3, 4, 2, 5)
