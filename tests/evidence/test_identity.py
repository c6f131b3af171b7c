"""The id of an answer: the same for the same data and question anywhere, another when a number could change."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from kg.evidence.answering import Ground, answer
from kg.evidence.identity import answer_id, set_digest
from kg.evidence_base import EvidenceBase, question
from kg.iris import record
from kg.model.answer import Answer
from kg.settings import Settings
from tests.conftest import ROOT

PAIN = {"intervention": "ketamine", "comparator": "placebo", "outcome": "pain-intensity", "band": "immediate-term"}
PROGRAM = """
import sys
from kg.evidence_base import EvidenceBase, question
from kg.settings import Settings

with EvidenceBase.open(Settings.read(sys.argv[1])) as base:
    print(base.store.fingerprint())
    for outcome in ("pain-intensity", "psychotomimetic", "quality-of-life", "stress"):
        words = {"intervention": "nmda-receptor-antagonist", "comparator": "placebo", "outcome": outcome}
        found = base.ask(question(**words))
        print(found.id, found.provenance.set_digest, found.pool.estimate, found.warnings, found.excluded)
"""


def test_two_processes_with_other_hash_seeds_agree(store_url: str) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, store_url],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    first, second = (process.communicate()[0] for process in running)
    assert all(process.returncode == 0 for process in running)
    assert first == second
    assert len(first.splitlines()) == 5


def test_two_builds_have_one_fingerprint_and_the_same_answers(base: EvidenceBase, store_url: str) -> None:
    with EvidenceBase.open(Settings.read(store_url)) as other:
        assert other.store.fingerprint() == base.store.fingerprint()
        assert other.ask(question(**PAIN)).id == base.ask(question(**PAIN)).id


def test_every_option_is_part_of_the_id(base: EvidenceBase) -> None:
    nausea = {"intervention": "ketamine", "comparator": "placebo", "outcome": "nausea"}
    asked = [
        nausea,
        *({**nausea, "measure": m} for m in ("OR", "RD")),
        *({**nausea, "method": m} for m in ("PM", "REML", "EE", "MH")),
        {**nausea, "ci": "hk"},
        {**nausea, "route": "intravenous"},
        {**nausea, "protocol": "none"},
        {**nausea, "condition": "CRPS"},
        {**nausea, "band": "short-term"},
        {**nausea, "intervention": "nmda-receptor-antagonist"},
    ]
    ids = [base.ask(question(**words)).id for words in asked]
    assert len(set(ids)) == len(asked)


def test_options_that_only_spell_out_the_protocol_change_nothing(base: EvidenceBase) -> None:
    spelled = {**PAIN, "protocol": "cd015373", "measure": "MD", "method": "DL", "ci": "wald"}
    assert base.ask(question(**spelled)).id == base.ask(question(**PAIN)).id


def test_a_question_has_the_id_of_the_analysis_that_asks_it(base: EvidenceBase) -> None:
    words = {**PAIN, "route": "intravenous"}
    first = next(a for a in base.review()[1] if a.analysis == "CD015373-1.1")
    assert base.ask(question(**words)).id == first.id


def asked_of(base: EvidenceBase, digests: dict[str, str]) -> Answer:
    ground = base.ground()
    changed = replace(ground, digests={**ground.digests, **digests})
    assert isinstance(changed, Ground)
    words = question(**PAIN)
    return answer(words.resolved(base.vocabulary, "cd015373"), base.protocol(), changed)


@pytest.mark.parametrize(
    ("source", "name", "changes"),
    [
        ("cd015373", "sigtermans-2009", True),
        ("reports", "sigtermans-2009", True),
        ("protocols", "cd015373", True),
        ("cd015373", "martin-2019", False),
        ("drugs", "memantine", False),
        ("analyses", "cd015373-1.1", False),
    ],
)
def test_a_changed_record_changes_the_ids_of_answers_that_use_it_alone(
    base: EvidenceBase, source: str, name: str, changes: bool
) -> None:
    changed = record(source, name)
    assert changed in base.ground().digests
    assert (asked_of(base, {changed: "0" * 64}).id != asked_of(base, {}).id) == changes


def test_the_range_of_an_instrument_in_use_is_part_of_the_id(base: EvidenceBase) -> None:
    words = {"intervention": "memantine", "comparator": "placebo", "outcome": "depressive-symptoms"}
    resolved = question(**words).resolved(base.vocabulary, "cd015373")
    before = answer(resolved, base.protocol(), base.ground())
    known = base.vocabulary.instruments
    changed = []
    for iri, facts in known.items():
        wider = dict(known)
        wider[iri] = replace(facts, maximum=(facts.maximum or 0.0) + 1)
        base.vocabulary.__dict__["instruments"] = wider
        try:
            after = answer(resolved, base.protocol(), base.ground())
        finally:
            base.vocabulary.__dict__["instruments"] = known
        if after.id != before.id:
            changed.append(iri)
    assert 1 <= len(changed) <= len(before.studies)


def test_the_digest_of_a_set_does_not_depend_on_its_order() -> None:
    records, rows = [("b", "2"), ("a", "1")], ["y", "x", "y"]
    assert set_digest(records, rows) == set_digest(reversed(records), ["x", "y"])
    assert set_digest(records, rows) != set_digest([("a", "2"), ("b", "1")], rows)
    assert answer_id({"b": 1, "a": 2}, "d") == answer_id({"a": 2, "b": 1}, "d")
    assert answer_id({"a": 2}, "d") != answer_id({"a": 2}, "e")
