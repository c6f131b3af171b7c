"""The service on another engine: what it shows, what it says when the engine is gone, and two services side by side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from kg.evidence_base import EvidenceBase
from tests.api.test_records import TRIAL
from tests.engines.servers import Engine, free_port, oxigraph
from tests.engines.serving import running

KG = Path(sys.executable).parent / "kg"
ALL = "SELECT ?s ?p ?o WHERE { ?s ?p ?o }"
TYPES = "SELECT ?s ?c WHERE { ?s a ?c }"
CATALOG = "https://w3id.org/evigraph/graph/catalog"
ONTOLOGY = "https://w3id.org/evigraph/graph/ontology"
CLASS = "https://w3id.org/evigraph/drug-class/nmda-receptor-antagonist"
CSV, N_TRIPLES = {"Accept": "text/csv"}, {"Accept": "application/n-triples"}
ASKED = {"intervention": "ketamine", "comparator": "placebo", "outcome": "nausea"}
PREFIX = "PREFIX ev: <https://w3id.org/evigraph/ns#> "


def until(true: Any, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_sparql_and_pages_come_from_the_engine(
    built: EvidenceBase, engine: Engine, data: Path, base: EvidenceBase, tmp_path: Path
) -> None:
    with running(engine.environment(data), tmp_path) as client:
        assert client.get("/health/ready").json()["fingerprint"] == base.store.fingerprint()
        assert client.get("/answer", params=ASKED).json()["id"]
        held = base.store.engine.counts()
        typed = len(base.store.select(TYPES).rows)
        csv = client.get("/sparql", params={"query": TYPES}, headers=CSV)
        assert csv.status_code == 200, csv.text
        assert len(csv.text.splitlines()) == 1 + typed
        triples = client.post("/sparql", data={"query": "CONSTRUCT WHERE { ?s a ?c }"}, headers=N_TRIPLES)
        assert len(triples.text.splitlines()) == typed
        count = client.post("/sparql", data={"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"}).json()
        assert count["results"]["bindings"][0]["n"]["value"] == str(held[""])
        assert client.post("/sparql", data={"query": PREFIX + "ASK { ?s a ev:Drug }"}).json()["boolean"] is True
        below = PREFIX + f"SELECT ?d {{ ?d (ev:inClass|ev:narrowerDrugOf)+ <{CLASS}> . ?d a ev:Drug }}"
        found = client.post("/sparql", data={"query": below}).json()["results"]["bindings"]
        assert len(found) == len(base.store.select(below).rows) > 5
        named = client.get("/sparql", params={"query": ALL, "default-graph-uri": CATALOG}, headers=CSV)
        assert len(named.text.splitlines()) == 1 + held[CATALOG]
        graph = client.get("/rdf-graph-store/ontology", headers=N_TRIPLES)
        assert len(graph.text.splitlines()) == held[ONTOLOGY]
        again = client.get("/sparql", params={"query": TYPES}, headers={**CSV, "If-None-Match": csv.headers["etag"]})
        assert again.status_code == 304
        for text, status in {
            "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }": 403,
            "SELECT * { ?s ?p ": 400,
            "define input:same-as 'yes' SELECT * { ?s ?p ?o }": 400,
            "SELECT * { ?s ?p ?o FILTER (<bif:sleep>(5)) }": 422,
            "SELECT ?o FROM <http://127.0.0.1:9/> { ?s ?p ?o }": 200,
            "SELECT ?o { GRAPH <http://127.0.0.1:9/> { ?s ?p ?o } }": 200,
        }.items():
            told = client.post("/sparql", data={"query": text}, headers=CSV)
            assert told.status_code == status, text
            if status == 200:
                assert len(told.text.splitlines()) == 1, text
        many = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER (STR(?c) < STR(?i)) }"
        late = client.post("/sparql", data={"query": many, "timeout": "0.5"})
        assert late.status_code == 504
        assert client.get("/health/ready").status_code == 200


def test_an_engine_that_goes_and_comes_back(tmp_path: Path) -> None:
    place, port = tmp_path / "oxigraph", free_port()
    place.mkdir()
    query = {"query": "SELECT * { ?s ?p ?o } LIMIT 1"}
    data = tmp_path / "data" / "evigraph"
    with oxigraph(place, port) as engine:
        with EvidenceBase.open(engine.settings(data), "write") as base:
            base.build()
        environment = engine.environment(data, graph_store="", seconds="3")
        serving = running(environment, tmp_path)
        client = serving.__enter__()
    try:
        for found in (client.get("/health/ready"), client.post("/sparql", data=query), client.get("/drugs/ketamine")):
            assert found.status_code in {200, 503}, found.text
        assert client.get("/health/live").status_code == 200
        down = client.get("/health/ready")
        assert (down.status_code, down.headers["retry-after"]) == (503, "5")
        assert str(port) not in down.text
        asked = client.post("/sparql", data=query)
        assert (asked.status_code, asked.headers["retry-after"]) == (503, "5")
        known = client.get("/answer", params=ASKED)
        assert known.status_code == 200, "what was read before is still known"
        with oxigraph(place, port):
            until(lambda: client.get("/health/ready").status_code == 200)
            assert client.post("/sparql", data=query).status_code == 200
    finally:
        serving.__exit__(None, None, None)
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_two_services_write_to_one_engine(oxigraph_server: Engine, database: str, tmp_path: Path) -> None:
    oxigraph_server.empty()
    data = tmp_path / "data" / "evigraph"
    settings = oxigraph_server.settings(data, journal=database)
    with EvidenceBase.open(settings, "write") as base:
        base.build()
    keys = tmp_path / "keys"
    new = subprocess.run(
        [str(KG), "--json", "key", "new", "tester"],
        env={**os.environ, "EVIGRAPH_KEYS": str(keys)}, capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    key = json.loads(new.stdout)["key"]
    environment = {**oxigraph_server.environment(data, journal=database), "EVIGRAPH_KEYS": str(keys)}
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with running(environment, first) as one, running(environment, second) as two:
        for number in range(3):
            for who, client in (("one", one), ("two", two)):
                facts = {**TRIAL["trial"], "study_label": f"{who} 202{number}"}
                made = {**TRIAL, "id": f"{who}-202{number}", "trial": facts}
                done = client.post("/records", json=made, headers={"Authorization": f"Bearer {key}"})
                assert done.status_code == 201, done.text
        for client in (one, two):
            until(lambda client=client: client.get("/health/ready").json()["commit"] == 7)
            for who in ("one", "two"):
                assert client.get(f"/trials/{who}-2022").status_code == 200
        assert one.get("/health/ready").json()["fingerprint"] == two.get("/health/ready").json()["fingerprint"]
    with EvidenceBase.open(settings) as base:
        assert base.store.verify() == []
