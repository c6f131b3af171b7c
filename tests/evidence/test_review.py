"""The review answered from the graph agrees with its own values, row by row and pool by pool."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from kg.evidence_base import EvidenceBase
from kg.model.answer import Answer, Pool, Side, Study
from tests.conftest import ROOT

TOTAL = "(all, subgroup analysis total)"
PRINTED = {
    "CD015373-1.1": ("-15.79", "-32.09", "0.51"),
    "CD015373-1.4": ("-5.32", "-15.51", "4.87"),
    "CD015373-1.9": ("3.26", "1.05", "10.09"),
}


@pytest.fixture(scope="module")
def answers(base: EvidenceBase) -> list[Answer]:
    return base.review()[1]


@cache
def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rounds_to(value: float | None, printed: str) -> bool:
    """A value gives a printed one when it rounds to it at its last digit."""
    if value is None or not printed:
        return value is None and not printed
    places = len(printed.partition(".")[2])
    return bool(abs(value - float(printed)) <= 0.5 * 10.0**-places + 1e-9)


def pools(answers: list[Answer]) -> dict[tuple[str, str], Pool]:
    found: dict[tuple[str, str], Pool] = {}
    for answer in answers:
        assert answer.analysis is not None
        subgroup_analysis = answer.main_analysis != answer.analysis
        found[answer.analysis, TOTAL if subgroup_analysis else ""] = answer.pool
        found |= {(answer.analysis, group.label): group.pool for group in answer.subgroups}
    return found


def test_every_analysis_is_answered_in_the_order_of_the_review(answers: list[Answer]) -> None:
    listed = [r["analysis"] for r in rows(ROOT / "data/reviews/analyses.csv") if r["review"] == "cd015373"]
    assert [answer.analysis for answer in answers] == listed
    assert len(listed) == 95
    assert sum(answer.analysis == answer.main_analysis for answer in answers) == 85


def test_every_pool_equals_the_recomputed_value_of_the_review(answers: list[Answer], shared: Path) -> None:
    found = pools(answers)
    expected = {(r["analysis_id"], r["subgroup"]): r for r in rows(shared / "data/evidence/review/pooled_results.csv")}
    assert set(found) == set(expected)
    assert len(expected) == 118
    wrong = [
        (key, name)
        for key, row in expected.items()
        for name, value in said(found[key]).items()
        if not rounds_to(value, row[name])
    ]
    assert not wrong
    assert sum(pool.display is not None for pool in found.values()) == 114


def said(pool: Pool) -> dict[str, float | None]:
    """The fields of a pool by the column names of the review's table."""
    several = pool.heterogeneity if pool.k > 1 else None
    return {
        "estimate": pool.display.estimate if pool.display else None,
        "ci_low": pool.display.ci[0] if pool.display else None,
        "ci_high": pool.display.ci[1] if pool.display else None,
        "p_value": pool.p_value,
        "k_studies_rows": pool.k_rows,
        "k_in_estimate": pool.k,
        "n_experimental": pool.participants.experimental,
        "n_control": pool.participants.control,
        "i2_pct": several.i2 if several else None,
        "tau2": several.tau2 if several else None,
        "q": several.q if several else None,
    }


def test_pools_without_a_value_say_why(answers: list[Answer]) -> None:
    empty = [answer for answer in answers if answer.pool.display is None]
    assert [a.analysis for a in empty] == ["CD015373-1.19", "CD015373-2.2", "CD015373-5.6", "CD015373-10.3"]
    for answer in empty:
        assert "no event occurred in either arm" in answer.sentence
        assert answer.studies
        assert not any(study.estimable for study in answer.studies)


@pytest.mark.parametrize("analysis", PRINTED)
def test_printed_values_are_shown_as_printed(answers: list[Answer], analysis: str) -> None:
    answer = next(a for a in answers if a.analysis == analysis)
    published, display = answer.published, answer.pool.display
    assert published is not None
    assert published.ci is not None
    assert display is not None
    assert published.basis == "printed"
    for ours, theirs, text in zip(
        (display.estimate, *display.ci), (published.estimate, *published.ci), PRINTED[analysis], strict=True
    ):
        assert theirs == float(text)
        assert rounds_to(ours, text)


def test_every_study_line_uses_the_arms_figures_and_weight_of_the_review(answers: list[Answer], shared: Path) -> None:
    review = shared / "data/evidence/review"
    lines = zip(rows(review / "analysis_studies.csv"), rows(review / "analysis_rows.csv"), strict=True)
    by_analysis = {answer.analysis: answer for answer in answers}
    compared = 0
    for chosen, line in lines:
        answer = by_analysis[chosen["analysis_id"]]
        wanted = (f"trial/{chosen['trial_id']}", chosen["stratum"] or None)
        study = next(s for s in answer.studies if (s.trial.partition("evigraph/")[2], s.stratum) == wanted)
        assert arm(study.experimental) == chosen["exp_arm_id"]
        assert arm(study.control) == chosen["ctl_arm_id"]
        for side, prefix in ((study.experimental, "exp"), (study.control, "ctl")):
            assert_same_figures(side, line, prefix)
        weight = weight_within(answer, study, chosen["subgroup"])
        assert (weight is None) == (line["weight_pct"] == "")
        if weight is not None:
            assert weight == pytest.approx(float(line["weight_pct"]), abs=6e-4)
        compared += 1
    assert compared == 176
    assert sum(len(a.studies) for a in answers) == 176


def arm(side: Side) -> str:
    return side.arm.rpartition("/")[2]


def assert_same_figures(side: Side, line: dict[str, str], prefix: str) -> None:
    for name, value in (("mean", side.mean), ("sd", side.sd), ("events", side.events), ("n", side.n)):
        printed = line[f"{prefix}_{name}"]
        assert value == (float(printed) if printed else None), (line["analysis_id"], line["study_id"], name)


def weight_within(answer: Answer, study: Study, _subgroup: str) -> float | None:
    """The review weighs the rows of a subgroup analysis within its whole."""
    return next(s.weight for s in answer.studies if s is study)


def test_certainty_is_shown_with_the_published_trial_set_alone(answers: list[Answer]) -> None:
    rated = {a.analysis: a.published.certainty for a in answers if a.published and a.published.certainty}
    assert rated == {"CD015373-1.1": "very low", "CD015373-1.4": "low", "CD015373-1.9": "low"}
    assert "very low" in next(a.sentence for a in answers if a.analysis == "CD015373-1.1")
