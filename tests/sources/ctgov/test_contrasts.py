"""Analyses of two groups: the side is told by the figures of the arms, or it is not told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kg.model.records import ContrastResult

from .reading import Read, text
from .study import measure, outcomes, rows, study

VALUES = {"OG000": {"value": "10.0", "spread": "2"}, "OG001": {"value": "13.5", "spread": "2"}}


def contrast(analysis: dict[str, Any], **fields: Any) -> ContrastResult:
    given = {"groupIds": ["OG000", "OG001"], "paramType": "Mean Difference (Final Values)"} | analysis
    (found,) = rows(study(**outcomes(measure(VALUES, analyses=[given], **fields)))).contrasts
    return found


def test_a_difference_that_the_figures_give_is_taken_in_its_direction() -> None:
    forward = contrast({"paramValue": "-3.5", "ciLowerLimit": "-5", "ciUpperLimit": "-2", "ciPctValue": "95"})
    assert (forward.experimental_arm, forward.control_arm, forward.measure) == ("drug-a", "control", "MD")
    assert (forward.estimate, forward.ci_low, forward.ci_high) == (Decimal("-3.5"), Decimal(-5), Decimal(-2))
    assert forward.direction_text is None
    backward = contrast({"paramValue": "3.5"})
    assert (backward.experimental_arm, backward.control_arm, backward.measure) == ("control", "drug-a", "MD")


@pytest.mark.parametrize("value", ["-3.4", "-3.44", "-3.61"])
def test_rounding_of_the_figures_is_allowed_for_and_no_more(value: str) -> None:
    known = contrast({"paramValue": value}).measure == "MD"
    assert known == (value != "-3.61")


@pytest.mark.parametrize(
    "analysis",
    [
        {"paramValue": "-2.9"},
        {"paramValue": "0.74", "paramType": "Mean ratio"},
        {"paramValue": "-3.5", "paramType": "Median Difference (Final Values)"},
        {"paramValue": "-3.5", "paramType": "Standardized mean difference"},
        {"paramValue": "-3.5", "paramType": "Hazard Ratio (HR)"},
        {"paramValue": "-3.5", "paramType": None},
    ],
)
def test_what_the_figures_do_not_give_has_no_measure_and_says_so(analysis: dict[str, Any]) -> None:
    found = contrast(analysis | {"groupDescription": "Drug A minus control."})
    assert found.measure is None
    assert found.estimate == Decimal(analysis["paramValue"])
    assert found.measure_text == (
        analysis.get("paramType", "Mean Difference (Final Values)") or "an estimate of unnamed kind"
    )
    assert found.direction_text == (
        "groups as listed: Drug A, Control; which is compared with which is not verified by their figures. "
        "Drug A minus control."
    )


def test_no_difference_has_no_direction() -> None:
    same = {"OG000": {"value": "10.0"}, "OG001": {"value": "10.0"}}
    given = measure(
        same, analyses=[{"groupIds": ["OG000", "OG001"], "paramType": "Mean Difference", "paramValue": "0.0"}]
    )
    (found,) = rows(study(**outcomes(given))).contrasts
    assert found.measure is None


@pytest.mark.parametrize(
    ("words", "value", "effect", "experimental"),
    [
        ("Odds Ratio (OR)", "0.38", "OR", "drug-a"),
        ("Odds Ratio (OR)", "2.67", "OR", "control"),
        ("Risk Ratio (RR)", "0.50", "RR", "drug-a"),
        ("Relative risk", "2.00", "RR", "control"),
        ("Risk Difference (RD)", "-0.20", "RD", "drug-a"),
        ("Difference in proportions", "0.20", "RD", "control"),
        ("Odds Ratio (OR)", "0.30", None, "drug-a"),
        ("Difference in percentage", "-20", None, "drug-a"),
    ],
)
def test_ratios_and_differences_of_risks(words: str, value: str, effect: str | None, experimental: str) -> None:
    given = measure(
        {"OG000": {"value": "10"}, "OG001": {"value": "16"}},
        paramType="COUNT_OF_PARTICIPANTS",
        unitOfMeasure="Participants",
        analyses=[{"groupIds": ["OG000", "OG001"], "paramType": words, "paramValue": value}],
    )
    (found,) = rows(study(**outcomes(given))).contrasts
    assert (found.measure, found.experimental_arm) == (effect, experimental)


def test_the_class_that_the_words_name_is_the_outcome() -> None:
    def cell(title: str, a: str, b: str) -> dict[str, Any]:
        cells = [{"groupId": "OG000", "value": a}, {"groupId": "OG001", "value": b}]
        return {"title": title, "categories": [{"measurements": cells}]}

    classes = [cell("Week 2", "1", "3"), cell("Week 12", "1", "3"), cell("Walking", "1", "3")]
    analyses = [
        {
            "groupIds": ["OG000", "OG001"],
            "paramType": "LS mean difference",
            "paramValue": "-2",
            "groupDescription": words,
        }
        for words in ("Week 12", "At week 2, by ANCOVA", "walking.", "at 12 weeks", "all of them")
    ]
    found = rows(study(**outcomes(measure({}, classes=classes, analyses=analyses)))).contrasts
    assert [(text(c.outcome), (c.timepoint_text or "").split(";")[0], c.measure) for c in found] == [
        ("Pain", "Week 12", "MD"),
        ("Pain", "Week 2", "MD"),
        ("Pain: Walking", "12 weeks", "MD"),
        ("Pain", "Week 12", "MD"),
        ("Pain", "12 weeks", None),
    ]


def test_p_values_levels_and_sides_are_read() -> None:
    found = contrast({"paramValue": "-3.5", "pValue": "< 0.001", "statisticalMethod": "ANCOVA", "ciPctValue": "90",
                      "ciLowerLimit": "-5", "ciUpperLimit": "-2", "ciNumSides": "TWO_SIDED"})  # fmt: skip
    assert (found.p_relation, found.p_value, found.p_text) == ("<", Decimal("0.001"), "< 0.001")
    assert (found.method_text, found.ci_level, found.sided) == ("ANCOVA", Decimal(90), 2)
    alone = contrast({"pValue": "0.04"})
    assert (alone.estimate, alone.not_reported) == (None, ("estimate",))
    bare = contrast({"paramValue": "-3.5"})
    assert bare.not_reported == ("se",)


def test_one_limit_makes_no_interval() -> None:
    found = contrast({"paramValue": "-3.5", "ciUpperLimit": "-2", "ciPctValue": "97.5", "ciNumSides": "ONE_SIDED"})
    assert (found.ci_low, found.ci_high, found.ci_level, found.sided) == (None, None, None, 1)


def test_the_standard_error_of_a_ratio_may_be_on_either_scale() -> None:
    spread = {"dispersionType": "STANDARD_ERROR_OF_MEAN", "dispersionValue": "0.7"}
    assert contrast(spread | {"paramValue": "-3.5"}).se == Decimal("0.7")
    ratio = contrast(spread | {"paramValue": "0.5", "paramType": "Odds Ratio (OR)"})
    assert ratio.se is None
    assert ratio.note == "STANDARD_ERROR_OF_MEAN 0.7."
    other = contrast({"paramValue": "-3.5", "dispersionType": "STANDARD_DEVIATION", "dispersionValue": "5"})
    assert (other.se, other.note) == (None, "STANDARD_DEVIATION 5.")


def test_analyses_of_other_than_two_arms_compare_no_two_arms() -> None:
    for groups in (["OG000"], ["OG000", "OG001", "OG002"], [], ["OG000", "OG000"], ["OG000", "OG999"]):
        given = measure(VALUES, analyses=[{"groupIds": groups, "pValue": "0.5"}])
        assert not rows(study(**outcomes(given))).contrasts


def test_real_analyses(read: Read) -> None:
    lows = read("NCT02552212.json").contrasts
    assert [(c.measure, c.experimental_arm) for c in lows[3:5]] == [("MD", "czp-200-mg-q2w")] * 2
    adjusted = lows[0]
    assert (adjusted.measure, adjusted.estimate) == (None, Decimal("15.231"))
    assert (adjusted.direction_text or "").startswith("groups as listed: Placebo (FAS), CZP 200 mg Q2W (FAS);")
    assert read("NCT02742129.json").contrasts[0].measure is None, (
        "the groups are sequences, the estimate is of treatments"
    )
    (risk,) = read("NCT00144300.xml").contrasts
    assert (risk.measure, risk.estimate, risk.ci_level) == ("RR", Decimal("1.07"), Decimal(95))
    assert text(risk.outcome).endswith("Have retinal deterioration")
