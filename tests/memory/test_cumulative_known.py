"""The curve of an answer over the commits that changed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kg.evidence_base import EvidenceBase
from kg.formats.cumulative import cumulative_json, cumulative_plot, cumulative_text
from kg.memory import lifting
from kg.memory.cumulative import cumulative
from kg.model.answer import Answer
from kg.settings import Settings
from kg.store import Change, Store
from tests.intake_support import copied
from tests.memory.memory_support import QUESTION, TRIAL, correct, number, retract, rewrite, statements

Told = list[tuple[int, Answer]]


@pytest.fixture(scope="module")
def past(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EvidenceBase, Told]]:
    """A store with eleven commits, and the answer after each."""
    with copied(store_url, tmp_path_factory.mktemp("past")) as base:
        told: Told = []

        def tell() -> None:
            base.forget()
            told.append((base.store.head().number, base.ask(QUESTION)))

        tell()
        for step in (
            lambda: correct(base),
            lambda: rewrite(base, "drugs", "amantadine", lambda text: text.replace('"human"', '"Human"')),
            lambda: correct(base, trial="macian-2022"),
            lambda: retract(base),
            lambda: rewrite(base, "reviews", "cd015373", lambda text: text.replace("Cochrane", "The Cochrane")),
            lambda: correct(base, "0.9", trial="noppers-2011a"),
            lambda: lifting.lift(base, TRIAL, "me", "it was sound"),
            lambda: correct(base, "1"),
            lambda: unrelated(base),
            lambda: correct(base, "1", trial="noppers-2011a"),
        ):
            step()
            tell()
        yield base, told


def unrelated(base: EvidenceBase) -> None:
    """Add a trial of another drug."""
    text = base.store.content("reports", "macian-2022").decode().replace("macian-2022", "copied-2020")
    base.store.commit([Change("reports", "copied-2020", statements(text))], "tester", "a new trial")


def test_there_is_a_point_for_each_commit_that_changed_the_answer(past: tuple[EvidenceBase, Told]) -> None:
    base, told = past
    due: Told = []
    for commit, answer in told:
        if not due or due[-1][1].id != answer.id:
            due.append((commit, answer))
    found = cumulative(base, QUESTION, "known")
    assert [(p.commit, number(p.answer)) for p in found.points] == [(commit, number(answer)) for commit, answer in due]
    assert len(due) == 7
    assert due[-1][1].id == due[0][1].id, "in the end all is as it was"
    assert [p.by for p in found.points] == [base.store.commits()[commit - 1].time for commit, _ in due]
    assert [(p.added, p.removed) for p in found.points[2:4]] == [((), ("Sigtermans 2009",)), ((), ())]


def test_commits_that_touch_nothing_of_the_question_are_not_asked_again(
    past: tuple[EvidenceBase, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    base, _ = past
    moved: list[int] = []
    forward = Store.forward

    def noted(store: Store, commit: int) -> None:
        moved.append(commit)
        forward(store, commit)

    monkeypatch.setattr(Store, "forward", noted)
    cumulative(base, QUESTION, "known")
    assert moved == [2, 5, 6, 7, 8, 9, 11], "the citation of the review is looked at, other drugs and trials are not"


def test_the_curve_ends_at_the_day_asked_for(past: tuple[EvidenceBase, Told]) -> None:
    base, told = past
    time = base.store.commits()[4].time
    found = cumulative(base, replace(QUESTION, known_by=time), "known")
    assert [p.commit for p in found.points] == [1, 2, 5]
    assert number(found.answer) == number(told[4][1])
    both = cumulative(base, replace(QUESTION, published_by="2012"), "known")
    assert {s.label for p in both.points for s in p.answer.studies} == {"Noppers 2011a", "Sigtermans 2009"}


def test_the_forms_tell_commits(past: tuple[EvidenceBase, Told]) -> None:
    base, _ = past
    found = cumulative(base, QUESTION, "known")
    points = cumulative_json(found)["cumulative"]["points"]
    assert [p["commit"] for p in points] == [p.commit for p in found.points]
    assert [p["k"] for p in points] == [3, 3, 2, 2, 3, 3, 3]
    text = cumulative_text(found, 100)
    assert "- Sigtermans 2009" in text
    assert "values changed" in text
    assert "they are no tests" in text
    assert len([r for r in cumulative_plot(found)["datasets"]["rows"] if r["kind"] == "study"]) == 7


def test_before_its_terms_were_there_a_question_has_no_answer(
    store_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with EvidenceBase.open(Settings.read(store_url)) as whole:
        records = [(h, whole.store.content(h.source, h.id).decode()) for h in whole.store.heads()]
    place = f"oxigraph:{tmp_path_factory.mktemp('grown') / 'store'}"
    with EvidenceBase.open(Settings.read(place), "write") as base:

        def put(*sources: str) -> None:
            changes = [Change(h.source, h.id, statements(text)) for h, text in records if h.source in sources]
            base.store.commit(changes, "tester", ", ".join(sources))

        put("ontology")
        put("vocabularies", "drugs", "drug-classes", "protocols")
        put("reports")
        put("receptors")
        put("cd015373")
        put("reviews")
        put("analyses")
        base.forget()
        found = cumulative(base, QUESTION, "known")
        assert [p.answer.pool.k for p in found.points][-1] == 3
        assert found.points[-1].commit == 6
        assert found.points[-1].answer.id == found.answer.id
        assert all(p.answer.pool.k == 0 for p in found.points[:-1])
