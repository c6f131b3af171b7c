"""Updates and graphs that change the evidence: with a key, through the gate, all or nothing, record by record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from rdflib import Graph
from rdflib.namespace import RDF, SH

from kg.evidence_base import EvidenceBase
from kg.settings import Settings
from tests.api.asking import PROBLEM
from tests.api.sparql.conftest import opened
from tests.api.test_records import PLACE, TRIAL, Writing

PREFIXES = """PREFIX ev: <https://w3id.org/evigraph/ns#>
BASE <https://w3id.org/evigraph/>
"""
RESULT = "<result/reports/example-2020/1>"
RECORD = "https://w3id.org/evigraph/record/reports/example-2020"


def update(writing: Writing, text: str, query: str = "", **headers: str) -> httpx.Response:
    return writing.send(
        "POST",
        f"/sparql/update{query}",
        (PREFIXES + text).encode(),
        content_type="application/sparql-update",
        **headers,
    )


def graph(writing: Writing, method: str, query: str, turtle: str = "") -> httpx.Response:
    content = ("@prefix ev: <https://w3id.org/evigraph/ns#> . @base <https://w3id.org/evigraph/> .\n" + turtle).encode()
    return writing.send(method, f"/rdf-graph-store{query}", content if turtle else None, content_type="text/turtle")


def rows(writing: Writing, text: str) -> list[list[str]]:
    found = writing.get("/sparql", params={"query": PREFIXES + text}, headers={"accept": "text/csv"})
    assert found.status_code == 200, found.text
    return [line.split(",") for line in found.text.splitlines()[1:]]


def records(told: httpx.Response) -> list[tuple[str, str, str]]:
    assert told.status_code in {200, 201}, told.text
    return [(r["source"], r["id"], r["action"]) for r in told.json()["records"]]


def events(writing: Writing) -> list[list[str]]:
    return rows(writing, f"SELECT ?n {{ {RESULT} ev:events ?n }}")


@pytest.fixture
def trial(writing: Writing) -> Writing:
    assert writing.send("POST", "/records", TRIAL).status_code == 201
    return writing


@pytest.fixture(scope="module")
def refusing(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writing]:
    """A service with the trial, for tests that write nothing."""
    with opened(store_url, tmp_path_factory.mktemp("refusing")) as made:
        assert made.send("POST", "/records", TRIAL).status_code == 201
        yield made


CORRECTION = f"""DELETE {{ {RESULT} ev:events ?n ; ev:reportedText ?t }}
INSERT {{ {RESULT} ev:events 7 ; ev:reportedText "events 7; total 30" }}
WHERE {{ {RESULT} ev:events ?n ; ev:reportedText ?t }}"""


def test_an_update_makes_a_new_version_of_the_record_that_it_changes(trial: Writing) -> None:
    before = trial.nausea()
    told = update(trial, CORRECTION, "?reason=a%20slip")
    assert records(told) == [("reports", "example-2020", "changed")]
    assert told.status_code == 200
    assert (told.json()["commit"]["author"], told.json()["commit"]["reason"]) == ("alice", "a slip")
    assert events(trial) == [["7"]]
    assert trial.nausea()["id"] != before["id"]
    versions = trial.get(PLACE, headers={"accept": "application/json"}).json()["versions"]
    assert len(versions) == 2
    with EvidenceBase.open(Settings(store=trial.url)) as base:
        assert base.store.verify() == []


def test_an_update_in_a_form_is_the_same(trial: Writing) -> None:
    told = trial.request(
        "POST",
        "/sparql/update",
        data={"update": PREFIXES + CORRECTION},
        headers={"authorization": f"Bearer {trial.key}"},
    )
    assert records(told) == [("reports", "example-2020", "changed")]


def test_a_rehearsal_says_what_would_change_and_writes_nothing(refusing: Writing) -> None:
    before = refusing.commit()
    told = update(refusing, CORRECTION, "?dry_run=true").json()
    changed = {(d["thing"], d["column"], d["old"], d["new"]) for d in told["records"][0]["differences"]}
    assert ("result/reports/example-2020/1", "events", "6", "7") in changed
    assert told["commit"] is None
    assert refusing.commit() == before
    assert events(refusing) == [["6"]]


def test_what_breaks_a_shape_is_refused_with_the_report_and_changes_nothing(refusing: Writing) -> None:
    before = refusing.commit()
    wrong = CORRECTION.replace("ev:events 7", "ev:events 31")
    told = update(refusing, wrong)
    assert told.status_code == 422
    assert told.headers["content-type"] == PROBLEM
    assert any(error.get("rule") for error in told.json()["errors"])
    report = update(refusing, wrong, accept="text/turtle")
    assert report.status_code == 422
    found = Graph().parse(data=report.text, format="turtle")
    assert next(found.subjects(RDF.type, SH.ValidationReport), None) is not None
    assert (refusing.commit(), events(refusing)) == (before, [["6"]])


def test_one_request_is_one_transaction(trial: Writing) -> None:
    before = trial.commit()
    told = update(trial, CORRECTION + " ; " + CORRECTION.replace("events 7", "events 31"))
    assert told.status_code == 422
    assert (trial.commit(), events(trial)) == (before, [["6"]])
    told = update(trial, CORRECTION + " ; " + CORRECTION.replace("events 7", "events 8"))
    assert told.status_code == 200
    assert (trial.commit(), events(trial)) == (before + 1, [["8"]])


def test_an_update_that_changes_nothing_makes_no_commit(refusing: Writing) -> None:
    before = refusing.commit()
    told = update(refusing, f"INSERT DATA {{ {RESULT} ev:events 6 }} ; DELETE DATA {{ {RESULT} ev:events 99 }}")
    assert (told.status_code, told.json()["records"], told.json()["commit"]) == (200, [], None)
    assert refusing.commit() == before


def test_a_new_result_goes_to_the_record_that_its_iri_names(trial: Writing) -> None:
    arm = "<trial/example-2020/arm/placebo>"
    made = rows(trial, f"SELECT ?p ?o {{ {RESULT} ?p ?o }}")
    assert made
    told = update(
        trial,
        f"""INSERT {{ <result/reports/example-2020/9> ?p ?o }}
        WHERE {{ {RESULT} ?p ?o FILTER (?p NOT IN (ev:events, ev:reportedText, ev:ofArm, ev:outcome)) }} ;
        INSERT DATA {{ <result/reports/example-2020/9> ev:events 2 ; ev:reportedText "events 2; total 30" ;
          ev:ofArm {arm} ; ev:outcome <outcome/vomiting> }}""",
    )
    assert records(told) == [("reports", "example-2020", "changed")]


def test_a_new_thing_becomes_a_record_of_its_own(trial: Writing) -> None:
    told = update(
        trial,
        """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        INSERT DATA { <drug/example> a ev:Drug ; rdfs:label "example"@en ; ev:source "made up" ; ev:locator "here" ;
          ev:sourceKind ev:primary }""",
    )
    assert records(told) == [("rdf", "drug-example", "new")]


def test_the_last_statement_of_a_record_takes_it_out(trial: Writing) -> None:
    before = trial.nausea()
    told = update(
        trial,
        """DELETE { ?s ?p ?o } WHERE { GRAPH <record/reports/example-2020> { ?s ?p ?o } } """,
        "?reason=withdrawn",
    )
    assert records(told) == [("reports", "example-2020", "retracted")]
    assert "Example 2020" not in {study["label"] for study in trial.nausea()["studies"]}
    assert trial.nausea()["k_rows"] == before["k_rows"] - 1
    versions = trial.get(PLACE, headers={"accept": "application/json"}).json()["versions"]
    assert [(v["action"], v["reason"]) for v in versions][-1] == ("retract", "withdrawn")
    again = update(trial, f"INSERT DATA {{ GRAPH <record/reports/example-2020> {{ {RESULT} ev:events 6 }} }}")
    assert again.status_code == 422
    assert "retracted" in again.json()["detail"]


def test_what_is_still_referred_to_is_not_taken_out(refusing: Writing) -> None:
    before = refusing.commit()
    told = update(refusing, "DELETE WHERE { <trial/example-2020/arm/drug> ?p ?o }")
    assert told.status_code == 422
    told = update(refusing, "DELETE WHERE { <drug/ketamine> ?p ?o }")
    assert told.status_code == 422
    assert "used by" in told.json()["detail"]
    assert refusing.commit() == before


@pytest.mark.parametrize(
    "text",
    [
        "DROP ALL",
        "CLEAR DEFAULT",
        "DELETE WHERE { ?s ?p ?o }",
        "INSERT DATA { GRAPH <graph/catalog> { <record/a/b> ev:version 9 } }",
        "DELETE WHERE { GRAPH <graph/ontology> { ?s ?p ?o } }",
        "DELETE WHERE { GRAPH <graph/state> { ?s ?p ?o } }",
        "INSERT DATA { GRAPH <urn:x> { <drug/x> a ev:Drug } }",
        "INSERT DATA { GRAPH <record/gate/x> { <drug/x> ev:warning 'never' } }",
        "INSERT DATA { GRAPH <record/reports/example-2020/1> { <drug/x> a ev:Drug } }",
        "INSERT DATA { <urn:a> <urn:b> 1 }",
        "INSERT DATA { <drug/x> ev:source [] }",
        "INSERT DATA { <drug/x> ev:source 1e0 }",
        "INSERT DATA { ev:Drug <http://www.w3.org/2000/01/rdf-schema#label> 'x' }",
        "DELETE WHERE { ev:Drug ?p ?o }",
        "DELETE { ?s ev:warning ?w } WHERE { ?s ev:warning ?w }",
    ],
)
def test_what_no_record_owns_is_refused(refusing: Writing, text: str) -> None:
    before = refusing.commit()
    told = update(refusing, text)
    assert told.status_code == 422, told.text
    assert told.json()["detail"].endswith("Nothing was written.") or told.json()["errors"]
    assert refusing.commit() == before


@pytest.mark.parametrize("text", ["LOAD <http://127.0.0.1:9/x>", "LOAD SILENT <file:///etc/passwd>"])
def test_nothing_is_fetched(refusing: Writing, text: str) -> None:
    assert update(refusing, text).status_code == 403


@pytest.mark.parametrize("text", ["SELECT * {}", "INSERT DATA {", "INSERT DATA { <a> <b> ?c }"])
def test_what_is_no_update_is_refused(refusing: Writing, text: str) -> None:
    assert update(refusing, text).status_code == 400


def test_without_a_key_nothing_is_written(refusing: Writing) -> None:
    for place in ("/sparql/update", "/sparql"):
        told = refusing.post(
            place, content=PREFIXES + CORRECTION, headers={"content-type": "application/sparql-update"}
        )
        assert told.status_code == 401
        assert told.headers["www-authenticate"].startswith("Bearer")
    assert refusing.request("PUT", "/rdf-graph-store?default", content=b"").status_code == 401
    assert refusing.request("DELETE", f"/rdf-graph-store?graph={RECORD}").status_code == 401
    assert events(refusing) == [["6"]]


def test_the_graph_of_a_record_is_read_put_extended_and_deleted(trial: Writing) -> None:
    place = f"?graph={RECORD}"
    given = trial.get(f"/rdf-graph-store{place}", headers={"accept": "text/turtle"})
    assert given.status_code == 200
    turtle = given.text.replace("ns#events> 6", "ns#events> 7").replace("events 6", "events 7")
    told = graph(trial, "PUT", f"{place}&reason=a%20slip", turtle)
    assert records(told) == [("reports", "example-2020", "changed")]
    assert events(trial) == [["7"]]
    told = graph(trial, "POST", place, "<trial/example-2020> ev:year 2020 .")
    assert (told.status_code, told.json()["commit"]) == (200, None)
    told = graph(trial, "DELETE", f"{place}&reason=withdrawn")
    assert records(told) == [("reports", "example-2020", "retracted")]
    assert trial.get(f"/rdf-graph-store{place}").status_code == 404
    assert graph(trial, "DELETE", place).status_code == 404
    told = graph(trial, "PUT", place, turtle)
    assert told.status_code == 422
    assert "lift the retraction" in told.text
    first = trial.get("/rdf-graph-store/record/reports/example-2020/1", headers={"accept": "application/n-triples"})
    assert '/ns#events> "6"' in first.text


def test_a_graph_that_breaks_a_shape_is_refused(refusing: Writing) -> None:
    before = refusing.commit()
    told = graph(refusing, "PUT", f"?graph={RECORD}", "<trial/example-2020> a ev:RandomisedTrial .")
    assert told.status_code == 422
    told = graph(refusing, "PUT", f"?graph={RECORD}", "<trial/example-2020> ev:source [] .")
    assert (told.status_code, "blank node" in told.json()["detail"]) == (400, True)
    assert refusing.commit() == before


def test_a_graph_without_a_name_becomes_a_record(trial: Writing) -> None:
    told = graph(
        trial,
        "POST",
        "",
        """<drug/example> a ev:Drug ; <http://www.w3.org/2000/01/rdf-schema#label> "example"@en ; ev:source "made up" ;
        ev:locator "here" ; ev:sourceKind ev:primary .""",
    )
    assert told.status_code == 201, told.text
    assert told.headers["location"].startswith("https://w3id.org/evigraph/graph/record/rdf/")
    assert trial.get(f"/rdf-graph-store?graph={told.headers['location']}").status_code == 200


def test_the_default_graph_is_extended_and_never_emptied(trial: Writing) -> None:
    told = graph(trial, "POST", "?default", "<trial/example-2020> ev:country 'NL' .")
    assert told.status_code in {200, 422}
    before = trial.commit()
    assert graph(trial, "DELETE", "?default").status_code == 422
    assert graph(trial, "PUT", "?default", "<drug/x> a ev:Drug .").status_code == 422
    assert trial.commit() == before


def test_the_default_graph_as_it_was_read_can_be_put(trial: Writing) -> None:
    whole = trial.get("/rdf-graph-store?default", headers={"accept": "application/n-triples"}).content
    told = trial.send("PUT", "/rdf-graph-store?default", whole, content_type="application/n-triples")
    assert (told.status_code, told.json()["commit"]) == (200, None)
    changed = whole.replace(b'"events 6; total 30"', b'"events 06; total 30"')
    told = trial.send("PUT", "/rdf-graph-store?default", changed, content_type="application/n-triples")
    assert records(told) == [("reports", "example-2020", "changed")]


def test_options_that_are_none_are_refused(refusing: Writing) -> None:
    assert update(refusing, CORRECTION, "?dry_run=maybe").status_code == 422
    assert update(refusing, CORRECTION, "?reason=").status_code == 422
    body: dict[str, Any] = orjson.loads(update(refusing, CORRECTION, "?reason=a&reason=b").content)
    assert body["errors"][0]["parameter"] == "reason"
