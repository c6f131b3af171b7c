"""Every number of an answer walks back to record version, table row, source and place; the answer is RDF too."""

from __future__ import annotations

import csv
import random
import re
from functools import cache

import pytest
import rdflib

from kg.errors import NotPoolable, UnknownTerm
from kg.evidence_base import EvidenceBase, question
from kg.formats.answer_rdf import answer_triples
from kg.formats.explanation import explanation_json, explanation_text
from kg.formats.rdf import turtle
from kg.iris import BASE, EV
from kg.model.answer import Answer, Side
from kg.provenance import ResultRow, explanation
from tests.conftest import ROOT
from tests.evidence.questions import askable, words

QUESTION = {
    "intervention": "ketamine",
    "comparator": "placebo",
    "outcome": "pain-intensity",
    "band": "immediate-term",
    "route": "intravenous",
}


@cache
def lines(name: str) -> list[dict[str, str]]:
    with (ROOT / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def row_of(row: ResultRow) -> dict[str, str]:
    """Return the table row that an explanation points to, found by file, line and number."""
    match = re.fullmatch(r"(evidence/[a-z-]+\.csv):([0-9,]+), number (\d+) of (\S+) for (\S+)", row.row)
    assert match, row.row
    table, at, number, source, trial = match.groups()
    found = [lines(table)[int(line) - 2] for line in at.split(",")]
    (one,) = (r for r in found if r["number"] == number)
    assert (one["record_source"], one["trial"]) == (source, trial)
    return one


def assert_walks_back(base: EvidenceBase, answer: Answer) -> int:
    heads = {head.iri: head for head in base.store.heads()}
    chains = explanation(base, answer).studies
    assert [c.study for c in chains] == list(answer.studies)
    walked = 0
    for chain in chains:
        for side, rows in ((chain.study.experimental, chain.experimental), (chain.study.control, chain.control)):
            assert [r.result for r in rows] == list(side.results)
            for row, place in zip(rows, side.sources, strict=True):
                head, line = heads[row.record], row_of(row)
                assert (row.digest, row.version, row.recorded) == (head.digest, head.version, head.time)
                assert (row.url, row.locator, row.kind) == (line["source"], line["locator"], line["source_kind"])
                assert (place.record, place.url, place.locator) == (row.record, row.url, row.locator)
                assert row.record in answer.provenance.records
                assert_says(side, line, single=len(rows) == 1)
                walked += 1
    return walked


def assert_says(side: Side, line: dict[str, str], *, single: bool) -> None:
    """A side of one arm has the counts of its row; means can be on another scale, n stays."""
    if single and side.events is not None:
        assert (side.events, side.total) == (float(line["events"]), float(line["total"]))
    if single and side.mean is not None:
        assert side.n == (int(line["n"]) if line["n"] else None)


def test_every_result_of_the_review_walks_back_to_its_row(base: EvidenceBase) -> None:
    answers = base.review()[1]
    assert sum(assert_walks_back(base, answer) for answer in answers[::4]) > 80


def test_results_of_generated_answers_walk_back_to_their_rows(base: EvidenceBase) -> None:
    drawn, walked = random.Random(7), 0
    for terms in drawn.sample(askable(base), 80):
        try:
            walked += assert_walks_back(base, base.ask(words(terms, protocol="none")))
        except NotPoolable:
            continue
    assert walked > 50


def test_one_study_can_be_explained_by_label_slug_or_iri(base: EvidenceBase) -> None:
    answer = base.ask(question(**QUESTION))
    for name in ("Sigtermans 2009", "sigtermans-2009", f"{BASE}trial/sigtermans-2009"):
        (chain,) = explanation(base, answer, name).studies
        assert chain.study.label == "Sigtermans 2009"
    with pytest.raises(UnknownTerm) as caught:
        explanation(base, answer, "sigtermans")
    assert caught.value.nearest[0] == "sigtermans-2009"


def test_each_query_of_an_explanation_runs_with_its_values_and_finds_the_trials(base: EvidenceBase) -> None:
    answer = base.ask(question(**QUESTION))
    for used in explanation(base, answer).queries:
        assert set(used.parameters) == set(base.catalog[used.name].params), used.name
        rows = base.table.rows(used.name, **used.parameters)
        trials = {r["trial"] for r in rows.records()}
        if used.name in ("trials/trials-of-drugs", "trials/arms", "trials/arm-results", "trials/included-trials"):
            assert {s.trial for s in answer.studies} <= trials, used.name


def test_the_text_and_the_json_have_the_chain(base: EvidenceBase) -> None:
    found = explanation(base, base.ask(question(**QUESTION)))
    text, made = explanation_text(found), explanation_json(found)
    for chain in found.studies:
        for row in (*chain.experimental, *chain.control):
            assert row.result.removeprefix(BASE) in text
            assert row.digest[:16] in text
            assert row.url in text
            assert row.row in text
    digests = [chain.experimental[0].digest for chain in found.studies]
    assert [study["experimental"][0]["digest"] for study in made["studies"]] == digests
    assert made["set_digest"] in text


def test_an_answer_is_turtle_that_holds_its_numbers(base: EvidenceBase) -> None:
    answer = base.ask(question(**QUESTION))
    graph = rdflib.Graph().parse(data=turtle(answer_triples(answer), base.prefixes), format="turtle")
    s, ev = rdflib.URIRef(f"{BASE}answer/{answer.id}"), rdflib.Namespace(EV)
    (pooled,) = graph.subjects(ev.ofAnalysis, s)
    assert answer.pool.display is not None
    for name, value in (
        ("estimate", answer.pool.display.estimate),
        ("ciLow", answer.pool.display.ci[0]),
        ("ciHigh", answer.pool.display.ci[1]),
        ("k", answer.pool.k),
        ("participants", answer.pool.participants.total),
    ):
        said = graph.value(pooled, ev[name])
        assert isinstance(said, rdflib.Literal), name
        assert float(said) == pytest.approx(value, rel=1e-15), name
    assert {str(o) for o in graph.objects(s, ev.included)} == {x.trial for x in answer.studies}
    used = {r for x in answer.studies for side in (x.experimental, x.control) for r in side.results}
    assert {str(o) for o in graph.objects(s, ev.usedResult)} == used
    run = graph.value(s, rdflib.PROV.wasGeneratedBy)
    assert run is not None
    assert set(answer.provenance.records) <= {str(o) for o in graph.objects(run, rdflib.PROV.used)}
    left = list(graph.objects(s, ev.excluded))
    excluded = {(str(graph.value(o, rdflib.DCTERMS.subject)), str(graph.value(o, ev.reason))) for o in left}
    assert excluded == {(e.trial, e.reason) for e in answer.excluded}


def test_an_answer_without_a_pool_is_turtle_too(base: EvidenceBase) -> None:
    answer = base.ask(question(**(QUESTION | {"outcome": "opioid-use"})))
    graph = rdflib.Graph().parse(data=turtle(answer_triples(answer), base.prefixes), format="turtle")
    s, ev = rdflib.URIRef(f"{BASE}answer/{answer.id}"), rdflib.Namespace(EV)
    (pooled,) = graph.subjects(ev.ofAnalysis, s)
    assert graph.value(pooled, ev.estimate) is None
    assert graph.value(pooled, ev.notReported) == ev.estimate
    assert str(graph.value(pooled, ev.k)) == "0"
    assert len(list(graph.objects(s, ev.excluded))) == len(answer.excluded) > 0
