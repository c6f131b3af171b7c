"""Plots of study data show the numbers they are given, at the places those numbers have."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kg.charts import (
    Cells,
    Estimate,
    Group,
    PooledStudies,
    baujat,
    funnel,
    labbe,
    png,
    radial,
    series_forest,
    study_forest,
    svg,
)
from kg.errors import InputRefused
from tests.charts.chart_reading import Spec, printed, rows, texts, validate
from tests.charts.pooled_cases import RISKS, TRIALS, equal, extreme, one, vaccine, without_each

METAFOR_BAUJAT = [
    (0.0172, 0.0029), (0.9208, 0.1374), (0.2159, 0.0178), (0.9596, 0.6510), (2.3574, 0.6744), (0.1913, 0.0571),
]  # fmt: skip
"""Of `baujat` in metafor 3.8-1, method DL."""


def series(pool: PooledStudies) -> list[Estimate]:
    items = zip(pool.study, without_each(pool), strict=True)
    return [Estimate(name, y, (y - 1.96 * se, y + 1.96 * se)) for name, (y, se) in items]


def spread(pool: PooledStudies) -> list[tuple[float, float]]:
    return [(y + 0.01, 0.2) for y in pool.yi]


PLOTS: dict[str, Callable[[PooledStudies], Spec]] = {
    "forest": study_forest,
    "funnel": funnel,
    "funnel with filled studies": lambda pool: funnel(pool, [(0.4, 0.2), (0.9, 0.3)]),
    "funnel without contours": lambda pool: funnel(pool, contours=False),
    "baujat": lambda pool: baujat(pool, spread(pool)),
    "radial": radial,
    "cumulative": lambda pool: series_forest("cumulative", pool, [Estimate("+ x", 0.1, (-0.2, 0.4))]),
    "leave1out": lambda pool: series_forest("leave1out", pool, [Estimate("x", 0.1, (-0.2, 0.4))]),
}
POOLS = {"vaccine": vaccine(), "one": one(), "equal": equal(), "extreme": extreme()}


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_keeps_to_the_schema_and_draws(name: str, pool: str) -> None:
    spec = PLOTS[name](POOLS[pool])
    validate(spec)
    json.dumps(spec, allow_nan=False)
    drawn = svg(spec)
    assert not {"undefined", "null", "NaN"} & set(texts(drawn))
    assert png(spec, scale=1).startswith(b"\x89PNG")
    assert spec == PLOTS[name](POOLS[pool])


def labelled(spec: Spec) -> set[str]:
    return {row["text"] for row in spec["datasets"]["labels"]}


def test_a_funnel_has_every_study_at_its_effect_and_error() -> None:
    pool = vaccine()
    points = funnel(pool)["datasets"]["points"]
    assert [point["study"] for point in points] == list(TRIALS)
    for point, y, v in zip(points, pool.yi, pool.vi, strict=True):
        assert (point["effect"], point["se"]) == (y, math.sqrt(v))
    left_to_right = sorted(points, key=lambda point: point["x"])
    assert left_to_right == sorted(points, key=lambda point: point["effect"])
    assert sorted(points, key=lambda point: point["y"]) == sorted(points, key=lambda point: point["se"])
    x = {point["effect"]: point["x"] for point in points}
    (a, b, c, *_) = pool.yi
    assert (x[a] - x[b]) / (x[a] - x[c]) == pytest.approx((a - b) / (a - c), rel=1e-3)


def test_contours_are_where_p_is_a_tenth_a_twentieth_and_a_hundredth() -> None:
    spec = funnel(vaccine())
    areas = [row for row in spec["datasets"]["areas"] if "key" not in row]
    scale = {point["effect"]: point["x"] for point in spec["datasets"]["points"]}
    (y1, x1), (y2, x2) = list(scale.items())[:2]
    bottom = [row for row in areas if row["order"] == 2 and row["area"] > 0]
    deepest = 1.06 * max(point["se"] for point in spec["datasets"]["points"])
    edges = [(y1 + (row["x"] - x1) * (y2 - y1) / (x2 - x1)) / deepest for row in bottom]
    assert edges == pytest.approx([2.5758, 1.96, 1.6449], rel=2e-3)


def test_a_baujat_plot_has_the_numbers_of_metafor() -> None:
    pool = vaccine()
    points = baujat(pool, without_each(pool))["datasets"]["points"]
    found = [(round(point["contribution"], 4), round(point["influence"], 4)) for point in points]
    assert found == METAFOR_BAUJAT
    assert {"Hart 1977", "Frimodt-Moller 1973"} <= labelled(baujat(pool, without_each(pool)))


def test_a_radial_plot_has_the_pooled_effect_as_its_slope() -> None:
    pool = vaccine()
    spec = radial(pool)
    for point, y, v in zip(spec["datasets"]["points"], pool.yi, pool.vi, strict=True):
        assert point["precision"] == pytest.approx((v + pool.tau2) ** -0.5)
        assert point["standardised"] / point["precision"] == pytest.approx(y)
    dashed = [row for row in spec["datasets"]["lines"] if row["kind"] == "dashed"]
    scale = {point["study"]: point for point in spec["datasets"]["points"]}["Hart 1977"]
    zero = next(row for row in spec["datasets"]["lines"] if row["kind"] == "dotted")
    slope = (dashed[1]["y"] - dashed[0]["y"]) / (dashed[1]["x"] - dashed[0]["x"])
    of_hart = (scale["y"] - zero["y"]) / scale["x"]
    assert slope / of_hart == pytest.approx(pool.estimate / pool.yi[3], rel=1e-2)
    assert {"0.3", "0.7"} <= labelled(spec)


@pytest.mark.parametrize(
    ("measure", "estimate", "risk"), [("RR", math.log(0.5), 0.1), ("OR", math.log(0.5), 1 / 9), ("RD", -0.05, 0.15)]
)
def test_a_labbe_plot_draws_the_pooled_effect_on_the_risks(measure: str, estimate: float, risk: float) -> None:
    pool = replace(vaccine(), measure=measure, estimate=estimate, log=measure != "RD")
    spec = labbe(pool, [(risk, 0.2)] * 6, ("vaccine", "none"))
    (point, *_) = spec["datasets"]["points"]
    curve = [row for row in spec["datasets"]["lines"] if row["kind"] == "dashed"]
    nearest = min(curve, key=lambda row: abs(row["x"] - point["x"]))
    assert nearest["y"] == pytest.approx(point["y"], abs=3)
    assert {"Risk in vaccine (%)", "Risk in none (%)"} <= labelled(spec)


def test_areas_are_weights() -> None:
    pool = vaccine()
    sizes = {point["study"]: point["size"] for point in labbe(pool, RISKS)["datasets"]["points"]}
    weights = dict(zip(pool.study, pool.weights, strict=True))
    assert sizes["Stein 1953"] / sizes["Hart 1977"] == pytest.approx(weights["Stein 1953"] / weights["Hart 1977"])


def test_a_forest_prints_studies_groups_pool_and_prediction() -> None:
    pool = vaccine()
    cells = Cells(
        "events",
        tuple((str(a), f"/{n1}") for a, n1, _, _ in TRIALS.values()),
        tuple((str(c), f"/{n2}") for _, _, c, n2 in TRIALS.values()),
    )
    groups = [
        Group("Early", (0, 1, 2, 5), Estimate("Subtotal", -0.9, (-1.2, -0.6)), "Heterogeneity: none"),
        Group("Late", (3, 4), Estimate("Subtotal", -0.8, (-2.0, 0.4))),
    ]
    spec = study_forest(pool, cells, groups, ["Test for subgroup differences: none"])
    assert [row["label"] for row in rows(spec, "heading")] == ["Early", "Late"]
    studies = {row["label"]: row for row in rows(spec)}
    assert printed(studies["Hart 1977"]) == "0.24 [0.18, 0.31]"
    assert (studies["Hart 1977"]["experimental_0"], studies["Hart 1977"]["control_1"]) == ("62", "/12867")
    (total,) = rows(spec, "total")
    assert total["estimate"] == pytest.approx(math.exp(pool.estimate))
    (predicted,) = rows(spec, "prediction")
    assert predicted["lower"] == pytest.approx(math.exp(pool.prediction[0] if pool.prediction else 0))
    weights = [float(row["weight_text"]) for row in rows(spec, "subtotal")]
    assert sum(weights) == pytest.approx(100, abs=0.11)
    assert "Test for subgroup differences: none" in labelled(spec)


def test_a_series_has_a_row_an_estimate_and_no_weights() -> None:
    pool = vaccine()
    spec = series_forest("leave1out", pool, series(pool))
    assert [row["label"] for row in rows(spec)] == list(pool.study)
    assert not any("Weight" in text for text in labelled(spec))


HOSTILE = ["<script>alert(1)</script>", "דוד כהן 2004", "x" * 300, "abc\u202edef", "a\x00b\ud800", ""]


@pytest.mark.parametrize("name", PLOTS)
def test_hostile_labels_stay_text(name: str) -> None:
    drawn = svg(PLOTS[name](replace(vaccine(), study=tuple(HOSTILE))))
    assert "<script" not in drawn
    assert "\u202e" not in drawn


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda: labbe(one(), RISKS[:1]), "shows risks, not MD"),
        (lambda: labbe(vaccine(), RISKS[:2]), "2 pairs of risks for 6 studies"),
        (lambda: baujat(vaccine(), []), "0 estimates without a study"),
        (lambda: baujat(vaccine(), [(0.1, 0.0)] * 6), "ask for test z"),
        (lambda: series_forest("leave1out", vaccine(), []), "no estimate"),
        (lambda: series_forest("other", vaccine(), []), "cumulative or leave1out"),
        (lambda: study_forest(vaccine(), Cells("events", (), ())), "one item for each study"),
        (lambda: PooledStudies((), (), (), (), "RR", True, 0.0, 1.0, (0.0, 0.0)), "nothing to plot"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw: Callable[[], Any], says: str) -> None:
    with pytest.raises(InputRefused, match=says):
        draw()
