"""The bundled evidence on other engines: the same rows for every query, the same answers with the same ids."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from pyoxigraph import NamedNode
from typer.testing import CliRunner

from kg.catalog import Catalog, Query, Rows, Values
from kg.cli.app import app
from kg.evidence_base import EvidenceBase, question
from kg.functions import used
from kg.functions.pooling_engine import PoolingEngine
from kg.settings import Settings
from kg.store.remote_faults import EngineNonsense
from tests.engines.servers import Engine

CATALOG = {name: query for name, query in Catalog(Settings.read().queries).items() if query.form == "SELECT"}
NOT_COMPILED = {("virtuoso", "pooling/by-receptor")}
"""Queries that Virtuoso 7.2.5 cannot compile (SQ156); docs/engines.md names them."""
QUESTIONS = (
    {"intervention": "ketamine", "comparator": "placebo", "outcome": "pain-intensity", "route": "intravenous"},
    {"intervention": "nmda-receptor-antagonist", "comparator": "placebo", "outcome": "nausea", "protocol": "none"},
    {
        "intervention": "memantine",
        "comparator": "placebo",
        "outcome": "pain-intensity",
        "condition": "chronic-neuropathic-pain",
    },
)


def run(query: Query, base: EvidenceBase, values: Values) -> Rows:
    return query.run(PoolingEngine(base) if used(query.text) else base.store, values)


def test_the_engine_holds_what_the_journal_says(built: EvidenceBase, base: EvidenceBase) -> None:
    assert built.store.fingerprint() == base.store.fingerprint()
    assert built.store.engine.counts() == base.store.engine.counts()
    assert built.store.verify() == []


@pytest.mark.parametrize("name", CATALOG)
def test_a_query_gives_the_same_rows(name: str, engine: Engine, built: EvidenceBase, base: EvidenceBase) -> None:
    query = CATALOG[name]
    if (engine.name, name) in NOT_COMPILED:
        with pytest.raises(EngineNonsense, match="SQ156"):
            run(query, built, {})
        return
    mixed = "term" in query.columns.values()
    every: tuple[Values, ...] = ({}, dict.fromkeys(query.params, ()))
    for values in every[:1] if used(query.text) else every:  # pools of everything are refused
        due, found = run(query, base, values), run(query, built, values)
        assert found.columns == due.columns
        assert Counter(found.rows) == Counter(due.rows)
        assert [type(v) for row in sorted(map(repr, found.rows)) for v in row] == [
            type(v) for row in sorted(map(repr, due.rows)) for v in row
        ]
        if not mixed and not values:
            assert found.rows == due.rows or name == "explore/label-search"


@pytest.mark.parametrize("name", [name for name in CATALOG if CATALOG[name].params])
def test_a_query_finds_nothing_for_a_value_that_is_not_there(name: str, engine: Engine, built: EvidenceBase) -> None:
    query = CATALOG[name]
    if (engine.name, name) in NOT_COMPILED:
        return
    nonsense = {p: [query.term(p, "nothing/of-the-kind")] for p in query.params}
    assert run(query, built, nonsense).rows == []


def test_every_analysis_of_every_review_has_the_same_answer(built: EvidenceBase, base: EvidenceBase) -> None:
    due = {a.analysis: (a.id, a.pool, a.sentence) for _, answers in base.reviews() for a in answers}
    found = {a.analysis: (a.id, a.pool, a.sentence) for _, answers in built.reviews() for a in answers}
    assert len(due) > 90
    assert found == due


@pytest.mark.parametrize("words", QUESTIONS, ids=lambda words: words["intervention"])
def test_questions_have_the_same_answer_by_table_and_by_sparql(
    words: dict[str, str], built: EvidenceBase, base: EvidenceBase
) -> None:
    due = base.ask(question(**words))
    for via in ("table", "sparql"):
        found = built.ask(question(**words), via)
        assert (found.id, found.pool, found.studies, found.excluded) == (due.id, due.pool, due.studies, due.excluded)


def test_the_rules_have_the_same_verdict(built: EvidenceBase, base: EvidenceBase) -> None:
    (due, due_lines), (found, lines) = base.validate(), built.validate()
    assert found.conforms
    assert due.conforms
    assert sorted(lines) == sorted(due_lines)


def test_yes_and_no_are_told_apart(built: EvidenceBase) -> None:
    drug = "<https://w3id.org/evigraph/ns#Drug>"
    assert built.store.ask(f"ASK {{ ?s a {drug} }}")
    assert built.store.ask(f"PREFIX a: <http://a/> ASK WHERE {{ ?s a {drug} FILTER (isIRI(?s)) }}")
    assert not built.store.ask(f"ASK {{ {drug} a {drug} }}")


def test_things_are_described_in_the_same_terms(built: EvidenceBase, base: EvidenceBase) -> None:
    for row in base.store.select("SELECT DISTINCT ?s { ?s ?p ?o FILTER (isLiteral(?o)) } ORDER BY ?s").rows[::40]:
        assert isinstance(row[0], NamedNode)
        assert set(built.describe(row[0].value)) == set(base.describe(row[0].value))


def test_the_commands_work_on_it(
    built: EvidenceBase, engine: Engine, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in engine.environment(data).items():
        if name.startswith(("EVIGRAPH_", "XDG_")):
            monkeypatch.setenv(name, value)
    run = CliRunner()
    told = run.invoke(app, ["--json", "stats"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["triples"]["current"] == built.store.engine.counts()[""]
    again = run.invoke(app, ["--json", "build"])
    told_again = json.loads(again.stdout)["records"]
    assert (told_again["new"], told_again["changed"], told_again["retracted"]) == (0, 0, 0)
    found = run.invoke(app, ["query", "explore/drugs-acting-on-receptor", "--format", "csv"])
    assert found.exit_code == 0
    assert len(found.stdout.splitlines()) == 30
    file = data.parent / "everything.nq"
    assert run.invoke(app, ["export", "all", "--to", str(file)]).exit_code == 0
    assert len(file.read_text(encoding="utf-8").splitlines()) == sum(built.store.engine.counts().values())
