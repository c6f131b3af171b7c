"""The history of a record: who, when, why, from where, and which values."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg.errors import UnknownTerm
from kg.evidence_base import EvidenceBase
from kg.formats.history import history_json, history_text
from kg.iris import BASE
from kg.memory.history import history
from kg.memory.naming import records_named
from tests.intake_support import copied
from tests.memory.memory_support import RESULTS, TRIAL, TRIAL_IRI, correct, retract

NAME = "/".join(RESULTS)


@pytest.fixture(scope="module")
def base(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceBase]:
    """A store in which a record was corrected twice, retracted, and stated anew."""
    with copied(store_url, tmp_path_factory.mktemp("history")) as opened:
        correct(opened, "0.8")
        correct(opened, "1")
        retract(opened, NAME, "the wrong paper")
        correct(opened, "0.9")
        opened.forget()
        yield opened


def test_versions_tell_commit_time_author_reason_and_origin(base: EvidenceBase) -> None:
    (story,) = history(base, NAME)
    told = [(t.version.version, t.version.action, t.version.author, t.version.reason) for t in story.versions]
    assert told == [
        (1, "put", "kg build", "bundled evidence"),
        (2, "put", "a test", "to see"),
        (3, "put", "a test", "to see"),
        (4, "retract", "tester", "the wrong paper"),
        (5, "put", "a test", "to see"),
    ]
    assert [t.version.time for t in story.versions] == [c.time for c in base.store.commits()]
    assert "evidence/continuous-results.csv:19" in story.versions[0].version.origin
    assert story.live
    assert [t.statements for t in story.versions][:4] == [207, 207, 207, 0]


def test_each_value_that_changed_is_told(base: EvidenceBase) -> None:
    (story,) = history(base, NAME)
    first, second, third, gone, back = (t.differences for t in story.versions)
    assert first == gone == ()
    assert {d.column for d in second} == {"sd"}
    assert len(second) == len(third) == len(back)
    by_thing = {d.thing: d for d in second}
    one = by_thing[f"result/cd015373/{TRIAL}/1"]
    assert (one.old, one.new) == ("27.9338", "22.34704")
    assert {(d.thing, d.new, d.old) for d in third} == {(d.thing, d.old, d.new) for d in second}
    assert {d.old for d in back} == {d.old for d in second}, "compared with the last version that said something"


@pytest.mark.parametrize(
    ("text", "due"),
    [
        (NAME, [RESULTS]),
        (f"{BASE}record/{NAME}", [RESULTS]),
        (f"{BASE}graph/record/{NAME}/3", [RESULTS]),
        (TRIAL, [RESULTS, ("reports", TRIAL)]),
        ("Sigtermans 2009", [RESULTS, ("reports", TRIAL)]),
        (TRIAL_IRI, [RESULTS, ("reports", TRIAL)]),
        (f"trial/{TRIAL}", [RESULTS, ("reports", TRIAL)]),
        (f" {TRIAL} ", [RESULTS, ("reports", TRIAL)]),
        (f"result/cd015373/{TRIAL}/1", [RESULTS]),
        ("drug/ketamine", [("drugs", "ketamine")]),
        ("outcome/nausea", [("vocabularies", "outcomes")]),
    ],
)
def test_a_record_has_many_names(base: EvidenceBase, text: str, due: list[tuple[str, str]]) -> None:
    assert records_named(base, text) == due


@pytest.mark.parametrize(
    "text", ["", "nothing", "cd015373/none", "a/b/c/d", "https://example.org/x", "\x00", "<x>", "x" * 5000]
)
def test_an_unknown_record_gets_the_nearest(base: EvidenceBase, text: str) -> None:
    with pytest.raises(UnknownTerm, match="the nearest are"):
        records_named(base, text)


def test_text_and_json_tell_the_same(base: EvidenceBase) -> None:
    stories = history(base, TRIAL)
    told = history_json(stories)["records"]
    assert [r["record"] for r in told] == [f"{BASE}record/{NAME}", f"{BASE}record/reports/{TRIAL}"]
    assert [v["commit"] for v in told[0]["versions"]] == [1, 2, 3, 4, 5]
    assert told[0]["versions"][1]["differences"][0] == {
        "thing": f"result/cd015373/{TRIAL}/1", "column": "sd", "old": "27.9338", "new": "22.34704",
    }  # fmt: skip
    text = history_text(stories, 80)
    assert max(map(len, text.splitlines())) <= 80
    for words in ("version 4", "the wrong paper", "27.9338 -> 22.34704", "207 statements", "retracted"):
        assert words in text
