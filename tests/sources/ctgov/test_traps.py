"""Each trap of the registry, on a real record that has it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from kg.model.records import ContinuousResult, DichotomousResult, Words

from .reading import Read, text


def d(digits: str) -> Decimal | None:
    return Decimal(digits)


def test_a_standard_error_is_never_an_sd(read: Read) -> None:
    row = read("NCT02863575.json").continuous(
        "Time Weighted Sum of Pain Relief Rating (PRR) and Pain Intensity Difference (PID) Scores From 0 to 8 Hours "
        "Post-dose (SPRID 0-8): Ibuprofen + Caffeine Versus Ibuprofen",
        group_id="OG000",
    )
    assert (row.mean, row.se, row.sd, row.n) == (d("55.5"), d("1.8"), None, 161)
    assert row.statistic == "leastSquaresMean"
    assert row.doubt == ("a least-squares mean: adjusted by a model, not the mean of the values",)
    row = read("NCT01682356.json").continuous("Maximal Knee Extensor Power", group_id="OG000")
    assert (row.mean, row.se, row.sd, row.statistic) == (d("4.20"), d("0.33"), None, "arithmeticMean")


def test_an_sd_beside_a_least_squares_mean_is_kept_in_doubt(read: Read) -> None:
    row = read("NCT00281684.json").continuous(
        "Mean of Pain Intensity Based on the Visual Analogue Scale (VAS)", group_id="OG000"
    )
    assert (row.mean, row.sd, row.n) == (d("37.45"), d("22.474"), 35)
    assert "the SD beside a least-squares mean may not be that of the values" in row.doubt


def test_an_interval_keeps_its_level(read: Read) -> None:
    row = read("NCT01901809.json").continuous(
        "Percent Change in Serum Creatinine at 72 Hours - Continuous vs Intermittent Diuretic", group_id="OG000"
    )
    assert (row.mean, row.ci_low, row.ci_high, row.ci_level) == (d("4.6"), d("-1.1"), d("10.4"), d("95"))
    assert (row.sd, row.se, row.timepoint_days, row.value_kind) == (None, None, d("3"), "change")


def test_quartiles_and_ranges_are_not_mixed_up(read: Read) -> None:
    row = read("NCT05126836.json").continuous("KCCQ-12", group_id="OG000")
    assert (row.median, row.q1, row.q3, row.mean) == (d("47"), d("32"), d("52"), None)
    assert (row.minimum, row.ci_low, row.statistic) == (None, None, "medianStatistic")
    row = read("NCT00763412.json").continuous("BMI", group_id="OG000")
    assert (row.mean, row.minimum, row.maximum) == (d("19.63"), d("15.56"), d("22.64"))
    assert (row.q1, row.sd, row.ci_low) == (None, None, None)


def test_geometric_means_are_no_means(read: Read) -> None:
    rows = [r for r in read("NCT00464568.json").results if isinstance(r, ContinuousResult)]
    geometric = [r for r in rows if r.statistic == "geometricMeanStatistic"]
    assert geometric
    assert all(r.mean is None and r.geometric_mean is not None for r in geometric)
    varied = [r for name in ("NCT00281684.json", "NCT00464568.json") for r in read(name).results]
    with_cv = [r for r in varied if isinstance(r, ContinuousResult) and r.geometric_cv is not None]
    assert with_cv
    assert all(r.sd is None and r.mean is None for r in with_cv)


def test_a_percentage_is_kept_with_its_denominator_and_makes_no_events(read: Read) -> None:
    rows = read("NCT02552212.json")
    first = [r for r in rows.results if "/outcomeMeasures/0/" in r.locator]
    assert [(r.group_id, r.percentage, r.total, r.events) for r in first if isinstance(r, DichotomousResult)] == [
        ("OG000", d("7.0"), 158, None),
        ("OG001", d("47.2"), 159, None),
    ]
    assert first[0].reported_text == "percentage of subjects 7.0; n 158"


def test_a_percentage_that_is_no_share_of_people_is_a_measurement(read: Read) -> None:
    rows = read("NCT02305381.xml")
    hba1c = rows.continuous("Change in HbA1c (Glycosylated Haemoglobin)", group_id="O1")
    assert hba1c.unit_text == "percentage of glycosylated hemoglobin"
    assert hba1c.statistic == "leastSquaresMean"


def test_numbers_of_unknown_kind_stay_apart_from_means(read: Read) -> None:
    row = read("NCT00183339.xml").continuous("Rate of Recruitment", group_id="O1")
    assert (row.number_value, row.mean, row.statistic) == (d("2.1"), None, "number")
    assert row.unit_text == "months/participant at 1 site"
    assert row.not_reported == ("sd",)
    attrition = read("NCT00183339.xml").counted("Rate of Attrition", group_id="O2")
    assert (attrition.percentage, attrition.total, attrition.events) == (d("50"), 8, None)


def test_counts_by_category_are_one_result_each(read: Read) -> None:
    rows = read("NCT02742129.json")
    found = [
        rows.counted(f"NYHA (New York Heart Association) Class: {c}", group_id="OG000", class_text="Phase 1")
        for c in ("I", "II", "III", "IV")
    ]
    assert [r.events for r in found] == [1, 21, 26, 1]
    assert {r.total for r in found} == {49}
    assert sum(r.events or 0 for r in found) == 49
    assert [r.category_text for r in found] == ["I", "II", "III", "IV"]


def test_classes_that_are_time_points_are_one_outcome(read: Read) -> None:
    rows = read("NCT02251431.json")
    start, end = (
        rows.continuous("Galectin-3", group_id="OG000", class_text=c) for c in ("Baseline", "End of study (38th week)")
    )
    assert (start.timepoint_days, end.timepoint_days) == (d("0"), d("266"))
    assert (start.mean, end.mean) == (d("9570.91"), d("9539.21"))
    assert end.timepoint_text == "End of study (38th week); time frame: 38 weeks"
    assert start.instrument == end.instrument == Words("instrument", "Galectin-3 (pg/ml)", (), "ctgov")


def test_whatever_was_measured_before_treatment_is_called_baseline(read: Read) -> None:
    rows = read("NCT00281684.json")
    before = [r for r in rows.results if (r.timepoint_text or "").startswith(("Pre-dose", "at screening"))]
    assert len(before) > 8
    assert {r.class_text for r in before} == {"Baseline"}
    at_baseline = read("NCT00144300.xml").of_outcome("Hoehn and Yahr Scale at Baseline: Stage 2")
    assert [(r.class_text, r.timepoint_text) for r in at_baseline] == [("Baseline", "Baseline")] * 2


def test_a_class_of_a_subscale_and_a_time_is_both(read: Read) -> None:
    rows = [r for r in read("NCT00281684.json").results if (r.class_text or "").startswith("DBP: ")]
    assert {text(r.outcome).rpartition(": ")[2] for r in rows} == {"DBP"}
    days = {r.timepoint_days for r in rows if isinstance(r, ContinuousResult)}
    assert days == {d("0.0833"), d("0.1667"), d("0.25"), d("0.3333"), d("0.4167"), d("1")}


def test_subscales_never_meet(read: Read) -> None:
    rows = read("NCT02305381.xml")
    systolic = rows.continuous(
        "Change in Systolic and Diastolic Blood Pressure: Systolic blood pressure", group_id="O1"
    )
    diastolic = rows.continuous(
        "Change in Systolic and Diastolic Blood Pressure: Diastolic blood pressure", group_id="O1"
    )
    assert systolic.outcome != diastolic.outcome
    assert systolic.instrument != diastolic.instrument


def test_phases_of_a_crossover_are_periods_with_their_own_denominators(read: Read) -> None:
    rows = read("NCT02742129.json")
    found = sorted(rows.of_outcome("Peak VO2"), key=lambda r: (r.group_id or "", r.class_text or ""))
    assert [(r.group_id, r.period, r.n, r.mean) for r in found if isinstance(r, ContinuousResult)] == [
        ("OG000", "firstPeriod", 49, d("13.4")),
        ("OG000", "laterPeriod", 49, d("13.7")),
        ("OG001", "firstPeriod", 48, d("13.8")),
        ("OG001", "laterPeriod", 45, d("13.6")),
    ]
    assert {rows.arms[r.arm].arm_label for r in found} == {"AIR001 Crossover to Placebo", "Placebo crossover to AIR001"}


def test_groups_of_a_crossover_that_hold_people_twice_are_all_periods(read: Read) -> None:
    row = read("NCT02742129.json").counted("Nausea", group_id="EG000")
    assert (row.events, row.total, row.period) == (6, 103, "allPeriods")
    assert row.basis == (
        "the groups of the table have more people together than were enrolled: participants are in several of them"
    )
    shared = read("NCT01682356.json").continuous("VO2peak", group_id="OG000")
    assert shared.period == "unknownPeriod"


def test_a_parallel_trial_has_no_periods(read: Read) -> None:
    assert {r.period for r in read("NCT02251431.json").results} == {None}


def test_a_value_that_is_not_available_is_a_gap_with_its_comment(read: Read) -> None:
    rows = read("NCT02725411.json")
    row = rows.continuous("Time to Discontinuation Due to Lack of Efficacy: 2nd Percentile", group_id="OG000")
    assert (row.number_value, row.mean, row.n) == (None, None, 1)
    assert row.not_reported == ("number_value", "sd")
    assert "Cannot be estimated using Kaplan-Meier method" in (row.note or "")
    absent = [
        r
        for r in read("NCT00724932.json").results
        if r.not_reported == ("events",) and r.reported_text.startswith("participants NA")
    ]
    assert len(absent) == 2
    assert all("site-specific" in (r.note or "") for r in absent)


def test_numbers_analysed_in_the_title_of_a_class_are_taken(read: Read) -> None:
    rows = read("NCT00724932.json")
    found = [r for r in rows.results if r.class_text == "Recovery of T4/T1 ratio to 0.9 (N=65, N=61)"]
    assert [(r.group_id, r.n, r.basis) for r in found if isinstance(r, ContinuousResult)] == [
        ("OG000", 65, "n is that in the title of the class"),
        ("OG001", 61, "n is that in the title of the class"),
    ]


def test_the_old_generation_has_its_numbers_in_a_measure_of_their_own(read: Read) -> None:
    rows = read("NCT00503399.xml")
    title = (
        "Change From Baseline in Lumbar Spine Volumetric Trabecular Bone Mineral Density (BMD) by Quantitative "
        "Computerized Tomography (QCT) at 18 Months"
    )
    row = rows.continuous(title, group_id="O1")
    assert (row.n, row.mean, row.se, row.sd) == (39, d("12.28"), d("3.16"), None)
    assert not [r for r in rows.results if text(r.outcome) == "Number of Participants"]
    spine = [r for r in rows.results if r.class_text == "Lumbar spine (n=38; n=39)"]
    assert [(r.n, text(r.outcome).rpartition(": ")[2]) for r in spine if isinstance(r, ContinuousResult)] == [
        (38, "Lumbar spine"),
        (39, "Lumbar spine"),
    ]


def test_totals_are_no_terms(read: Read) -> None:
    rows = read("NCT02438137.xml")
    assert not [r for r in rows.results if text(r.outcome).casefold().startswith(("total", "serious: total"))]
    assert [
        (r.events, r.total) for r in rows.of_outcome("serious-adverse-events") if isinstance(r, DichotomousResult)
    ] == [(1, 44), (1, 21)]
    deaths = rows.counted("deaths from any cause", group_id="E1")
    assert (deaths.events, deaths.total) == (0, 44)


def test_deaths_that_were_not_asked_for_are_absent_and_not_zero(read: Read) -> None:
    rows = read("NCT01800968.json")
    assert rows.of_outcome("serious-adverse-events")
    assert not rows.of_outcome("deaths from any cause")


def test_nobody_at_risk_is_no_result(read: Read) -> None:
    """In this record other adverse events are 0 of 0: not collected."""
    rows = read("NCT01682356.json")
    counts = [r for r in rows.results if isinstance(r, DichotomousResult)]
    assert all(r.total != 0 for r in counts)


def test_serious_terms_stay_apart_from_others(read: Read) -> None:
    rows = read("NCT02438137.xml")
    serious = rows.counted("serious: Pneumonia", group_id="E1")
    assert serious.outcome == Words("outcome", "serious: Pneumonia", (), "ctgov")
    assert (serious.category_text, serious.class_text) == ("serious", "Infections and infestations")
    assert serious.outcome_text == "Pneumonia"


def test_episodes_are_not_people(read: Read) -> None:
    row = read("NCT02251431.json").counted("Injection site reaction", group_id="EG000")
    assert (row.events, row.episodes, row.total) == (15, 28, 29)


def test_arms_of_a_factorial_trial(read: Read) -> None:
    arms = read("NCT03448185.json").arms
    assert {name: text(a.studied) for name, a in arms.items()} == {
        "control": "Yoga + olive oil capsules",
        "exercise-and-omega-3-fatty-acids": "High intensity exercise + Omega-3 fish oil",
        "yoga-and-omega-3-fatty-acids": "Omega-3 fish oil + Yoga",
        "exercise-control": "High intensity exercise + olive oil capsules",
    }
    assert {a.role for a in arms.values()} == {"placebo", "experimental", "active"}


@pytest.mark.parametrize(
    ("name", "study_type", "arms"),
    [
        ("NCT05464979.json", "RandomisedTrial", 2),
        ("NCT07340008.json", "RandomisedTrial", 3),
        ("NCT04429919.json", "RandomisedTrial", 2),
        ("NCT02699827.xml", "RandomisedTrial", 2),
        ("NCT01065844.xml", "Study", 1),
        ("NCT00023673.xml", "Study", 7),
        ("NCT05594173.json", "Study", 7),
    ],
)
def test_what_is_not_randomised_between_arms_is_a_study(name: str, study_type: str, arms: int, read: Read) -> None:
    rows = read(name)
    assert rows.trial.study_type == study_type
    assert len(rows.arms) == arms


def test_a_record_without_results_has_study_and_arms_alone(read: Read) -> None:
    rows = read("NCT05464979.json")
    assert not rows.results
    assert not rows.contrasts
    assert rows.trial.not_reported == ("year",)
    assert rows.trial.enrolled is None, "a planned enrolment is none"
    assert "Planned enrolment: 100." in (rows.trial.note or "")


def test_the_locator_is_a_place_in_the_record_and_the_origin_one_in_the_file(read: Read, folder: Path) -> None:
    row = read("NCT02251431.json").counted("Injection site reaction", group_id="EG000")
    assert str(row.origin) == f"NCT02251431.json#{row.locator}"
    row = read("NCT02438137.xml").counted("serious: Pneumonia", group_id="E1")
    assert row.origin.file == "NCT02438137.xml"
    lines = (folder / "NCT02438137.xml").read_text(encoding="utf-8").splitlines()
    assert 'group_id="E1" events="1" subjects_affected="1"' in lines[row.origin.line - 1]
    assert row.locator.startswith("clinical_results/reported_events/serious_events/category_list/category[")


def test_the_study_is_kept_whole(read: Read) -> None:
    trial = read("NCT02251431.json").trial
    assert (trial.phase, trial.purpose, trial.status) == ("PHASE3", "TREATMENT", "COMPLETED")
    assert (trial.started_on, trial.completed_on, trial.results_posted_on) == ("2015-11", "2019-12", "2023-05-17")
    assert (trial.year, trial.basis) == (2023, "the year is that in which results were first posted")
    assert (trial.minimum_age, trial.maximum_age, trial.healthy_volunteers) == ("18 Years", None, False)
    assert trial.registration == ("NCT02251431",)
    assert trial.note == "Other identifiers: 014-149, D5551L00004/ISSEXEN0013."
    assert Words("condition", "Diabetes Mellitus, Type 2", ("MESH:D003924",), "ctgov") in trial.condition
    old = read("NCT00503399.xml").trial
    assert (old.phase, old.design, old.blinding, old.allocation) == ("PHASE3", "parallel", "NONE", "RANDOMIZED")
    assert (old.started_on, old.results_posted_on, old.eligible_sex) == ("2007-07", "2011-10-04", "MALE")
