"""One trial in several records is counted once, by the source that ranks first, and shown; look-alikes are said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kg.harmonise.contrasts import Harmonised
from kg.model.trialset import ArmFacts, ArmResult, TrialFacts
from kg.protocol import NONE
from tests.harmonise.trial_sets import (
    KETAMINE,
    PLACEBO,
    QUESTION,
    arm,
    band,
    counts,
    harms,
    reasons,
    term,
    trial,
    trial_set,
    warned,
)

Record = tuple[TrialFacts, tuple[ArmFacts, ...], tuple[ArmResult, ...]]


def record(
    name: str, *, source: str = "reports", events: tuple[int, int] = (3, 2), sizes: Any = None, **facts: Any
) -> Record:
    """Make a trial of two arms of 20 with events in both."""
    of = trial(name, **facts)
    both = sizes or (None, None)
    arms = arm(of, "ketamine", KETAMINE, randomised=both[0]), arm(of, "placebo", PLACEBO, randomised=both[1])
    return of, arms, tuple(counts(a, n, 20, source=source) for a, n in zip(arms, events, strict=True))


def asked(*records: Record, **options: Any) -> Harmonised:
    trials, arms, results = zip(*records, strict=True)
    protocol = options.pop("protocol", NONE)
    question = options.pop("question", QUESTION)
    found = trial_set(trials, sum(arms, ()), sum(results, ()), **options)
    return harms(found, protocol, question)


REPORT: dict[str, Any] = {"registrations": frozenset({"NCT02251431"})}


def test_a_report_that_names_a_registration_is_the_registered_trial() -> None:
    found = asked(
        record("nct02251431", source="ctgov", events=(9, 9)), record("smith-2016", label="Smith 2016", **REPORT)
    )
    assert [c.label for c in found.contrasts] == ["nct02251431"]
    assert reasons(found) == {"Smith 2016": "the same trial as nct02251431 (NCT02251431), counted there"}
    assert found.eligible == 1


@pytest.mark.parametrize(
    ("precedence", "kept"), [(("ctgov", "reports"), "nct02251431"), (("reports", "ctgov"), "Smith 2016")]
)
def test_the_precedence_of_sources_says_which_record_is_counted(precedence: tuple[str, ...], kept: str) -> None:
    found = asked(
        record("nct02251431", source="ctgov"),
        record("smith-2016", label="Smith 2016", **REPORT),
        protocol=replace(NONE, precedence=precedence),
    )
    assert [c.label for c in found.contrasts] == [kept]


def test_a_record_without_figures_gives_way_to_one_that_has_them() -> None:
    bare = record("smith-2016", label="Smith 2016", **REPORT)
    bare = (bare[0], bare[1], tuple(replace(r, events=None) for r in bare[2]))
    found = asked(record("nct02251431", source="ctgov"), bare, protocol=replace(NONE, precedence=("reports", "ctgov")))
    assert [c.label for c in found.contrasts] == ["nct02251431"]


def test_which_record_is_counted_is_decided_for_each_time_alone() -> None:
    early, late = record("nct02251431", source="ctgov"), record("smith-2016", label="Smith 2016", **REPORT)
    at = {"ctgov": band("short-term"), "reports": band("long-term")}
    early, late = ((t, a, tuple(replace(x, band=at[x.record[0]]) for x in r)) for t, a, r in (early, late))
    for name, kept in (("short-term", "nct02251431"), ("long-term", "Smith 2016")):
        found = asked(early, late, question=replace(QUESTION, band=term(band(name))))
        assert [c.label for c in found.contrasts] == [kept]
        assert len(found.excluded) == 1


PAPER = "10.1016/j.pain.2014.09.004"


@pytest.mark.parametrize(
    ("one", "other", "evidence"),
    [
        ({"doi": PAPER.upper()}, {"doi": f"https://doi.org/{PAPER}"}, f"DOI {PAPER}"),
        ({"pmid": "25218600"}, {"pmid": " 25218600 "}, "PMID 25218600"),
        ({"registrations": {"nct00000001"}}, {"registrations": {"NCT00000001", "X"}}, "NCT00000001"),
        (
            {"label": "Olivan-Blázquez 2014", "sizes": (31, 32)},
            {"label": "OLIVAN-BLAZQUEZ 2014a", "sizes": (31, 32)},
            "first author, year and arms with their sizes",
        ),
    ],
    ids=["doi", "pmid", "registration", "author, year and arms"],
)
def test_what_identifies_a_trial(one: dict[str, Any], other: dict[str, Any], evidence: str) -> None:
    found = asked(record("a", events=(5, 1), **one), record("b", source="other", **other))
    assert len(found.contrasts) == 1
    (why,) = reasons(found).values()
    assert f"({evidence}), counted there" in why


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"label": "Sang 2002", "sizes": (23, 23)}, {"label": "Sang 2002", "sizes": (17, 17)}),
        ({"label": "Sang 2002", "sizes": (23, 23)}, {"label": "Sang 2003", "sizes": (23, 23)}),
        ({"label": "Sang 2002", "sizes": (23, 23)}, {"label": "Song 2002", "sizes": (23, 23)}),
        ({"label": "Sang 2002"}, {"label": "Sang 2002"}),
        ({"doi": "10.1/a"}, {"doi": "10.1/b"}),
        ({"pmid": None}, {"pmid": None}),
    ],
)
def test_trials_that_only_look_alike_stay_two(one: dict[str, Any], other: dict[str, Any]) -> None:
    found = asked(record("a", events=(5, 1), **one), record("b", **other))
    assert len(found.contrasts) == 2
    assert warned(found) == {c.label: () for c in found.contrasts}
    assert not found.warnings


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ({"randomised": 23}, {"randomised": 17}, "but they have 23 and 17 people"),
        ({"sizes": (12, 11)}, {"sizes": (9, 8)}, "but they have 23 and 17 people"),
        (
            {"registrations": {"NCT00000001"}},
            {"registrations": {"NCT00000002"}},
            "but each has registrations of its own",
        ),
    ],
)
def test_two_trials_of_one_publication_both_count_and_both_say_so(
    one: dict[str, Any], other: dict[str, Any], said: str
) -> None:
    found = asked(record("a", doi="10.1/x", events=(5, 1), **one), record("b", doi="10.1/X", **other))
    assert len(found.contrasts) == 2
    assert found.warnings == tuple(
        f"{a}: shares DOI 10.1/x with {b}, {said}: counted as two trials" for a, b in (("a", "b"), ("b", "a"))
    )
    assert all(any("counted as two trials" in text for text in texts) for texts in warned(found).values())


def test_three_records_are_one_trial_where_the_third_joins_them() -> None:
    found = asked(
        record("nct00000001", source="ctgov"),
        record("report", registrations=frozenset({"NCT00000001"}), doi="10.1/x"),
        record("other", source="z", doi="10.1/x"),
    )
    assert len(found.contrasts) == 1
    assert len(found.excluded) == 2
    assert found.eligible == 1


def test_another_record_of_an_included_trial_is_included() -> None:
    registered, report = record("nct02251431", source="ctgov"), record("smith-2016", label="Smith 2016", **REPORT)
    silent = (report[0], report[1], ())
    found = asked(registered, silent, included=frozenset({report[0].trial}))
    assert [c.label for c in found.contrasts] == ["nct02251431"]
    assert not asked(registered, included=frozenset({report[0].trial})).contrasts


def test_the_studies_of_a_review_stay_as_the_review_counts_them() -> None:
    entered = replace(NONE, as_entered=True)
    found = asked(record("a", doi="10.1/x", events=(5, 1)), record("b", doi="10.1/x"), protocol=entered)
    assert len(found.contrasts) == 2
    assert any("counted as two trials" in text for text in found.warnings)


def test_equal_figures_in_all_arms_are_said_on_both_and_both_count() -> None:
    found = asked(record("a", events=(3, 2)), record("b", events=(3, 2)), record("c", events=(3, 1)))
    assert len(found.contrasts) == 3
    text = "same figures as {} in all arms: check that it is not the same trial"
    assert warned(found) == {"a": (text.format("b"),), "b": (text.format("a"),), "c": ()}
    assert found.warnings == (f"a: {text.format('b')}", f"b: {text.format('a')}")


def test_arms_without_events_look_alike_without_being_so() -> None:
    assert not asked(record("a", events=(0, 0)), record("b", events=(0, 0))).warnings


def test_arms_of_two_records_never_make_one_contrast() -> None:
    left, right = record("nct02251431", source="ctgov"), record("smith-2016", label="Smith 2016", **REPORT)
    halves = (left[0], left[1], left[2][:1]), (right[0], right[1], right[2][1:])
    found = asked(*halves)
    assert not found.contrasts
    assert set(reasons(found).values()) == {"the outcome is reported for one side only"}
