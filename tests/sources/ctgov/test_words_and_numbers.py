"""What people type: numbers, p values, dates, codes, times, titles."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kg.sources.ctgov import codes, timepoints
from kg.sources.ctgov.dates import iso
from kg.sources.ctgov.faults import RecordRefused
from kg.sources.ctgov.numbers import number, p_value, whole
from kg.sources.ctgov.posted import Place
from kg.sources.ctgov.words import clean, folded, group_title

HERE = Place("/here")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.30", "12.30"),
        ("-3.11", "-3.11"),
        ("\u22123", "-3"),
        (".5", "0.5"),
        ("1,234", "1234"),
        ("1,234,567.5", "1234567.5"),
        ("5.", "5"),
        ("1.2E-5", "0.000012"),
        *(
            (text, None)
            for text in ("NA", "<0.001", "1,23", "12%", "", "-", "e5", "1E+999", "NaN", "Infinity", "0x1F", "1_000")
        ),
        ("\u0661", None),
        ("9" * 40, None),
    ],
)
def test_numbers(text: str, value: str | None) -> None:
    found = number(text)
    assert found == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("text", "value"), [("15", 15), ("1,234", 1234), ("12.0", 12), ("NA", None), (" ", None), (None, None)]
)
def test_counts(text: str | None, value: int | None) -> None:
    assert whole(text, "the count", HERE) == value


@pytest.mark.parametrize("text", ["10.5", "-1", "<5", "many", "1e-3", "1E+999"])
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(RecordRefused, match=r"the count is .* a count is a whole number, 0 or more"):
        whole(text, "the count", HERE)


@pytest.mark.parametrize(
    ("text", "relation", "value"),
    [
        ("0.306", "=", "0.306"),
        ("=0.247", "=", "0.247"),
        ("<0.001", "<", "0.001"),
        ("< 0.001", "<", "0.001"),
        ("p<.05", "<", "0.05"),
        (">0.05", ">", "0.05"),
        ("\u22640.05", "<", "0.05"),
        ("0.0000", "<", "0.0001"),
        ("3.2e-5", "=", "0.000032"),
        ("1.0", "=", "1"),
    ],
)
def test_p_values(text: str, relation: str, value: str) -> None:
    assert p_value(text) == (relation, Decimal(value))


@pytest.mark.parametrize("text", ["0", "1.5", "NS", "", None, "0.05 (one-sided)"])
def test_what_is_no_p_value(text: str | None) -> None:
    assert p_value(text) is None


@pytest.mark.parametrize(
    ("words", "date"),
    [
        ("December 1, 2014", "2014-12-01"),
        ("July 2001", "2001-07"),
        ("2015-11", "2015-11"),
        ("Smarch 2001", "Smarch 2001"),
        (None, None),
    ],
)
def test_dates(words: str | None, date: str | None) -> None:
    assert iso(words) == date


def test_words_of_the_old_files_become_codes() -> None:
    words = (
        "Least Squares Mean",
        "Parallel Assignment",
        "Placebo Comparator",
        "Both",
        "Randomized",
        "Count of Participants",
    )
    assert [codes.code(w) for w in words] == [
        *("LEAST_SQUARES_MEAN", "PARALLEL", "PLACEBO_COMPARATOR", "ALL", "RANDOMIZED", "COUNT_OF_PARTICIPANTS"),
    ]
    assert codes.code("LEAST_SQUARES_MEAN") == "LEAST_SQUARES_MEAN"
    assert codes.phases("Phase 2/Phase 3") == ("PHASE2", "PHASE3")
    assert codes.phases("N/A") == ("NA",)
    assert codes.masking("Double (Participant, Outcomes Assessor)") == ("DOUBLE", ("PARTICIPANT", "OUTCOMES_ASSESSOR"))
    assert codes.masking("Single Blind (Subject)") == ("SINGLE", ("PARTICIPANT",))
    assert codes.masking("None (Open Label)") == ("NONE", ())
    assert codes.masking(None) == (None, ())
    assert codes.design_parts(
        "Allocation: Randomized, Masking: Double Blind (Subject, Caregiver), Primary Purpose: Other"
    ) == {
        "Allocation": "Randomized",
        "Masking": "Double Blind (Subject, Caregiver)",
        "Primary Purpose": "Other",
    }


@pytest.mark.parametrize(
    ("title", "words", "days"),
    [
        ("Baseline", None, "0"),
        ("Pre-dose", None, "0"),
        ("Screening visit", None, "0"),
        ("Week 0", None, "0"),
        ("Day -1", None, "0"),
        ("Baseline (Day 1)", None, "0"),
        ("Week 12", None, "84"),
        ("12 weeks", None, "84"),
        ("Day 1", None, "1"),
        ("End of study (38th week)", None, "266"),
        ("Change at Week 16", None, "112"),
        ("Change from baseline to week 12", None, "84"),
        ("6-month follow-up", None, "182.625"),
        ("0.25 hour", None, "0.0104"),
        ("2 minutes post-dose (N=65, N=65)", None, "0.0014"),
        ("24 h", None, "1"),
        ("DBP: 2 hours post-dose", "DBP", "0.0833"),
        ("Total Bilirubin, High at screening", "Total Bilirubin, High", "0"),
        ("At 10 hours: Poor", "Poor", "0.4167"),
        ("P1NP at 3 months", "P1NP", "91.3125"),
    ],
)
def test_times_in_the_title_of_a_class(title: str, words: str | None, days: str) -> None:
    found, when = timepoints.of_class(title)
    assert when is not None
    assert (found, when.days) == (words, Decimal(days))


@pytest.mark.parametrize(
    "title",
    [
        "5 mg",
        "Grade 3",
        "Phase 1",
        "AUC(0-24)",
        "Weeks 4-8",
        "2 to 4 weeks",
        "Week 2 day 3",
        "Responders at weeks 4 and 8",
        "12",
        "M6",
        "week 2," * 1000,
    ],
)
def test_titles_that_are_no_one_time(title: str) -> None:
    assert timepoints.of_class(title) == (title, None)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("38 weeks", "266"),
        ("Baseline, 18 months", "547.875"),
        ("Month 0 to Month 4", "121.75"),
        ("Baseline (Day 1), Week 12", "84"),
        ("Baseline", "0"),
        ("12 weeks after the start of treatment", "84"),
        *((w, None) for w in ("Up to 10 hours post-dose", "From 0 to 8 hours post-dose on Day 1", "Day 1 to Day 7")),
        *(
            (w, None)
            for w in ("Baseline, Weeks 2, 4, 8", "1st and 3rd week", "Every 3 months", "Day 0 visit or later", None)
        ),
    ],
)
def test_time_frames(words: str | None, days: str | None) -> None:
    assert timepoints.of_time_frame(words) == (None if days is None else Decimal(days))


def test_numbers_analysed_need_one_for_each_group() -> None:
    assert timepoints.numbers_analysed("Hip (n=38; n=37)", 2) == (38, 37)
    assert timepoints.numbers_analysed("Hip (n=38; n=37)", 3) is None
    assert timepoints.numbers_analysed("Hip (n=38)", 2) is None
    assert timepoints.numbers_analysed("Hip", 0) is None
    assert timepoints.without_numbers("Hip (n=38; n=37)") == "Hip"


def test_text_is_cleaned_and_control_characters_are_refused() -> None:
    assert clean("  two\n  lines\t", HERE) == "two lines"
    assert clean("asp\u200birin \u202enilipsa\u2069 \ufeff", HERE) == "aspirin nilipsa"
    assert clean("e\u0301", HERE) == "\u00e9"
    assert clean(" \u200b ", HERE) is None
    for text in ("a\x00b", "a\x1b[2Jb"):
        with pytest.raises(RecordRefused, match=r"the control character U\+00"):
            clean(text, HERE)
    with pytest.raises(RecordRefused, match="more than 100000 characters"):
        clean("x" * 100_001, HERE)


def test_titles_are_compared_without_case_spaces_and_signs() -> None:
    assert folded("2. Repaglinide ") == folded("2 repaglinide")
    assert folded("Dimethyl Fumarate (Tecfidera\u00ae)") == folded("dimethyl fumarate, Tecfidera\u00ae")
    assert folded("0.5 mg") != folded("5 mg")
    assert group_title("Placebo (FAS)") == "Placebo"
    assert group_title("CZP 200 mg Q2W (SS)") == "CZP 200 mg Q2W"
    assert group_title("Placebo (oral)") == "Placebo (oral)"
    assert group_title("(ITT)") == "(ITT)"
