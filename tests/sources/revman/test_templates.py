"""RevMan's templates, which Covidence exports too: arms as studies have them, results of arms and of contrasts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from kg import protocol
from kg.errors import InputRefused
from kg.model import records as r
from kg.sources.incoming import Incoming
from kg.sources.revman import arm_tables
from tests.sources.revman.revman_files import faults, packed, protocol_text, read, rows, table

MORE = ("Variance", "CI level", "Exp mean", "Exp CI start", "Exp CI end", "Footnotes")


def arm(study: str, name: str, intervention: str) -> dict[str, object]:
    return {"Study": study, "Arm": name, "Intervention": intervention}


def result(
    study: str, outcome: str, name: str, more: Mapping[str, object], kind: str = "Dichotomous"
) -> dict[str, object]:
    return {"Study": study, "Outcome": outcome, "Arm": name, "Data type": kind, **more}


ARMS = [
    arm("Ann 2001", "Espresso", "Coffee"),
    arm("Ann 2001", "Filter", "Coffee"),
    arm("Ann 2001", "Water", "Placebo"),
    arm("Ben 2002", "Coffee", "Coffee"),
    arm("Ben 2002", "Tea", "Tea"),
]
RESULTS = [
    result("Ann 2001", "Awake", "Espresso", {"Sample size": 10, "Cases": 3}),
    result("Ann 2001", "Awake", "Filter", {"Sample size": 11, "Cases": 4}),
    result("Ann 2001", "Awake", "Water", {"Sample size": 12, "Cases": 5}),
    result("Ben 2002", "Mood", "Coffee", {"Sample size": 20, "Mean": "1.5", "SE": "0.5"}, "Continuous"),
    result("Ben 2002", "Mood", "Tea", {"Sample size": 21, "Mean": "1", "Variance": "4"}, "Continuous"),
]


def made(arms: list[dict[str, object]], results: list[dict[str, object]], **more: bytes) -> list[Incoming]:
    files = {
        "Coffee study arms.csv": table((*arm_tables.ARMS, "Description"), arms),
        "Coffee study results.csv": table((*arm_tables.RESULTS, *MORE), results),
    }
    return read(packed(files | more), "covidence.zip")


def test_arms_are_those_of_the_study_and_name_its_interventions() -> None:
    items = made(ARMS, RESULTS)
    found = [
        (a.arm, a.intervention_text, a.studied, a.role) for a in rows(items, r.Arm) if a.trial == "coffee-ann-2001"
    ]
    coffee, placebo = (r.Words("intervention", text, scope="revman-coffee") for text in ("Coffee", "Placebo"))
    assert found == [
        ("espresso", "Espresso", coffee, "unknownRole"),
        ("filter", "Filter", coffee, "unknownRole"),
        ("water", "Water", placebo, "placebo"),
    ]
    assert {t.study_type for t in rows(items, r.Trial)} == {"RandomisedTrial"}


def test_results_are_of_arms_with_the_spread_as_given() -> None:
    items = made(ARMS, RESULTS)
    assert [(x.events, x.total) for x in rows(items, r.DichotomousResult)] == [(3, 10), (4, 11), (5, 12)]
    assert [(x.mean, x.sd, x.se) for x in rows(items, r.ContinuousResult)] == [
        (Decimal("1.5"), None, Decimal("0.5")),
        (Decimal(1), Decimal(2), None),
    ]


def test_an_analysis_is_made_of_every_outcome_and_pair_that_a_study_compares() -> None:
    found = [
        (a.intervention.text, a.comparator.text, a.outcome.text)
        for a in rows(made(ARMS, RESULTS), r.Analysis)
        if isinstance(a.intervention, r.Words) and isinstance(a.comparator, r.Words) and isinstance(a.outcome, r.Words)
    ]
    assert found == [("Coffee", "Placebo", "Awake"), ("Coffee", "Tea", "Mood")]
    rules = protocol.read(protocol_text(made(ARMS, RESULTS)), "x").analyses
    assert {name: (rule.measure, rule.method) for name, rule in rules.items()} == {
        "coffee-1.1": ("RR", "DL-MH"),
        "coffee-2.1": ("MD", "DL"),
    }


def test_a_control_that_is_listed_first_is_the_comparator() -> None:
    arms = [arm("Ann 2001", "Usual", "Usual care"), arm("Ann 2001", "Coffee", "Coffee")]
    results = [result("Ann 2001", "Awake", name, {"Sample size": 9, "Cases": 1}) for name in ("Usual", "Coffee")]
    (analysis,) = rows(made(arms, results), r.Analysis)
    assert isinstance(analysis.intervention, r.Words)
    assert analysis.intervention.text == "Coffee"


def test_contrasts_are_ratios_by_their_exponents_or_those_of_their_logarithms() -> None:
    same = {"Reference arm": "Tea", "Effect measure": "Hazard Ratio", "SE": "0.2"}
    results = [
        result("Ben 2002", "Dead", "Coffee", same | {"Mean": "-0.5"}),
        result("Ben 2002", "Ill", "Coffee", same | {"Exp mean": "0.5", "Exp CI start": "0.3", "Exp CI end": "0.9"}),
        result("Ben 2002", "Mood", "Coffee", same | {"Effect measure": "Mean Difference", "Mean": "-0.5"}),
    ]
    dead, ill, mood = rows(made(ARMS, results), r.ContrastResult)
    assert (dead.measure, dead.experimental_arm, dead.control_arm) == ("HR", "coffee", "tea")
    assert float(dead.estimate or 0) == pytest.approx(0.6065306597126334, rel=1e-15)
    assert (ill.estimate, ill.ci_low, ill.ci_high) == (Decimal("0.5"), Decimal("0.3"), Decimal("0.9"))
    assert (mood.measure, mood.estimate, mood.se) == ("MD", Decimal("-0.5"), Decimal("0.2"))


def test_an_arm_that_results_alone_name_is_of_itself() -> None:
    results = [result("Cy 2003", "Awake", name, {"Sample size": 9, "Cases": 1}) for name in ("Cola", "Tea")]
    assert [a.arm for a in rows(made([], results), r.Arm)] == ["cola", "tea"]


def test_rows_that_cannot_be_read_are_told() -> None:
    results = [*RESULTS, result("Ann 2001", "Awake", "Water", {}, "Ordinal"), result("Ann 2001", "", "Water", {})]
    results += [result("Ann 2001", "Ill", "Water", {"Sample size": "9", "Cases": "some"})]
    items = made([*ARMS, arm("Ann 2001", "Water", "Placebo"), arm("", "Water", "Placebo")], results)
    said = [message for _, message in faults(items)]
    assert [text.partition(";")[0] for text in said] == [
        "arm 'Water' of Ann 2001 stands above already",
        "the line names no Study",
        "Data type is 'Ordinal'",
        "Outcome is empty",
        "Cases is 'some'",
    ]


def test_a_table_without_a_column_is_refused() -> None:
    with pytest.raises(InputRefused, match="column Sample size missing"):
        read(table([c for c in arm_tables.RESULTS if c != "Sample size"], []), "study-results.csv")
