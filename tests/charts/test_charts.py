"""Charts say what their answers say: numbers, labels, areas and axes."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest

from kg.charts import forest, png, summary, svg
from kg.charts.layers import AREA
from tests.charts.chart_cases import answer, continuous, dichotomous, effects, generic, many, pain
from tests.charts.chart_reading import CASES, Spec, groups, printed, rows, texts, validate, wide


@pytest.mark.parametrize("name", CASES)
def test_every_chart_keeps_to_the_schema_and_draws(name: str) -> None:
    spec = forest(CASES[name])
    validate(spec)
    json.dumps(spec, allow_nan=False)
    drawn = svg(spec)
    assert drawn.startswith("<svg ")
    assert not {"undefined", "null", "NaN"} & set(texts(drawn))
    assert png(spec, scale=1).startswith(b"\x89PNG")


def test_a_broken_specification_would_be_found() -> None:
    spec = forest(pain())
    spec["layer"][0]["mark"]["strokeWidth"] = "wide"
    with pytest.raises(Exception, match="Failed validating"):
        validate(spec)


def test_schema_is_the_one_that_is_drawn() -> None:
    import altair as alt
    import vl_convert

    from kg.charts.rendering import VERSION

    assert alt.SCHEMA_VERSION.startswith(f"v{VERSION}.")
    assert VERSION in vl_convert.get_vegalite_versions()


def test_numbers_are_those_of_the_answer() -> None:
    asked = pain()
    spec = forest(asked)
    for row, study in zip(rows(spec), asked.studies, strict=True):
        assert study.display is not None
        assert (row["estimate"], row["lower"], row["upper"]) == (study.display.estimate, *study.display.ci)
        assert row["weight"] == study.weight
        assert row["label"] == study.label
    (total,) = rows(spec, "total")
    assert asked.pool.display is not None
    assert (total["estimate"], total["lower"], total["upper"]) == (
        asked.pool.display.estimate,
        *asked.pool.display.ci,
    )
    assert total["estimate"] == pytest.approx(-15.7911, abs=5e-5)
    assert printed(total) == "−15.79 [−32.09, 0.51]"
    assert [row["weight_text"] for row in rows(spec)] == ["34.1", "29.8", "36.1"]
    assert (total["experimental_2"], total["control_2"]) == ("101", "72")
    places = [d["x"] for d in spec["datasets"]["diamonds"]]
    assert places == pytest.approx([total["lower"], total["estimate"], total["upper"]])


def test_svg_has_every_label_and_number() -> None:
    for name in ("pain", "effects", "sixty", "subgroups"):
        asked = CASES[name]
        spec = forest(asked)
        found = texts(svg(spec))
        assert {study.label for study in asked.studies} <= set(found)
        assert {group.label for group in asked.subgroups} <= set(found)
        for row in (*rows(spec), *rows(spec, "total"), *rows(spec, "subtotal")):
            if row["estimate"] is not None:
                assert {row["estimate_text"], row["lower_text"], row["upper_text"], row["weight_text"]} <= set(found)


def test_notes_name_heterogeneity_model_and_the_other_interval() -> None:
    found = texts(svg(forest(CASES["pain"])))
    assert "Heterogeneity: τ² = 142.38; Q = 6.44, df = 2, p = 0.040; I² = 68.9% (Q-based)" in found
    assert "Random-effects model, DerSimonian–Laird; Wald 95% interval" in found
    assert "For comparison: Hartung–Knapp 95% interval [−50.03, 18.45]" in found
    assert "Test for overall effect: p = 0.058" in found
    assert "3 of 21 eligible trials contribute to the estimate" in found
    assert "Heterogeneity: not applicable" in texts(svg(forest(CASES["one"])))


def squares(drawn: str) -> list[float]:
    """Return the areas of the squares in an SVG, in the order of the rows."""
    sides = re.findall(r'<path [^>]*?d="M-?[\d.]+,-?[\d.]+h([\d.]+)v[\d.]+h-[\d.]+Z"[^>]*fill="#4a78a8"', drawn)
    return [float(side) ** 2 for side in sides]


@pytest.mark.parametrize("name", ["pain", "thirty"])
def test_areas_of_squares_follow_the_weights(name: str) -> None:
    asked = CASES[name]
    weights = [study.weight for study in asked.studies if study.weight is not None]
    drawn = squares(svg(forest(asked)))
    assert drawn == pytest.approx([weight / max(weights) * AREA for weight in weights], rel=0.01)


def encodings(spec: Spec) -> list[Spec]:
    return [layer["encoding"]["x"] for layer in spec["layer"]]


def scales(spec: Spec) -> set[str]:
    return {x["scale"]["type"] for x in encodings(spec) if (x.get("scale") or {}).get("domain")}


def test_ratios_have_a_log_axis_with_one_among_its_ticks() -> None:
    spec = forest(effects())
    assert scales(spec) == {"log"}
    assert scales(forest(pain())) == {"linear"}
    axis = next(x["axis"] for x in encodings(spec) if x.get("axis"))
    assert axis["values"] == [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]
    assert {"0.1", "0.5", "10"} <= set(texts(svg(spec)))


def test_studies_without_events_are_shown_as_not_estimable() -> None:
    spec = forest(effects())
    silent = rows(spec)[1]
    assert (silent["label"], silent["remark"], silent["weight_text"]) == ("Schwartzman 2009", "not estimable", "–")
    assert silent["estimate"] is None
    assert (silent["experimental_0"], silent["experimental_1"]) == ("0", "/9")
    (total,) = rows(spec, "total")
    assert (total["experimental_0"], total["experimental_1"], total["control_1"]) == ("30", "/107", "/72")
    assert "not estimable" in texts(svg(spec))


def test_intervals_that_leave_the_axis_get_arrows_and_keep_their_numbers() -> None:
    asked = wide()
    spec = forest(asked)
    row = rows(spec)[-1]
    assert row["beyond_left"]
    assert row["beyond_right"]
    assert row["lower"] < row["from"] < row["to"] < row["upper"]
    assert asked.studies[-1].display is not None
    assert (row["lower"], row["upper"]) == asked.studies[-1].display.ci
    assert not any(r["beyond_left"] or r["beyond_right"] for r in rows(spec)[:-1])
    arrows = [m for m in spec["layer"] if str(m["mark"].get("shape")).startswith("triangle")]
    assert {m["mark"]["shape"] for m in arrows} == {"triangle-left", "triangle-right"}


def test_a_prediction_interval_is_drawn_only_where_the_answer_has_one() -> None:
    assert rows(forest(pain()), "prediction") == []
    asked = many(8, "MD")
    (row,) = rows(forest(asked), "prediction")
    assert (row["lower"], row["upper"]) == asked.pool.prediction_interval
    ratio = many(30)
    (row,) = rows(forest(ratio), "prediction")
    assert ratio.pool.prediction_interval is not None
    assert (row["lower"], row["upper"]) == pytest.approx([math.exp(v) for v in ratio.pool.prediction_interval])
    without = replace(asked, pool=replace(asked.pool, prediction_interval=None))
    assert rows(forest(without), "prediction") == []


def test_sides_are_named_only_where_they_are_known() -> None:
    assert {"← Favours ketamine", "Favours placebo →"} <= set(texts(svg(forest(pain()))))
    assert not any("Favours" in text for text in texts(svg(forest(CASES["plain"]))))


def test_subgroups_have_headings_diamonds_and_weights_of_the_whole() -> None:
    asked = groups()
    spec = forest(asked)
    kinds = [row["kind"] for row in spec["datasets"]["rows"]]
    assert [row["label"] for row in rows(spec, "heading")] == [*(g.label for g in asked.subgroups), "Not in a subgroup"]
    assert kinds.count("study") == 8
    assert kinds[-2:] == ["total", "prediction"]
    assert len({corner["diamond"] for corner in spec["datasets"]["diamonds"]}) == 4
    assert sum(row["weight"] for row in rows(spec)) == pytest.approx(100)
    first = rows(spec, "subtotal")[0]
    assert first["weight"] == pytest.approx(sum(row["weight"] for row in rows(spec)[:3]))
    pool = asked.subgroups[0].pool
    assert (first["estimate"], first["lower"]) == (pool.estimate, pool.ci[0] if pool.ci else None)


def test_nothing_to_draw_is_said() -> None:
    spec = forest(answer("MD", [], sentence="No eligible trial reported pain."))
    found = texts(svg(spec))
    assert "There is nothing to draw: no trial fits the question." in found
    assert "No eligible trial reported pain." in found


def test_summary_keeps_measures_apart() -> None:
    asked = [replace(pain(), analysis="X-1.1"), effects(), CASES["not estimable"], CASES["plain"]]
    spec = summary(asked)
    validate(spec)
    json.dumps(spec, allow_nan=False)
    assert len(spec["vconcat"]) == 3
    found = texts(svg(spec))
    assert {"Mean difference", "Risk ratio (log scale)", "Standardised mean difference"} <= set(found)
    assert {"−15.79", "[−32.09,", "0.51]", "X-1.1", "not estimable"} <= set(found)
    assert svg(summary(asked)) == svg(spec)


def test_summary_of_nothing_is_a_chart() -> None:
    assert "0 analyses" in svg(summary([]))


def test_numbers_beyond_two_decimals_say_so_and_do_not_stretch_the_axis() -> None:
    spec = forest(CASES["enormous"])
    (row,) = rows(spec)
    assert row["lower_text"] == "[<0.01,"
    assert row["upper_text"] == ">99999]"
    assert row["beyond_left"]
    assert row["beyond_right"]
    assert {"0.01", "1", "100"} <= set(texts(svg(spec)))
    corners = [corner["x"] for corner in spec["datasets"]["diamonds"]]
    assert corners == sorted(corners)
    assert 1e-5 < corners[0] < corners[-1] < 1e5


def test_twins_are_told_apart_by_their_stratum() -> None:
    twins = [
        replace(continuous("Dadabayev 2020", (50, 10, 20), (55, 11, 21)), stratum=stratum)
        for stratum in ("without PTSD", "with PTSD")
    ]
    labels = [row["label"] for row in rows(forest(answer("MD", twins)))]
    assert labels == ["Dadabayev 2020 (without PTSD)", "Dadabayev 2020 (with PTSD)"]


def test_equal_numbers_and_no_spread_still_give_an_axis() -> None:
    still = answer("MD", [continuous("Same 2001", (5, 1, 10), (5, 1, 10))])
    even = answer("RR", [dichotomous("Same 2001", (5, 10), (5, 10))])
    point = answer("MD", [generic("Point 2001", 0.0, 1e-30, log=False)])
    for asked in (still, even, point):
        spec = forest(asked)
        assert len(next(x["axis"]["values"] for x in encodings(spec) if x.get("axis"))) >= 3
        svg(spec)
