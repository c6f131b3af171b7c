"""Pooling inside SPARQL at the doors: /sparql in every form, /queries, the command line; refused, stopped, tagged."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from api.scratch import create_scratch_app
from kg import question
from kg.cli.app import main
from kg.evidence_base import EvidenceBase
from kg.functions.pooling_engine import PoolingEngine
from kg.iris import BASE
from kg.store import plain
from tests.api.client import Client
from tests.conftest import ROOT

FILES = sorted((ROOT / "queries" / "pooling").glob("*.rq"))
TEXT = (ROOT / "queries" / "pooling" / "drug-by-drug.rq").read_text()
JSON = {"accept": "application/sparql-results+json"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_endpoint_gives_what_the_library_gives(client: Client, base: EvidenceBase, path: Path) -> None:
    text = path.read_text()
    wanted = PoolingEngine(base).select(text)
    response = client.post("/sparql", data={"query": text}, headers=JSON)
    assert response.status_code == 200, response.text
    found = response.json()
    assert tuple(found["head"]["vars"]) == wanted.columns
    values = [[row.get(name, {}).get("value") for name in wanted.columns] for row in found["results"]["bindings"]]
    assert [[_number(v) for v in row] for row in values] == [
        [_number(None if (p := plain(term)) is None else str(p)) for term in row] for row in wanted.rows
    ]


def _number(text: str | None) -> object:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return text


def test_every_door_gives_the_bits_of_the_answer(
    client: Client, base: EvidenceBase, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {"intervention": "ketamine", "comparator": "placebo", "outcome": "pain-intensity"}
    answer = base.ask(question(**words, band="immediate-term"))
    drug = f"{BASE}drug/ketamine"
    response = client.get("/queries/pooling/drug-by-drug.csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert next(float(r["estimate"]) for r in rows if r["drug"] == drug) == answer.pool.estimate
    page = client.get("/queries/pooling/drug-by-drug", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "Sigtermans 2009" in page.text
    with pytest.raises(SystemExit):
        main(["--store", store_url, "--json", "query", "pooling/drug-by-drug"])
    printed = json.loads(capsys.readouterr().out)
    assert any(answer.pool.estimate in row for row in printed["rows"] if drug in row)
    for form in ("text/csv", "text/tab-separated-values", "application/sparql-results+xml"):
        found = client.get("/sparql", params={"query": TEXT}, headers={"accept": form})
        assert found.status_code == 200
        assert "-9.04191451661042" in found.text or "-9.04191451661042E0" in found.text, form


def test_results_have_tags_and_errors_say_where(client: Client) -> None:
    first = client.get("/sparql", params={"query": TEXT}, headers=JSON)
    again = client.get("/sparql", params={"query": TEXT}, headers={**JSON, "if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    for query, said in (
        (TEXT.replace("evf:k(", "evf:kk("), "there is no function evf:kk"),
        (TEXT.replace("GROUP BY ?drug", "GROUP BY ?nothing"), ""),
        (TEXT.replace("?trial ev:hasArm", "?trial SERVICE <http://127.0.0.1/> { }"), "SERVICE"),
        (TEXT.replace("BIND (evf", "BIND ((evf"), ""),
        (TEXT.replace("?outcome a ev:Outcome .", "?outcome a ev:Outcome . ."), ""),
    ):
        refused = client.get("/sparql", params={"query": query}, headers=JSON)
        assert refused.status_code == (403 if said == "SERVICE" else 400), refused.text
        assert said in refused.json()["detail"]
    every = "?s ?p ?o . ?a ?b ?c . ?x ?y ?z . " + TEXT[TEXT.index("BIND (evf") : TEXT.index("}\nGROUP")]
    heavy = TEXT[: TEXT.index("WHERE {")] + "WHERE { " + every + "} GROUP BY ?drug ?outcome ?band"
    stopped = client.get("/sparql", params={"query": heavy, "timeout": "0.5"}, headers=JSON)
    assert stopped.status_code in {400, 503, 504}


def test_a_scratch_store_has_no_evidence_to_pool() -> None:
    with Client(create_scratch_app()) as scratch:
        refused = scratch.get("/sparql", params={"query": TEXT}, headers=JSON)
    assert refused.status_code == 400
    assert "scratch store has none" in refused.json()["detail"]
