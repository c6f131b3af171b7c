"""What becomes of the cells of an outcome measure, on small studies."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kg.model.records import ContinuousResult, DichotomousResult
from kg.sources.incoming import Unreadable

from .study import measure, outcomes, rows, study, taken

PEOPLE = [{"groupId": "OG000", "value": "50"}, {"groupId": "OG001", "value": "40"}]


def first(cell: dict[str, Any], **fields: Any) -> ContinuousResult | DichotomousResult:
    return rows(study(**outcomes(measure({"OG000": cell}, **fields)))).results[0]


def continuous(cell: dict[str, Any], **fields: Any) -> ContinuousResult:
    found = first(cell, **fields)
    assert isinstance(found, ContinuousResult)
    return found


def counted(cell: dict[str, Any], **fields: Any) -> DichotomousResult:
    found = first(cell, **fields)
    assert isinstance(found, DichotomousResult)
    return found


@pytest.mark.parametrize("level", ["80", "90", "95", "97.5", "99"])
def test_an_interval_has_the_level_of_its_label(level: str) -> None:
    row = continuous(
        {"value": "3", "lowerLimit": "1", "upperLimit": "5"}, dispersionType=f"{level}% Confidence Interval"
    )
    assert (row.ci_low, row.ci_high, row.ci_level) == (Decimal(1), Decimal(5), Decimal(level))


def test_one_limit_alone_is_no_interval() -> None:
    row = continuous({"value": "3", "lowerLimit": "1", "upperLimit": "NA"}, dispersionType="95% Confidence Interval")
    assert (row.ci_low, row.ci_high, row.ci_level, row.not_reported) == (None, None, None, ("sd",))
    assert row.doubt == ("one limit is posted without the other",)
    assert row.reported_text == "mean 3; 95% confidence interval 1 to NA; n 50"


def test_a_zero_spread_is_not_known() -> None:
    row = continuous({"value": "3", "spread": "0.0"})
    assert (row.sd, row.not_reported) == (None, ("sd",))
    assert row.doubt == ("the standard deviation is posted as 0, which says that it is not known",)


def test_thousands_are_numbers_and_words_are_gaps() -> None:
    assert continuous({"value": "1,234.5", "spread": "2,000"}).mean == Decimal("1234.5")
    row = continuous({"value": "<0.001", "spread": "NA", "comment": "Below the limit."})
    assert (row.mean, row.sd, row.not_reported) == (None, None, ("mean", "sd"))
    assert row.note == "Primary outcome measure. Below the limit."
    assert row.reported_text == "mean <0.001; standard deviation NA; n 50"


@pytest.mark.parametrize(
    ("parameter", "column", "statistic"),
    [
        ("MEAN", "mean", "arithmeticMean"),
        ("LEAST_SQUARES_MEAN", "mean", "leastSquaresMean"),
        ("GEOMETRIC_MEAN", "geometric_mean", "geometricMeanStatistic"),
        ("GEOMETRIC_LEAST_SQUARES_MEAN", "geometric_mean", "geometricLeastSquaresMean"),
        ("LOG_MEAN", "geometric_mean", "logMean"),
        ("MEDIAN", "median", "medianStatistic"),
        ("NUMBER", "number_value", "number"),
        ("COUNT_OF_UNITS", "number_value", "number"),
        ("SOMETHING_NEW", "number_value", "number"),
    ],
)
def test_each_statistic_has_its_column(parameter: str, column: str, statistic: str) -> None:
    row = continuous({"value": "7"}, paramType=parameter)
    assert row.statistic == statistic
    centres = {name: getattr(row, name) for name in ("mean", "geometric_mean", "median", "number_value")}
    assert {name for name, value in centres.items() if value is not None} == {column}


@pytest.mark.parametrize(
    "unit", ["participants", "Participants", "Number of participants with events", "subjects", "patients"]
)
def test_a_number_of_people_is_a_count(unit: str) -> None:
    row = counted({"value": "7"}, paramType="NUMBER", unitOfMeasure=unit, dispersionType=None)
    assert (row.events, row.total, row.percentage) == (7, 50, None)


@pytest.mark.parametrize(
    ("unit", "title"),
    [
        ("percentage of participants", "Response"),
        ("Percent of subjects", "Response"),
        ("% of patients", "Response"),
        ("percentage", "Percentage of Participants With Response"),
    ],
)
def test_a_percentage_of_people_is_a_percentage(unit: str, title: str) -> None:
    row = counted({"value": "46.7"}, paramType="NUMBER", unitOfMeasure=unit, title=title, dispersionType=None)
    assert (row.percentage, row.total, row.events, row.not_reported) == (Decimal("46.7"), 50, None, ("events",))


@pytest.mark.parametrize(
    "unit",
    ["percentage", "percent change", "events per 1000 participant-years", "days", "participants/site", "mg", None],
)
def test_a_number_of_anything_else_is_a_number(unit: str | None) -> None:
    row = continuous({"value": "7"}, paramType="NUMBER", unitOfMeasure=unit, dispersionType=None)
    assert (row.number_value, row.unit_text, row.mean) == (Decimal(7), unit, None)


@pytest.mark.parametrize(
    ("unit", "value"), [("participants", "60"), ("participants", "3.5"), ("percentage of participants", "130")]
)
def test_a_number_that_cannot_be_what_its_unit_says_is_in_doubt(unit: str, value: str) -> None:
    row = continuous({"value": value}, paramType="NUMBER", unitOfMeasure=unit, dispersionType=None)
    assert row.number_value == Decimal(value)
    assert row.doubt == (f"the unit is {unit}, but the value cannot be one of 50",)


def test_a_count_of_participants_that_is_no_whole_number_is_refused() -> None:
    given = measure({"OG000": {"value": "10.5"}}, paramType="COUNT_OF_PARTICIPANTS", dispersionType=None)
    found = taken(study(**outcomes(given)))
    assert isinstance(found, Unreadable)
    assert found.message.startswith("the count of participants is '10.5'; a count is a whole number")
    assert found.place.endswith("/measurements/0")


def test_the_denominator_of_a_class_comes_before_that_of_the_measure() -> None:
    own = [{"units": "Participants", "counts": [{"groupId": "OG000", "value": "30"}]}]
    cell = {"categories": [{"measurements": [{"groupId": "OG000", "value": "1"}, {"groupId": "OG001", "value": "2"}]}]}
    found = rows(study(**outcomes(measure({}, classes=[cell | {"denoms": own}])))).results
    assert [r.n for r in found if isinstance(r, ContinuousResult)] == [30, 40]


def test_of_several_units_people_are_counted() -> None:
    eyes = {"units": "Eyes", "counts": [{"groupId": "OG000", "value": "100"}]}
    row = continuous({"value": "1", "spread": "1"}, denoms=[eyes, {"units": "Participants", "counts": PEOPLE}])
    assert (row.n, row.doubt) == (50, ("eyes were analysed; n counts participants",))
    row = continuous({"value": "1", "spread": "1"}, denoms=[eyes])
    assert (row.n, row.not_reported) == (None, ("n",))
    assert row.doubt == ("analysed were eyes, not participants",)


def test_nobody_analysed_and_nothing_posted_are_no_results() -> None:
    nobody = [{"units": "Participants", "counts": [{"groupId": "OG000", "value": "0"}]}]
    assert not rows(study(**outcomes(measure({"OG000": {"value": "0"}}, denoms=nobody)))).results
    assert not rows(study(**outcomes(measure({"OG000": {"value": "5"}}, paramType=None)))).results


def test_without_a_denominator_n_is_a_gap() -> None:
    assert continuous({"value": "1", "spread": "1"}, denoms=[]).not_reported == ("n",)
    row = counted({"value": "1"}, paramType="COUNT_OF_PARTICIPANTS", denoms=[])
    assert (row.total, row.not_reported) == (None, ("total",))


def test_two_values_of_a_group_in_one_cell_are_refused() -> None:
    cell = {"categories": [{"measurements": [{"groupId": "OG000", "value": "1"}, {"groupId": "OG000", "value": "2"}]}]}
    found = taken(study(**outcomes(measure({}, classes=[cell]))))
    assert isinstance(found, Unreadable)
    assert found.message == "the group 'OG000' has two values here; keep one"


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Change From Baseline in Pain", "change"),
        ("Mean Change in Pain", "change"),
        ("Pain", "final"),
        ("Patient Global Impression of Change", "final"),
    ],
)
def test_changes_are_told_from_final_values(title: str, kind: str) -> None:
    assert continuous({"value": "1", "spread": "1"}, title=title).value_kind == kind


def test_beside_classes_that_say_change_the_others_are_final() -> None:
    cells = [
        {"title": title, "categories": [{"measurements": [{"groupId": "OG000", "value": "1"}]}]}
        for title in ("Baseline", "Change at Week 2", "Week 2")
    ]
    found = rows(study(**outcomes(measure({}, title="Change in Pain", classes=cells)))).results
    assert [r.value_kind for r in found if isinstance(r, ContinuousResult)] == ["final", "change", "final"]


def test_periods_are_those_of_a_crossover_alone() -> None:
    cells = [
        {"title": title, "categories": [{"measurements": [{"groupId": "OG000", "value": "1"}]}]}
        for title in ("Period 1", "Period 2", "First Intervention (8 Weeks)", "Second Treatment Period")
    ]
    crossover = {"designModule": {"designInfo": {"allocation": "RANDOMIZED", "interventionModel": "CROSSOVER"}}}
    given = outcomes(measure({}, classes=cells))
    found = rows(study(**given, **crossover)).results
    assert [r.period for r in found] == ["firstPeriod", "laterPeriod", "firstPeriod", "laterPeriod"]
    assert {r.outcome_text for r in found} == {"Pain"}
    parallel = rows(study(**given)).results
    assert [r.period for r in parallel] == [None] * 4
    assert len({r.outcome_text for r in parallel}) == 4
