"""Answers as of an earlier day: the same number, the same id, the same exclusions as were given then."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import InputRefused, UnknownTerm
from kg.evidence_base import EvidenceBase
from kg.memory import lifting
from kg.model.answer import Answer
from kg.provenance import explanation
from kg.settings import Settings
from tests.intake_support import copied
from tests.memory.memory_support import QUESTION, TRIAL, correct, number, retract, rewrite, timeless

Stages = tuple[EvidenceBase, dict[str, tuple[str, Answer]]]


def asked_now(base: EvidenceBase) -> Answer:
    base.forget()
    return base.ask(QUESTION)


@pytest.fixture(scope="module")
def stages(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """A store that was built, corrected and had a trial retracted, with the time of each and the answer given then."""
    with copied(store_url, tmp_path_factory.mktemp("stages")) as base:
        told = {"built": (base.store.head().time, asked_now(base))}
        told["corrected"] = (correct(base).time, asked_now(base))
        told["retracted"] = (retract(base).time, asked_now(base))
        base.forget()
        yield base, told


@pytest.mark.parametrize("via", ["table", "sparql"])
@pytest.mark.parametrize("stage", ["built", "corrected", "retracted"])
def test_an_answer_as_of_a_time_is_the_answer_of_that_time(stages: Stages, stage: str, via: str) -> None:
    base, told = stages
    time, then = told[stage]
    again = base.ask(replace(QUESTION, known_by=time), via)
    assert timeless(again) == timeless(then)
    assert again.title.endswith(f", as known by {time}")


def test_the_stages_differ(stages: Stages) -> None:
    _, told = stages
    answers = [answer for _, answer in told.values()]
    assert len({a.id for a in answers}) == len({a.pool.estimate for a in answers}) == 3
    assert [a.pool.k for a in answers] == [3, 3, 2]
    assert round(answers[0].pool.estimate or 0, 2) == -15.79
    assert answers[0].published is not None
    assert answers[0].published.certainty == "very low"
    assert answers[2].published is not None
    assert answers[2].published.certainty is None, "the review judged other trials"
    assert [e.reason for e in answers[2].excluded if e.label == "Sigtermans 2009"] == ["retracted: Falsified data"]


def test_the_day_plays_no_part_in_the_id_but_publication_does(stages: Stages) -> None:
    base, told = stages
    now = told["retracted"][1]
    for day in ("2099", "2099-12-31", told["retracted"][0]):
        assert base.ask(replace(QUESTION, known_by=day)).id == now.id
    assert base.ask(replace(QUESTION, published_by="2099")).id != now.id
    both = base.ask(replace(QUESTION, known_by=told["built"][0], published_by="2009"))
    assert [s.label for s in both.studies] == ["Sigtermans 2009"]


def test_before_the_first_commit_nothing_was_known(stages: Stages) -> None:
    base, told = stages
    with pytest.raises(InputRefused) as refused:
        base.ask(replace(QUESTION, known_by="1999"))
    assert f"this store begins on {told['built'][0]}" in str(refused.value)
    with pytest.raises(InputRefused, match="begins on"):
        base.review(known_by="1999")


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "26", "2026-1-1", "2026-01-01T25:00:00Z", "٢٠٢٦", "0000"])
def test_what_is_no_date_is_refused_with_the_forms(stages: Stages, text: str) -> None:
    base, _ = stages
    for word in ("known_by", "published_by"):
        with pytest.raises(InputRefused, match="YYYY-MM-DD"):
            base.ask(replace(QUESTION, **{word: text}))


def test_an_answer_given_once_can_be_given_and_explained_for_ever(stages: Stages) -> None:
    base, told = stages
    for stage in ("built", "corrected"):
        then = told[stage][1]
        on, again = base.standing(then.id)
        assert number(again) == number(then)
        assert any("the evidence has changed since" in warning for warning in again.warnings)
        assert told["retracted"][1].id in again.warnings[-1]
        chain = explanation(on, again, TRIAL)
        assert {row.version for row in chain.studies[0].experimental} == {1 if stage == "built" else 2}
    assert base.standing(told["retracted"][1].id)[0] is base


def test_a_term_of_later_is_not_known_then(stages: Stages) -> None:
    base, told = stages
    with pytest.raises(UnknownTerm, match=r"as known by 2\d{3}-"):
        base.ask(replace(QUESTION, intervention="nothing-of-the-kind", known_by=told["built"][0]))


def test_protocol_vocabulary_and_published_values_are_those_of_then(store_url: str, tmp_path: Path) -> None:
    with copied(store_url, tmp_path) as base:
        then = asked_now(base)
        time = base.store.head().time
        rewrite(base, "protocols", "cd015373", lambda text: text.replace('method = \\"DL\\"', 'method = \\"PM\\"'))
        by_protocol = asked_now(base)
        assert (then.method, by_protocol.method) == ("DL", "PM")
        rewrite(base, "analyses", "cd015373-1.1", lambda text: text.replace('"-15.79"', '"-15.8"'))
        rewrite(
            base, "vocabularies", "outcomes", lambda text: text.replace('"pain intensity"@en', '"intensity of pain"@en')
        )
        now = asked_now(base)
        assert now.published is not None
        assert now.published.estimate == -15.8
        assert now.question.outcome.label == "intensity of pain"
        again = base.ask(replace(QUESTION, known_by=time))
        assert timeless(again) == timeless(then)
        assert again.question.outcome.label == "pain intensity"


def test_any_history_can_be_asked_at_each_of_its_commits(store_url: str, tmp_path: Path) -> None:
    chance = random.Random(20261125)
    with copied(store_url, tmp_path) as base:
        told = [(base.store.head().time, asked_now(base))]
        gone: list[str] = []
        for _ in range(10):
            trial = chance.choice(["sigtermans-2009", "noppers-2011a", "lumanauw-2019"])
            if trial in gone:
                lifting.lift(base, trial, "tester", "it was sound")
                gone.remove(trial)
            elif chance.random() < 0.5:
                retract(base, trial)
                gone.append(trial)
            else:
                correct(base, chance.choice(["0.8", "0.9", "1.1"]), trial=trial)
            told.append((base.store.head().time, asked_now(base)))
        base.forget()
        chance.shuffle(told)
        for time, then in told:
            assert timeless(base.ask(replace(QUESTION, known_by=time))) == timeless(then)
        assert len({then.id for _, then in told}) > 4
    with EvidenceBase.open(Settings.read(base.settings.store)) as reader:
        for time, then in told[:3]:
            assert timeless(reader.ask(replace(QUESTION, known_by=time))) == timeless(then)


def test_a_review_can_be_asked_as_of_a_time(stages: Stages) -> None:
    base, told = stages
    _, then = base.review(known_by=told["built"][0])
    _, now = base.review()
    first = then[0]
    assert (first.analysis, first.pool.k, round(first.pool.estimate or 0, 2)) == ("CD015373-1.1", 3, -15.79)
    assert now[0].pool.k == 2
    changed = [a.analysis for a, b in zip(then, now, strict=True) if a.id != b.id]
    assert 10 < len(changed) < 40
