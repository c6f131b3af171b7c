"""Answers from trials published by a day, and the curve that they draw over the years."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from pytest import approx

from kg import evidence_base
from kg.asked import Asked
from kg.errors import Contradiction, NotPoolable
from kg.evidence.publication import published_by
from kg.evidence_base import EvidenceBase
from kg.formats.cumulative import cumulative_csv, cumulative_json, cumulative_plot, cumulative_text
from kg.memory.cumulative import OVERS, cumulative
from kg.model.question import Question, Term
from kg.model.trialset import ArmFacts, TrialFacts, TrialSet
from kg.pooling import cumulative as pooled_one_by_one
from kg.protocol import NONE
from tests.memory.memory_support import QUESTION

ANY_TIME = replace(QUESTION, outcome="nausea", band=None, route=None)


def labels(base: EvidenceBase, day: str, question: Asked = QUESTION) -> list[str]:
    return [study.label for study in base.ask(replace(question, published_by=day)).studies]


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2008", []),
        ("2009", ["Sigtermans 2009"]),
        ("2009-12-30", []),
        ("2009-12-31", ["Sigtermans 2009"]),
        ("2009-12", ["Sigtermans 2009"]),
        ("2009-11", []),
        ("2009-12-31T00:00:00Z", ["Sigtermans 2009"]),
        ("2012", ["Noppers 2011a", "Sigtermans 2009"]),
        ("2018", ["Noppers 2011a", "Sigtermans 2009"]),
        ("2019", ["Lumanauw 2019", "Noppers 2011a", "Sigtermans 2009"]),
        ("9999", ["Lumanauw 2019", "Noppers 2011a", "Sigtermans 2009"]),
    ],
)
def test_a_year_of_publication_means_its_31_december(base: EvidenceBase, day: str, due: list[str]) -> None:
    assert labels(base, day) == due


def test_who_is_left_out_and_why_and_nobody_twice(base: EvidenceBase) -> None:
    answer = base.ask(replace(QUESTION, published_by="2010"))
    reasons = {e.label: e.reason for e in answer.excluded}
    assert reasons["Noppers 2011a"] == "published in 2011, not by 2010-12-31"
    assert reasons["Max 1995"] == "its year of publication is not known"
    everyone = [e.trial for e in answer.excluded] + [s.trial for s in answer.studies]
    assert len(everyone) == len(set(everyone))
    assert set(everyone) == {e.trial for e in base.ask(QUESTION).excluded} | {
        s.trial for s in base.ask(QUESTION).studies
    }
    assert answer.title.endswith(", published by 2010-12-31")
    assert answer.k_eligible == 2


def test_the_published_value_stands_beside_the_same_trials_only(base: EvidenceBase) -> None:
    assert base.ask(replace(QUESTION, published_by="2018")).published is None
    whole = base.ask(replace(QUESTION, published_by="2019"))
    assert whole.published is not None
    assert whole.published.estimate == -15.79
    assert whole.pool == base.ask(QUESTION).pool
    assert whole.id != base.ask(QUESTION).id


def test_both_ways_to_the_rows_give_the_same(base: EvidenceBase) -> None:
    asked = replace(QUESTION, published_by="2012")
    assert base.ask(asked, "table").id == base.ask(asked, "sparql").id


def test_the_last_day_of_a_year_is_the_day_of_its_trials() -> None:
    dated, undated = TrialFacts("t:a", "t", "A", 2000, None), TrialFacts("t:b", "t", "B", None, None)
    arms = {
        f"{trial}/{name}": ArmFacts(trial, f"{trial}/{name}", name, role, name, None, None)
        for trial in ("t:a", "t:b")
        for name, role in (("x", "experimental"), ("y", "placebo"))
    }
    x, y, nobody = frozenset({"x"}), frozenset({"y"}), frozenset[str]()
    found = TrialSet({"t:a": dated, "t:b": undated}, arms, (), (), {}, {}, None, nobody, x, y, (), None, None)
    for day, kept in ((date(2000, 12, 30), []), (date(2000, 12, 31), ["t:a"]), (date(2001, 1, 1), ["t:a"])):
        asked = Question(Term("x", "x"), Term("y", "y"), Term("z", "z"), published_by=day.isoformat())
        left, out = published_by(asked, found, NONE)
        assert list(left.trials) == kept
        assert {e.trial for e in out} == {"t:a", "t:b"} - set(kept)
    unlimited = replace(asked, published_by=None)
    assert published_by(unlimited, found, NONE) == (found, ())


def test_a_review_can_be_asked_from_the_trials_of_its_time(base: EvidenceBase) -> None:
    _, then = base.review(published_by="2012")
    _, now = base.review()
    assert [a.analysis for a in then] == [a.analysis for a in now]
    assert all(a.pool.k <= b.pool.k for a, b in zip(then, now, strict=True))
    assert then[0].pool.k == 2
    for answer in then:
        assert (
            answer.published is None
            or answer.pool.k == 0
            or {s.trial for s in answer.studies}
            == next(analysis.trials for analysis in base.published if analysis.identifier == answer.analysis)
        )


@pytest.mark.parametrize("question", [QUESTION, ANY_TIME], ids=["means", "counts"])
def test_the_curve_is_that_of_pooling_one_year_more_at_a_time(base: EvidenceBase, question: Asked) -> None:
    found = cumulative(base, question, "published")
    now = found.answer
    dated = sorted((s for s in now.studies if s.estimable), key=lambda s: (s.year or 0, s.label))
    series = pooled_one_by_one(
        [s.yi for s in dated], [s.vi for s in dated], study=[s.label for s in dated], method="DL"
    )
    years = [s.year for s in dated]
    last_of_year = [i for i, year in enumerate(years) if i + 1 == len(years) or years[i + 1] != year]
    assert [p.by for p in found.points] == [str(years[i]) for i in last_of_year]
    for point, place in zip(found.points, last_of_year, strict=True):
        assert point.answer.pool.estimate == approx(series.estimate[place], rel=1e-12)
        assert point.answer.pool.ci == approx((series.ci_lb[place], series.ci_ub[place]), rel=1e-12)
        assert point.answer.pool.k == place + 1
    assert found.points[-1].answer.pool == now.pool
    assert [label for p in found.points for label in p.added] == [s.label for s in dated]
    assert found.without == ()


def test_the_forms_of_the_curve_tell_the_same(base: EvidenceBase) -> None:
    found = cumulative(base, ANY_TIME, "published")
    told = cumulative_json(found)
    points = told["cumulative"]["points"]
    assert told["id"] == found.answer.id
    assert [p["estimate"] for p in points] == [p.answer.pool.estimate for p in found.points]
    assert points[-1]["display"]["estimate"] == approx(told["display"]["estimate"])
    rows = cumulative_csv(found).splitlines()
    assert len(rows) == len(points) + 1
    assert rows[-1].endswith(found.points[-1].answer.id)
    text = cumulative_text(found, 100)
    assert max(map(len, text.splitlines())) <= 100
    for point in found.points:
        assert point.by in text
    spec = cumulative_plot(found)
    drawn = [row for row in spec["datasets"]["rows"] if row["kind"] == "study"]
    assert [row["label"] for row in drawn] == [f"{p.by}: + {', + '.join(p.added)}" for p in found.points]
    assert [row["estimate"] for row in drawn] == approx([p.answer.pool.display.estimate for p in found.points])  # type: ignore[union-attr]


def test_a_curve_keeps_to_the_measure_of_the_answer_of_now(base: EvidenceBase) -> None:
    """In its first years, a question with several instruments in the end has one, and would be pooled as it stands."""
    asked = evidence_base.question(
        intervention="memantine", comparator="placebo", outcome="pain-intensity", band="short-term"
    )
    found = cumulative(base, asked, "published")
    assert len(found.points) > 2
    assert {p.answer.measure for p in found.points} == {found.answer.measure}


def test_what_has_no_pooled_effect_has_no_plot(base: EvidenceBase) -> None:
    found = cumulative(base, replace(QUESTION, published_by="1950"), "published")
    assert found.points == ()
    with pytest.raises(NotPoolable, match="nothing to plot"):
        cumulative_plot(found)


def test_a_question_that_is_none_is_refused_as_it_is_without_a_curve(base: EvidenceBase) -> None:
    for over in OVERS:
        with pytest.raises(Contradiction):
            cumulative(base, replace(QUESTION, comparator="ketamine"), over)
