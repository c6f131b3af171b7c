"""Groups of effects with correlated errors against metafor 3.8-1, and what a covariance does to their difference."""

from __future__ import annotations

import numpy as np
import pytest

from kg.errors import InputRefused, NotPoolable
from kg.pooling import conversions, regress
from kg.pooling.correlated_groups import GroupComparison, compare_groups

YI = (-0.4, -0.1, -1.5, 0.2, -0.9, 0.95, 0.3, 0.4)
VI = (0.05, 0.06, 0.08, 0.07, 0.1, 0.09, 0.04, 0.12)
DRUG, TRIAL = tuple("kmkmkmkd"), tuple("11223455")
TIES = ((0, 1, 0.02), (2, 3, 0.03), (6, 7, 0.025))


def covariance(*ties: tuple[int, int, float]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    V = np.diag(VI)
    for i, j, value in ties:
        V[i, j] = V[j, i] = value
    return V


def compared(method: str) -> GroupComparison:
    return compare_groups(YI, covariance(*TIES), DRUG, TRIAL, method=method)


def test_without_heterogeneity_it_is_rma_mv_with_v() -> None:
    """rma.mv(yi, V, mods = ~ 0 + drug), and anova of the differences from the first drug."""
    found = compared("EE")
    assert found.levels == ("d", "k", "m")
    assert found.beta == pytest.approx([-0.025931094149002951, -0.381489750638404845, 0.407881333463572526], rel=1e-12)
    assert found.se == pytest.approx([0.33174343435271325, 0.12057150560767046, 0.14965738189784930], rel=1e-12)
    assert (found.Q, found.Q_df) == pytest.approx((38.788583369381691, 5), rel=1e-12)
    assert (found.QM, found.QM_df) == pytest.approx((22.6061759029517119757, 2), rel=1e-12)
    assert found.QM_p == pytest.approx(0.0000123347762020453, rel=1e-10)


def test_heterogeneity_by_reml_is_that_of_rma_mv() -> None:
    """random = ~ drug | trial, struct = "CS", rho = 0.5; metafor's optimiser stops at seven digits."""
    found = compared("REML")
    assert found.tau2 == pytest.approx(0.45236087547087606, rel=2e-7)
    assert found.beta == pytest.approx([-0.028333531604779069, -0.539614241124108607, 0.431857895441637663], rel=2e-7)
    assert (found.QM, found.QM_p) == pytest.approx((5.017463884692716647, 0.081371357419739471), rel=2e-7)


def test_heterogeneity_by_moments_is_what_r_computes_from_the_matrices() -> None:
    """tau2 = (Q - df) / tr(P K) with K = (I + J) / 2 within a trial, in R's matrix algebra."""
    found = compared("DL")
    assert found.tau2 == pytest.approx(0.45438004316006753, rel=1e-12)
    assert found.se == pytest.approx([0.69156972275229589, 0.35359263846417960, 0.40158591717494724], rel=1e-12)
    assert pytest.approx(4.9995918985354351, rel=1e-12) == found.QM


@pytest.mark.parametrize("method", ["EE", "DL", "REML"])
def test_of_independent_trials_it_is_a_meta_regression(method: str) -> None:
    trials = [str(i) for i in range(len(YI))]
    found = compare_groups(YI, np.array(VI), DRUG, trials, method=method)
    other = regress(YI, VI, {"drug": DRUG}, method=method)
    assert other.QM is not None
    assert (found.tau2, found.QM, found.Q) == pytest.approx((other.tau2, other.QM, other.Q), rel=1e-9)


def test_a_shared_control_makes_a_difference_of_drugs_more_precise() -> None:
    plain = compare_groups(YI[:2], np.diag(VI[:2]), DRUG[:2], TRIAL[:2])
    tied = compare_groups(YI[:2], covariance(TIES[0])[:2, :2], DRUG[:2], TRIAL[:2])
    assert pytest.approx(0.3**2 / 0.11, rel=1e-12) == plain.QM
    assert pytest.approx(0.3**2 / (0.11 - 2 * 0.02), rel=1e-12) == tied.QM
    assert tied.tau2 == 0


def test_order_of_rows_says_nothing() -> None:
    order = [7, 2, 5, 0, 6, 1, 4, 3]
    V = covariance(*TIES)[np.ix_(order, order)]
    found = compare_groups([YI[i] for i in order], V, [DRUG[i] for i in order], [TRIAL[i] for i in order])
    assert (found.tau2, found.QM) == pytest.approx((compared("REML").tau2, compared("REML").QM), rel=1e-10)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(NotPoolable, match="one group alone"):
        compare_groups(YI, covariance(), ["k"] * 8, TRIAL)
    with pytest.raises(NotPoolable, match="between trials"):
        compare_groups(YI, covariance((0, 7, 0.01)), DRUG, TRIAL)
    with pytest.raises(NotPoolable, match="not positive definite"):
        compare_groups(YI, covariance((0, 1, 0.06)), DRUG, TRIAL)
    with pytest.raises(InputRefused, match="give one of each a row"):
        compare_groups(YI, covariance(), DRUG[:7], TRIAL)


@pytest.mark.parametrize(
    ("measure", "expected"), [("RR", 1 / 5 - 1 / 21), ("OR", 1 / 5 + 1 / 16), ("RD", (5 / 21) * (16 / 21) / 21)]
)
def test_a_control_adds_its_own_part_of_the_variance(measure: str, expected: float) -> None:
    assert conversions.covariance_of_counts(measure, 5, 21) == pytest.approx(expected, rel=1e-12)


def test_covariances_of_means_are_those_of_gleser_and_olkin() -> None:
    assert conversions.covariance_of_differences(2, 21) == pytest.approx(4 / 21)
    assert conversions.covariance_of_smd(-1.2, -0.5, 21, 62) == pytest.approx(1 / 21 + 0.6 / 124)
    with pytest.raises(InputRefused, match="known are RR, OR, RD"):
        conversions.covariance_of_counts("HR", 5, 21)
    with pytest.raises(NotPoolable):
        conversions.covariance_of_counts("RR", 0, 21)
