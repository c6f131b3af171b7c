"""Mean age and women at the start, from each form of a record, and only where they fit those who took part."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .reading import Read, Rows
from .study import rows, study


def baseline(*measures: dict[str, Any], titles: tuple[str, ...] = ("Drug A", "Control", "Total")) -> dict[str, Any]:
    groups = [{"id": f"BG00{n}", "title": title} for n, title in enumerate(titles)]
    started = [{"groupId": f"FG00{n}", "numSubjects": value} for n, value in enumerate(("50", "40"))]
    flow = {
        "groups": [{"id": "FG000", "title": "Drug A"}, {"id": "FG001", "title": "Control"}],
        "periods": [{"title": "Overall Study", "milestones": [{"type": "STARTED", "achievements": started}]}],
    }
    return {
        "baselineCharacteristicsModule": {"groups": groups, "measures": list(measures)},
        "participantFlowModule": flow,
    }


def cells(*values: str) -> list[dict[str, str]]:
    return [{"groupId": f"BG00{n}", "value": value} for n, value in enumerate(values)]


def sex(*women: str) -> dict[str, Any]:
    categories = [
        {"title": "Female", "measurements": cells(*women)},
        {"title": "Male", "measurements": cells("9", "9")},
    ]
    return {
        "title": "Sex: Female, Male",
        "paramType": "COUNT_OF_PARTICIPANTS",
        "unitOfMeasure": "Participants",
        "classes": [{"categories": categories}],
    }


def age(*values: str, **other: str) -> dict[str, Any]:
    made: dict[str, Any] = {"title": "Age, Continuous", "paramType": "MEAN", "unitOfMeasure": "years"}
    return made | {"classes": [{"categories": [{"measurements": cells(*values)}]}]} | other


def read_with(*measures: dict[str, Any], enrolled: int = 90, **more: Any) -> Rows:
    design = {
        "designInfo": {"allocation": "RANDOMIZED", "interventionModel": "PARALLEL"},
        "enrollmentInfo": {"count": enrolled, "type": "ACTUAL"},
    }
    return rows(study(designModule=design, **baseline(*measures, **more)))


def test_age_and_women_of_all_and_of_each_arm() -> None:
    found = read_with(age("50.5", "49", "49.8"), sex("30", "20", "50"))
    assert (found.trial.mean_age, found.trial.female) == (Decimal("49.8"), 50)
    assert {name: arm.female for name, arm in found.arms.items()} == {"drug-a": 30, "control": 20}


@pytest.mark.parametrize(
    "other",
    [{"unitOfMeasure": "months"}, {"paramType": "MEDIAN"}, {"title": "Weight"}],
    ids=["months", "median", "weight"],
)
def test_what_is_no_mean_age_in_years_is_left_out(other: dict[str, str]) -> None:
    assert read_with(age("50", "49", "49.5", **other)).trial.mean_age is None


def test_without_a_total_nothing_is_said_of_all() -> None:
    found = read_with(age("50", "49"), sex("30", "20"), titles=("Drug A", "Control"))
    assert (found.trial.mean_age, found.trial.female) == (None, None)
    assert found.arms["drug-a"].female == 30


def test_more_women_than_people_are_left_out() -> None:
    found = read_with(sex("51", "20", "91"))
    assert found.trial.female is None
    assert {name: arm.female for name, arm in found.arms.items()} == {"drug-a": None, "control": 20}


@pytest.mark.parametrize(
    ("name", "mean", "women"),
    [
        ("NCT00281684.json", Decimal("26.9"), 76),
        ("NCT00144300.xml", Decimal("58.3"), 89),
        ("NCT02438137.xml", Decimal("50.2"), 33),
    ],
)
def test_real_records(name: str, mean: Decimal, women: int, read: Read) -> None:
    trial = read(name).trial
    assert (trial.mean_age, trial.female) == (mean, women)
