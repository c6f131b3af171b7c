"""What changed between two days: records, answers, and which analyses need not be answered again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kg.errors import InputRefused
from kg.evidence_base import EvidenceBase
from kg.formats.comparison import comparison_json, comparison_text
from kg.iris import BASE, EV
from kg.memory.comparison import compare
from kg.memory.crossing import crossings
from kg.model.answer import Answer
from kg.store import Change
from tests.intake_support import copied
from tests.memory.memory_support import (
    QUESTION,
    RESULTS,
    TRIAL,
    TRIAL_IRI,
    correct,
    retract,
    rewrite,
    statements,
    timeless,
)

FIRST = "CD015373-1.1"


@pytest.fixture
def base(store_url: str, tmp_path: Path) -> Iterator[EvidenceBase]:
    """The bundled evidence in a store to write to."""
    with copied(store_url, tmp_path) as opened:
        yield opened


def times(base: EvidenceBase) -> list[str]:
    return [commit.time for commit in base.store.commits()]


def reviewed(base: EvidenceBase) -> dict[str, Answer]:
    base.forget()
    return {str(a.analysis): a for a in base.review()[1]}


def test_a_correction_and_a_retraction_move_the_answers_that_use_them(base: EvidenceBase) -> None:
    correct(base)
    retract(base)
    built, corrected, retracted = times(base)
    base.forget()
    one = compare(base, built, corrected)
    assert [(c.happened, c.after.source, c.after.version) for c in one.records] == [("changed", "cd015373", 2)]
    two = compare(base, corrected)
    assert [(c.happened, c.after.source) for c in two.records] == [
        ("retracted", "cd015373"), ("retracted", "reports"), ("new", "retractions"),
    ]  # fmt: skip
    whole = compare(base, built, retracted)
    for found, k in ((one, (3, 3)), (two, (3, 2)), (whole, (3, 2))):
        first = next(change for change in found.answers if change.analysis == FIRST)
        assert isinstance(first.before, Answer)
        assert isinstance(first.after, Answer)
        assert first.moved
        assert (first.before.pool.k, first.after.pool.k) == k
    ends = {change.analysis: change for change in whole.answers}
    assert ends[FIRST].before == next(change for change in one.answers if change.analysis == FIRST).before or True
    assert any("the interval now includes no effect" in change.crossed for change in whole.answers)


def test_nothing_changes_between_a_commit_and_itself(base: EvidenceBase) -> None:
    (built,) = times(base)
    for found in (compare(base, built), compare(base, built, built), compare(base, "2999", "2999-12-31")):
        assert (found.records, found.answers) == ((), ())
        assert "No record changed." in comparison_text(found, 80)


def test_from_before_the_first_commit_everything_is_new(base: EvidenceBase) -> None:
    found = compare(base, "1999")
    assert found.since.number == 0
    assert {c.happened for c in found.records} == {"new"}
    assert len(found.records) == len([h for h in base.store.heads() if h.source != "gate"])
    assert len(found.answers) == 95
    assert {c.before for c in found.answers} == {None}


def test_dates_in_the_wrong_order_or_before_the_store_are_refused(base: EvidenceBase) -> None:
    correct(base)
    built, corrected = times(base)
    with pytest.raises(InputRefused, match="name the earlier date first"):
        compare(base, corrected, built)
    with pytest.raises(InputRefused, match=f"this store begins on {built}"):
        compare(base, "1998", "1999")
    for wrong in (("soon", None), ("1999", "2026-13")):
        with pytest.raises(InputRefused, match="no date"):
            compare(base, *wrong)


def broaden(base: EvidenceBase) -> None:
    """Put a drug of other trials below ketamine, so that its trials answer questions about ketamine too."""
    rewrite(
        base, "drugs", "memantine",
        lambda text: text + f"<{BASE}drug/memantine> <{EV}narrowerDrugOf> <{BASE}drug/ketamine> .\n",
    )  # fmt: skip


def include_less(base: EvidenceBase) -> None:
    gone = f"<{BASE}review/cd015373> <{EV}includedTrial> <{BASE}trial/lumanauw-2019> .\n"
    rewrite(base, "reviews", "cd015373", lambda text: text.replace(gone, ""))


def rescale(base: EvidenceBase) -> None:
    end = f"<{BASE}instrument/pain-0-100> <{EV}scaleMaximum> "
    rewrite(base, "vocabularies", "instruments", lambda text: text.replace(f'{end}"100"', f'{end}"200"'))


def another_protocol(base: EvidenceBase) -> None:
    rewrite(base, "protocols", "cd015373", lambda text: text.replace('method = \\"DL\\"', 'method = \\"PM\\"'))


def another_trial(base: EvidenceBase) -> None:
    """Add a trial that is a copy of one in the store, in a record of its own."""
    for source, name in (("reports", TRIAL), RESULTS):
        text = base.store.content(source, name).decode().replace(TRIAL, "copied-2020")
        base.store.commit([Change(source, "copied-2020", statements(text))], "tester", "a new trial")
    included = f"<{BASE}review/cd015373> <{EV}includedTrial> <{BASE}trial/copied-2020> .\n"
    rewrite(base, "reviews", "cd015373", lambda text: text + included)


def another_level(base: EvidenceBase) -> None:
    rewrite(base, "analyses", "cd015373-1.2", lambda text: text.replace(TRIAL_IRI, f"{BASE}trial/amr-2011"))


def only_a_citation(base: EvidenceBase) -> None:
    rewrite(base, "reviews", "cd015373", lambda text: text.replace("Cochrane", "The Cochrane"))


def only_an_affinity(base: EvidenceBase) -> None:
    rewrite(base, "drugs", "amantadine", lambda text: text.replace('"human"', '"Human"'))


CHANGES: list[tuple[Callable[[EvidenceBase], object], bool]] = [
    (correct, True),
    (retract, True),
    (broaden, True),
    (include_less, True),
    (rescale, True),
    (another_protocol, True),
    (another_trial, True),
    (another_level, True),
    (only_a_citation, False),
    (only_an_affinity, False),
]


@pytest.mark.parametrize(("change", "moves"), CHANGES, ids=lambda v: getattr(v, "__name__", str(v)))
def test_what_is_not_answered_again_would_be_the_same(
    base: EvidenceBase, change: Callable[[EvidenceBase], object], moves: bool
) -> None:
    before = reviewed(base)
    change(base)
    after = reviewed(base)
    found = compare(base, times(base)[0])
    again = {c.analysis for c in found.answers}
    assert len(again) + found.untouched == len(before) == len(after)
    for name in before.keys() - again:
        assert before[name].id == after[name].id, name
        assert before[name].pool == after[name].pool, name
    for told in found.answers:
        assert isinstance(told.before, Answer)
        assert isinstance(told.after, Answer)
        assert timeless(told.before) == timeless(before[told.analysis])
        assert timeless(told.after) == timeless(after[told.analysis])
    moved = {c.analysis for c in found.answers if c.moved}
    assert moved == {n for n in before if differs(before[n], after[n])}
    assert bool(moved) is moves


def differs(one: Answer, other: Answer) -> bool:
    pools = [[a.pool, *(g.pool for g in a.subgroups)] for a in (one, other)]
    told = [[(p.k, p.k_rows, p.participants, p.estimate, p.ci) for p in found] for found in pools]
    return told[0] != told[1]


def test_a_trial_of_one_drug_leaves_the_analyses_of_another_alone(base: EvidenceBase) -> None:
    correct(base)
    base.forget()
    found = compare(base, times(base)[0])
    assert found.untouched > 30
    asked = [c.before for c in found.answers if isinstance(c.before, Answer)]
    assert {answer.question.intervention.label.casefold() for answer in asked} == {"ketamine"}


def ended(base: EvidenceBase, low: float, high: float, important: float | None = None) -> Answer:
    answer = base.ask(QUESTION)
    pool = replace(answer.pool, estimate=(low + high) / 2, ci=(low, high))
    return replace(answer, pool=pool, important_difference=important)


@pytest.mark.parametrize(
    ("before", "after", "important", "due"),
    [
        ((-2, -1), (-3, -1), None, []),
        ((-2, -1), (-2, 1), None, ["the interval now includes no effect"]),
        ((-2, 1), (-2, -0.5), None, ["the interval now excludes no effect"]),
        ((-2, 1), (-2, 0), None, []),
        ((-2, 1), (-1, 2), None, ["the estimate is on the other side of no effect"]),
        (
            (-2, -1), (1, 2), None,
            ["the estimate is on the other side of no effect",
             "the interval now excludes no effect, on the other side"],
        ),
        ((-2, 1), (-9, 1), 10, []),
        (
            (-2, 1), (-11, 1), 10,
            ["the interval was within the smallest difference that matters (10), and is across it"],
        ),
        (
            (-20, -1), (-20, -10), 10,
            ["the interval was across the smallest difference that matters (10), and is beyond it"],
        ),
    ],
)  # fmt: skip
def test_lines_that_an_answer_can_cross(
    base: EvidenceBase, before: tuple[float, float], after: tuple[float, float], important: float | None, due: list[str]
) -> None:
    assert list(crossings(ended(base, *before, important), ended(base, *after, important))) == due


def test_the_protocols_difference_that_matters_is_taken(base: EvidenceBase) -> None:
    assert {a.important_difference for a in reviewed(base).values()} == {None}
    scale, rule = "scale = [0, 100]\\n", "minimally_important_difference = 10\\n"
    rewrite(base, "protocols", "cd015373", lambda text: text.replace(scale, scale + rule))
    first = reviewed(base)[FIRST]
    assert first.important_difference == 10
    assert {a.important_difference for a in reviewed(base).values() if a.measure in ("RR", "SMD")} == {None}
    begun = times(base)[-1]
    correct(base, "0.02")
    base.forget()
    found = next(change for change in compare(base, begun).answers if change.analysis == FIRST)
    assert isinstance(found.after, Answer)
    assert found.after.pool.ci is not None
    assert list(found.crossed) == list(crossings(first, found.after))


def test_text_and_json_tell_the_same(base: EvidenceBase) -> None:
    retract(base)
    base.forget()
    found = compare(base, times(base)[0])
    told = comparison_json(found)
    assert told["analyses"] == {
        "untouched": found.untouched,
        "answered_again": len(found.answers),
        "moved": sum(c.moved for c in found.answers),
    }
    moved = [a for a in told["answers"] if a["moved"]]
    assert moved[0]["analysis"] == FIRST
    assert moved[0]["before"]["estimate"] == pytest.approx(-15.791, abs=0.001)
    assert moved[0]["after"]["k"] == 2
    assert [r["happened"] for r in told["records"]] == ["retracted", "retracted", "new"]
    assert told["records"][0]["reason"] == "Falsified data"
    text = comparison_text(found, 100)
    assert max(map(len, text.splitlines())) <= 100
    for words in ("2 retracted", "Falsified data", FIRST, "3 -> 2", "now includes no effect"):
        assert words in text
