"""Conversions against metafor, against the Cochrane Handbook, and back and forth."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from kg.errors import NotPoolable
from kg.pooling import conversions as c
from kg.pooling import escalc

INTEGRATED = 1e-5
"""Walter & Yao divide by an integral that R's integrate gives to 1.2e-4 at best; ours is exact."""


def rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """The studies of a table of columns, without their missing values."""
    return [
        {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        for values in zip(*columns.values(), strict=True)
    ]


def test_mean_and_sd_agree_with_metafor(conv_fivenum_case: Any, close: Any) -> None:
    case = conv_fivenum_case.case
    derive: Any = {
        "min_med_max": c.mean_sd_from_range,
        "q1_med_q3": c.mean_sd_from_quartiles,
        "five": c.mean_sd_from_five_numbers,
    }[case["scenario"]]
    method = case["method"] if "metafor" not in case["method"] else "recommended"
    for row, mean, sd in zip(rows(case["input"]), case["output"]["mean"], case["output"]["sd"], strict=True):
        given = {{"min": "minimum", "max": "maximum"}.get(name, name): value for name, value in row.items()}
        if mean is None:
            with pytest.raises(ValueError, match="known are"):
                derive(**given, method=method)
            continue
        ours = derive(**given, method=method)
        assert close(ours.mean, mean)
        assert close(ours.sd, sd, INTEGRATED if method == "walter2007" else 1e-9)


@pytest.mark.parametrize(("values", "skewed"), [((0, 10, 20), False), ((0, 2, 20), True)])
def test_skewness_is_seen(values: tuple[float, float, float], skewed: bool) -> None:
    assert c.mean_sd_from_quartiles(100, *values).skewed is skewed
    assert c.mean_sd_from_range(100, *values).skewed is skewed
    low, mid, high = values
    assert c.mean_sd_from_five_numbers(100, low, (low + mid) / 2, mid, (mid + high) / 2, high).skewed is skewed


def test_expected_range_is_tippetts() -> None:
    def density(x: float, n: int) -> float:
        return float(1 - (1 - ndtr(x)) ** n - ndtr(x) ** n)

    for n in (5, 10, 1000):
        expected, _ = quad(density, -12, 12, (n,), epsabs=1e-13, epsrel=1e-13, limit=500)
        assert 1 / c.mean_sd_from_range(n, 0, 0.5, 1, "walter2007").sd == pytest.approx(expected, rel=1e-11)


def check(ours: Any, output: dict[str, Any], row: int, close: Any) -> None:
    assert close(ours.yi, output["yi"][row], floor=1e-15)
    assert close(ours.vi, output["vi"][row])


def test_ratio_with_interval_agrees_with_metafor(conv_wald_ratio_ci_case: Any, close: Any) -> None:
    case = conv_wald_ratio_ci_case.case
    for i, row in enumerate(rows(case["input"])):
        ours = c.effect_from_ci(row["out"], row["ci_lb"], row["ci_ub"], case["level"], ratio=True)
        check(ours, case["output"], i, close)


def test_difference_with_interval_agrees_with_metafor(conv_wald_md_ci90_case: Any, close: Any) -> None:
    case = conv_wald_md_ci90_case.case
    for i, row in enumerate(rows(case["input"])):
        ours = c.effect_from_ci(row["out"], row["ci_lb"], row["ci_ub"], case["level"], ratio=False)
        check(ours, case["output"], i, close)


def test_ratio_with_p_agrees_with_metafor(conv_wald_ratio_p_case: Any, close: Any) -> None:
    case = conv_wald_ratio_p_case.case
    for i, row in enumerate(rows(case["input"])):
        check(c.effect_from_p(row["out"], row["pval"], ratio=True), case["output"], i, close)


def test_smd_from_t_agrees_with_metafor(smd_from_t_case: Any, close: Any) -> None:
    case = smd_from_t_case.case
    for i, row in enumerate(rows(case["input"])):
        check(c.smd_from_t(row["ti"], row["n1i"], row["n2i"]), case["output"], i, close)


def test_smd_on_other_scales_agrees_with_metafor(smd_to_lnor_case: Any, close: Any) -> None:
    output = smd_to_lnor_case.case["output"]
    for i, y in enumerate(smd_to_lnor_case.case["input"]["yi"]):
        assert close(c.smd_to_log_odds_ratio(y, 0.1)[0], output["logistic"][i])
        assert close(c.smd_to_log_odds_ratio(y, 0.1, "cox")[0], output["cox"][i])
        assert close(c.smd_to_probability_of_superiority(y), output["cles"][i])


def test_crossover_example_of_the_handbook() -> None:
    """Cochrane Handbook 5.1, 16.4.6.4: 10 people, SDs 2.38 and 2.21, correlation 0.68."""
    sd = c.sd_of_change(2.38, 2.21, 0.68)
    assert sd / math.sqrt(10) == pytest.approx(0.583, abs=5e-4)
    assert c.correlation_from_sds(2.38, 2.21, sd) == pytest.approx(0.68)
    paired = escalc("MC", m1i=7.0, sd1i=2.38, m2i=6.5, sd2i=2.21, ri=0.68, ni=10)
    assert paired.yi[0] == 0.5
    assert math.sqrt(paired.vi[0]) == pytest.approx(0.583, abs=5e-4)


def test_spread_goes_back_and_forth() -> None:
    assert c.sd_from_se(2.0, 25) == 10.0
    low, high = 5 - 2.0638985616280254 * 2, 5 + 2.0638985616280254 * 2
    assert c.sd_from_ci(low, high, 25) == pytest.approx(10.0, rel=1e-12)
    assert c.sd_from_ci(5 - 1.959963984540054, 5 + 1.959963984540054, 100) == pytest.approx(10.0, rel=1e-12)
    assert c.se_from_t(3.0, c.t_from_p(0.05, 24)) == pytest.approx(3.0 / 2.0638985616280254, rel=1e-12)
    assert c.sd_from_difference(math.sqrt(1 / 20 + 1 / 30) * 7, 20, 30) == pytest.approx(7)
    assert c.z_from_p(1.0) == 0.0
    log_or = c.smd_to_log_odds_ratio(0.4, 0.02)
    assert c.log_odds_ratio_to_smd(*log_or) == pytest.approx((0.4, 0.02))


def test_combined_arms_are_the_formula_of_the_handbook() -> None:
    n1, m1, s1, n2, m2, s2 = 12, 4.0, 2.0, 30, 7.5, 3.0
    arm = c.combined_means([c.Arm(n1, m1, s1), c.Arm(n2, m2, s2)])
    variance = (n1 - 1) * s1**2 + (n2 - 1) * s2**2 + n1 * n2 / (n1 + n2) * (m1**2 + m2**2 - 2 * m1 * m2)
    assert arm.n == 42
    assert arm.mean == pytest.approx((n1 * m1 + n2 * m2) / 42)
    assert arm.sd == pytest.approx(math.sqrt(variance / 41))


def test_counts_come_from_percentages_that_can_be_true() -> None:
    assert c.table_from_percentages(25, 40, 33.3, 30, decimals=0) == c.TwoByTwo(10, 30, 10, 20)
    with pytest.raises(NotPoolable, match="no whole number"):
        c.events_from_percentage(33.0, 10, decimals=1)
    with pytest.raises(NotPoolable, match="more decimals"):
        c.events_from_percentage(50, 1000)


def test_absolute_effects_per_thousand() -> None:
    assert c.per_thousand(0.5, 0.2).difference == pytest.approx(-100)
    assert c.per_thousand(2.0, 0.2, "OR").experimental == pytest.approx(1000 * 0.4 / 1.2)
    assert c.per_thousand(0.05, 0.2, "RD").experimental == pytest.approx(250)
    assert c.per_thousand(9.0, 0.2).experimental == 1000
    assert c.smd_to_units(0.5, 20) == 10


REFUSED: dict[str, Callable[[], Any]] = {
    "p of zero": lambda: c.effect_from_p(0.8, 0.0, ratio=True),
    "p above one": lambda: c.effect_from_p(0.8, 1.2, ratio=True),
    "p of one": lambda: c.effect_from_p(0.8, 1.0, ratio=True),
    "ratio of zero": lambda: c.effect_from_ci(0.0, -1.0, 1.0, ratio=True),
    "interval reversed": lambda: c.effect_from_ci(1.0, 2.0, 0.5, ratio=True),
    "estimate outside": lambda: c.effect_from_ci(3.0, 0.5, 2.0, ratio=True),
    "no width": lambda: c.se_from_ci(1.0, 1.0),
    "level": lambda: c.se_from_ci(0.0, 1.0, level=0.95e3),
    "infinite": lambda: c.sd_from_se(math.inf, 10),
    "nan": lambda: c.smd_to_units(math.nan, 10),
    "se of zero": lambda: c.sd_from_se(0, 10),
    "half a person": lambda: c.sd_from_se(1, 10.5),
    "quartiles out of order": lambda: c.mean_sd_from_quartiles(20, 5, 4, 6),
    "quartiles coincide": lambda: c.mean_sd_from_quartiles(20, 5, 5, 5),
    "four people": lambda: c.mean_sd_from_range(4, 1, 2, 3),
    "correlation of one": lambda: c.sd_of_change(1, 1, 1),
    "impossible correlation": lambda: c.correlation_from_sds(1, 1, 3),
    "t of zero": lambda: c.se_from_t(0.0, 0.0),
    "no arms": lambda: c.combined_means([]),
    "risk of one": lambda: c.per_thousand(2, 1.0),
    "risk out of range": lambda: c.per_thousand(-0.5, 0.2, "RD"),
    "text": lambda: c.smd_to_units("0.5", 10),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", REFUSED)
def test_impossible_reports_are_refused(name: str) -> None:
    with pytest.raises(NotPoolable):
        REFUSED[name]()
