"""Settings of each analysis decide its pools: a review file of every kind of data, through the gate and answered."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.evidence_base import EvidenceBase
from kg.importing.report import ImportReport
from kg.model.answer import Answer
from tests.review.loaded import imported, numbered, shown
from tests.sources.revman.revman_files import comparison, dich, outcome, rm5

Z95, Z90 = 1.959963984540054, 1.6448536269514722
ANN, BEN = "STD-Ann-2001", "STD-Ben_x002d_Ami-2002"
COUNTS = dich(ANN, 3, 10, 5, 12) + dich(BEN, 2, 20, 8, 22)


def estimates(*cells: tuple[str, str, str]) -> str:
    row = '<IV_DATA STUDY_ID="{}" ESTIMATE="{}" SE="{}" TOTAL_1="10" TOTAL_2="12"/>'
    return "".join(row.format(*cell) for cell in cells)


def differences(*cells: tuple[str, str, str]) -> str:
    row = '<IPD_DATA STUDY_ID="{}" O_E="{}" VAR="{}" EVENTS_1="3" TOTAL_1="10" EVENTS_2="8" TOTAL_2="12"/>'
    return "".join(row.format(*cell) for cell in cells)


def means(*cells: tuple[object, ...]) -> str:
    names = "STUDY_ID", "MEAN_1", "SD_1", "TOTAL_1", "MEAN_2", "SD_2", "TOTAL_2"
    return "".join(
        "<CONT_DATA " + " ".join(f'{n}="{v}"' for n, v in zip(names, cell, strict=True)) + "/>" for cell in cells
    )


def subgroup(kind: str, number: int, name: str, rows: str) -> str:
    return f'<{kind}_SUBGROUP NO="{number}"><NAME>{name}</NAME>{rows}</{kind}_SUBGROUP>'


GROUPS = subgroup("DICH", 1, "Cold", dich(ANN, 3, 10, 5, 12)) + subgroup("DICH", 2, "Hot", dich(BEN, 2, 20, 8, 22))
HAZARD: dict[str, Any] = {"METHOD": "IV", "EFFECT_MEASURE": "Hazard Ratio", "LOG_DATA": "YES"}
POINTS: dict[str, Any] = {"METHOD": "IV", "EFFECT_MEASURE": "Points", "LOG_DATA": "NO"}
TEXT = '<OTHER_OUTCOME NO="20"><NAME>What people said</NAME><OTHER_DATA STUDY_ID="STD-Ann-2001"/></OTHER_OUTCOME>'
FILE = rm5(
    comparison(
        outcome("IV", estimates((ANN, "-0.5", "0.2"), (BEN, "-0.1", "0.4")), "1", **HAZARD)
        + outcome("IV", estimates((ANN, "-0.5", "0.2"), (BEN, "-0.1", "0.4")), "2", **POINTS | {"CI_TOTAL": "90"})
        + outcome(
            "IPD",
            differences((ANN, "-2.5", "4.0"), (BEN, "0.5", "1.25")),
            "3",
            METHOD="PETO",
            EFFECT_MEASURE="Hazard Ratio",
        )
        + outcome("DICH", COUNTS, "4", SWAP_EVENTS="YES", METHOD="IV", EFFECT_MEASURE="RR")
        + outcome("DICH", GROUPS, "5", TOTALS="SUB", SUBGROUPS="YES")
        + outcome("DICH", GROUPS, "6", TOTALS="NO", SUBGROUPS="YES")
        + outcome("DICH", GROUPS, "7", TOTALS="YES", SUBGROUPS="YES", METHOD="PETO", EFFECT_MEASURE="PETO_OR")
        + outcome("DICH", dich(ANN, 0, 10, 0, 12) + dich(BEN, 0, 20, 0, 22), "8")
        + outcome(
            "CONT",
            means((ANN, 4, 2, 10, 5, 3, 12), (BEN, 1, 0, 20, 2, 1, 22)),
            "9",
            METHOD="IV",
            EFFECT_MEASURE="MD",
        )
        + outcome("DICH", dich(ANN, 11, 10, 5, 12) + dich(BEN, 2, 20, 8, 22), "10")
        + outcome("IV", estimates((ANN, "-0.5", "0.2"), (BEN, "-0.1", "0")), "11", **HAZARD)
        + outcome("DICH", dich(ANN, 0, 10, 5, 12) + dich(BEN, 2, 20, 8, 22), "12", METHOD="MH", EFFECT_MEASURE="RR")
        + outcome("DICH", COUNTS, "13", CI_STUDY="90", CI_TOTAL="99")
        + TEXT
    )
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EvidenceBase, ImportReport]]:
    path: Path = tmp_path_factory.mktemp("review") / "coffee.rm5"
    path.write_bytes(FILE)
    with imported(path) as found:
        yield found


@pytest.fixture(scope="module")
def answers(loaded: tuple[EvidenceBase, ImportReport]) -> dict[str, Answer]:
    return numbered(loaded[0].review("cd999999")[1])


def weighted(*pairs: tuple[float, float], z: float = Z95) -> tuple[float, float, float]:
    """Inverse-variance estimate and interval of estimates with their standard errors."""
    weights = [1 / se**2 for _, se in pairs]
    estimate = sum(w * y for w, (y, _) in zip(weights, pairs, strict=True)) / sum(weights)
    half = z / math.sqrt(sum(weights))
    return estimate, estimate - half, estimate + half


def test_only_impossible_rows_are_left_out_each_with_its_reason(loaded: tuple[EvidenceBase, ImportReport]) -> None:
    report = loaded[1]
    assert report.counts["refused"] == 0
    assert report.counts["new"] == 2 + 1 + 13 + 1
    left = [(record.name, fault.remedy) for record in report.partial for fault in record.rows_left_out]
    assert sorted({str(name) for name, _ in left}) == ["cd999999-ann-2001", "cd999999-ben-ami-2002"]
    assert all(remedy for _, remedy in left)
    assert len(left) == 3, left


def test_estimates_with_standard_errors_pool_on_the_log_scale_or_as_they_are(answers: dict[str, Answer]) -> None:
    both = weighted((-0.5, 0.2), (-0.1, 0.4))
    assert shown(answers["1.1"].pool) == pytest.approx([math.exp(v) for v in both], rel=1e-12)
    assert (answers["1.1"].measure, answers["1.1"].method) == ("HR", "EE")
    assert shown(answers["1.2"].pool) == pytest.approx(weighted((-0.5, 0.2), (-0.1, 0.4), z=Z90), rel=1e-12)
    assert answers["1.2"].ci_level == 90


def test_observed_minus_expected_pool_as_peto_did(answers: dict[str, Answer]) -> None:
    total, variance = -2.5 + 0.5, 4.0 + 1.25
    middle, half = total / variance, Z95 / math.sqrt(variance)
    expected = [math.exp(v) for v in (middle, middle - half, middle + half)]
    assert shown(answers["1.3"].pool) == pytest.approx(expected, rel=1e-12)


def test_swapped_events_count_people_without_one(answers: dict[str, Answer]) -> None:
    def log_ratio(a: int, n1: int, c: int, n2: int) -> tuple[float, float]:
        a, c = n1 - a, n2 - c
        return math.log(a / n1 / (c / n2)), math.sqrt(1 / a - 1 / n1 + 1 / c - 1 / n2)

    expected = weighted(log_ratio(3, 10, 5, 12), log_ratio(2, 20, 8, 22))
    assert shown(answers["1.4"].pool) == pytest.approx([math.exp(v) for v in expected], rel=1e-12)


def test_totals_of_subgroups_alone_and_none_at_all(answers: dict[str, Answer]) -> None:
    alone, none = answers["1.5"], answers["1.6"]
    assert alone.pool.display is None
    assert [g.label for g in alone.subgroups] == ["Cold", "Hot"]
    cold = 3 / 10 / (5 / 12)
    assert shown(alone.subgroups[0].pool)[0] == pytest.approx(cold, rel=1e-12)
    assert none.pool.display is None
    assert all(g.pool.display is None for g in none.subgroups)
    for answer in (alone, none):
        assert any("pool" in warning for warning in answer.warnings), answer.warnings


def test_peto_odds_ratios_pool_levels_and_total(answers: dict[str, Answer]) -> None:
    def cells(a: int, n1: int, c: int, n2: int) -> tuple[float, float]:
        n, m = n1 + n2, a + c
        return a - n1 * m / n, n1 * n2 * m * (n - m) / (n**2 * (n - 1))

    (o1, v1), (o2, v2) = cells(3, 10, 5, 12), cells(2, 20, 8, 22)
    answer = answers["1.7"]
    assert shown(answer.pool)[0] == pytest.approx(math.exp((o1 + o2) / (v1 + v2)), rel=1e-12)
    assert [shown(g.pool)[0] for g in answer.subgroups] == pytest.approx([math.exp(o1 / v1), math.exp(o2 / v2)])


def test_where_nobody_had_the_event_nothing_is_pooled(answers: dict[str, Answer]) -> None:
    assert answers["1.8"].pool.display is None
    assert answers["1.8"].pool.k == 0


def test_rows_that_were_left_out_are_in_no_pool(answers: dict[str, Answer]) -> None:
    assert answers["1.9"].pool.k == 1
    assert shown(answers["1.9"].pool)[0] == pytest.approx(-1)
    assert answers["1.10"].pool.k == 1
    assert shown(answers["1.10"].pool)[0] == pytest.approx(2 / 20 / (8 / 22))
    assert answers["1.11"].pool.k == 1
    assert shown(answers["1.11"].pool)[0] == pytest.approx(math.exp(-0.5))


def test_mantel_haenszel_adds_a_half_to_the_cells_of_a_study_with_a_zero(answers: dict[str, Answer]) -> None:
    top = 0.5 * 13 / 24 + 2 * 22 / 42
    bottom = 5.5 * 11 / 24 + 8 * 20 / 42
    assert shown(answers["1.12"].pool)[0] == pytest.approx(top / bottom, rel=1e-12)


def test_the_level_of_studies_is_another_than_that_of_the_total(answers: dict[str, Answer]) -> None:
    answer = answers["1.13"]
    study = answer.studies[0]
    assert study.ci is not None
    assert study.vi is not None
    assert (study.ci[1] - study.ci[0]) / 2 == pytest.approx(Z90 * math.sqrt(study.vi), rel=1e-12)
    assert answer.pool.ci is not None
    assert answer.pool.se is not None
    assert (answer.pool.ci[1] - answer.pool.ci[0]) / 2 == pytest.approx(2.5758293035489004 * answer.pool.se, rel=1e-12)


def test_an_analysis_in_words_is_told_where_it_is_not_pooled(loaded: tuple[EvidenceBase, ImportReport]) -> None:
    text = loaded[0].store.content("reviews", "cd999999").decode()
    assert "What people said" in text
