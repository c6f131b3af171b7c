"""Clients that others wrote, against the service as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore
from SPARQLWrapper import CSV, JSON, POST, TURTLE, XML, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from kg import keys
from tests.api.sparql.running import running
from tests.conftest import ROOT

pytestmark = pytest.mark.server
EV: Final = "https://w3id.org/evigraph/ns#"
KETAMINE: Final = "https://w3id.org/evigraph/drug/ketamine"
LABEL: Final = "http://www.w3.org/2000/01/rdf-schema#label"
DRUGS: Final = f"SELECT ?drug ?label {{ ?drug a <{EV}Drug> ; <{LABEL}> ?label }} ORDER BY ?drug"
EXAMPLE: Final = "https://w3id.org/evigraph/drug/example"


@pytest.fixture(scope="module")
def drugs(service: str) -> list[str]:
    """What the drugs are called, as the service says it without any client of others."""
    told = httpx.get(f"{service}/sparql", params={"query": DRUGS}, timeout=60).json()["results"]["bindings"]
    found = [row["label"]["value"] for row in told]
    assert "ketamine" in found
    return found


@pytest.fixture
def writable(store_url: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A service that takes writes, and a key to it."""
    store = tmp_path / "store"
    shutil.copytree(store_url.partition(":")[2], store)
    key = keys.add(store / "keys", "alice")
    with running("--store", f"oxigraph:{store}", "serve") as address:
        yield address, key


def wrapped(service: str, query: str, form: str) -> Any:
    client = SPARQLWrapper(f"{service}/sparql")
    client.setQuery(query)
    client.setReturnFormat(form)
    return client.query().convert()


def test_sparqlwrapper_asks_in_its_forms(service: str, drugs: list[str]) -> None:
    found = wrapped(service, DRUGS, JSON)["results"]["bindings"]
    assert [row["label"]["value"] for row in found] == drugs
    names = wrapped(service, DRUGS, XML).getElementsByTagName("literal")
    assert [name.firstChild.data for name in names] == drugs
    assert len(wrapped(service, DRUGS, CSV).decode().splitlines()) == len(drugs) + 1
    assert b"ketamine" in wrapped(service, f"DESCRIBE <{KETAMINE}>", TURTLE)
    assert wrapped(service, f"ASK {{ <{KETAMINE}> a <{EV}Drug> }}", JSON)["boolean"] is True
    with pytest.raises(QueryBadFormed):
        wrapped(service, "SELECT nothing", JSON)


def test_sparqlwrapper_asks_by_post(service: str, drugs: list[str]) -> None:
    client = SPARQLWrapper(f"{service}/sparql")
    client.setMethod(POST)
    client.setQuery(DRUGS)
    client.setReturnFormat(JSON)
    found: Any = client.query().convert()
    assert [row["label"]["value"] for row in found["results"]["bindings"]] == drugs


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_reads_it_as_a_store(service: str, drugs: list[str], method: str) -> None:
    graph = Graph(SPARQLStore(f"{service}/sparql", method=method))
    assert [str(row[1]) for row in graph.query(DRUGS)] == drugs  # type: ignore[index]
    assert (URIRef(KETAMINE), None, URIRef(f"{EV}Drug")) in graph
    assert Literal("ketamine", lang="en") in set(graph.objects(URIRef(KETAMINE), URIRef(LABEL)))
    assert len(graph) == int(
        httpx.get(
            f"{service}/sparql",
            params={"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"},
            headers={"accept": "text/csv"},
        ).text.split()[1]
    )


def test_rdflib_writes_to_it_as_a_store(writable: tuple[str, str]) -> None:
    service, key = writable
    store = SPARQLUpdateStore(
        f"{service}/sparql", f"{service}/sparql/update", headers={"Authorization": f"Bearer {key}"}
    )
    store.autocommit = False
    graph, example = Graph(store, identifier=DATASET_DEFAULT_GRAPH_ID), URIRef(EXAMPLE)
    graph.add((example, RDF.type, URIRef(f"{EV}Drug")))
    graph.add((example, RDFS.label, Literal("example", lang="en")))
    for name, value in (("source", "made up"), ("locator", "here")):
        graph.add((example, URIRef(EV + name), Literal(value)))
    graph.add((example, URIRef(f"{EV}sourceKind"), URIRef(f"{EV}primary")))
    store.commit()
    assert (example, RDFS.label, Literal("example", lang="en")) in graph


def curl(*options: str) -> str:
    if not shutil.which("curl"):
        pytest.fail("curl is absent, and CI must run these tests") if os.environ.get("CI") == "true" else None
        pytest.skip("curl is absent")
    return subprocess.run(["curl", "-sS", "--fail", *options], check=True, capture_output=True, text=True).stdout


def test_curl_asks_and_writes(writable: tuple[str, str]) -> None:
    service, key = writable
    found = curl("-H", "Accept: text/csv", "--data-urlencode", f"query={DRUGS}", f"{service}/sparql")
    assert "ketamine" in found
    found = curl(
        "-G", "-H", "Accept: text/csv", "--compressed", "--data-urlencode", f"query={DRUGS}", f"{service}/sparql"
    )
    assert "ketamine" in found
    told = f'INSERT DATA {{ <{KETAMINE}> <{LABEL}> "Ketalar"@en-gb }}'
    options = ("-H", f"Authorization: Bearer {key}", "-H", "Content-Type: application/sparql-update")
    tried = json.loads(curl(*options, "--data-binary", told, f"{service}/sparql/update?dry_run=true"))
    assert (tried["dry_run"], [record["id"] for record in tried["records"]]) == (True, ["ketamine"])
    graph = curl(
        "-H",
        "Accept: application/n-triples",
        f"{service}/rdf-graph-store?graph=https://w3id.org/evigraph/record/drugs/ketamine",
    )
    assert KETAMINE in graph
    assert curl("-I", f"{service}/sparql?query=ASK%7B%7D").startswith("HTTP/1.1 200")


@pytest.fixture(scope="session")
def comunica() -> Path:
    """A script that asks by Comunica, installed from its lock file into the folder for what is built."""
    if not shutil.which("npm"):
        if os.environ.get("CI") == "true":
            pytest.fail("npm is absent, and CI must run these tests")
        pytest.skip("npm is absent")
    source, place = Path(__file__).parent / "comunica", ROOT / "build" / "comunica"
    lock = (source / "package-lock.json").read_bytes()
    done = place / "installed"
    if not done.is_file() or done.read_bytes() != lock:
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, place)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
        told = subprocess.run(
            ["npm", "ci", *quiet], cwd=place, capture_output=True, text=True, check=False, timeout=600
        )
        assert told.returncode == 0, told.stderr
        done.write_bytes(lock)
    shutil.copy(source / "ask.mjs", place)
    return place / "ask.mjs"


def by_comunica(script: Path, service: str, query: str) -> Any:
    command = ["node", str(script), f"{service}/sparql", query]
    told = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


@pytest.mark.slow
def test_comunica_finds_out_that_it_is_an_endpoint_and_asks(service: str, drugs: list[str], comunica: Path) -> None:
    assert [row["label"] for row in by_comunica(comunica, service, DRUGS)] == drugs
    assert by_comunica(comunica, service, f"ASK {{ <{KETAMINE}> a <{EV}Drug> }}") is True
    quads = by_comunica(comunica, service, f"CONSTRUCT WHERE {{ <{KETAMINE}> <{LABEL}> ?label }}")
    assert [KETAMINE, LABEL, "ketamine"] in quads


SELECT_OF_YASGUI: Final = "application/sparql-results+json,*/*;q=0.9"
GRAPH_OF_YASGUI: Final = "application/n-triples,*/*;q=0.9"


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_yasgui_asks_from_a_page_of_another_origin(service: str, drugs: list[str], method: str) -> None:
    """Its editor sends a form, or puts it into the address, with the Accept of the kind of query and nothing else."""
    headers = {"origin": "https://yasgui.example.org", "referer": "https://yasgui.example.org/"}
    for query, accept, media_type in (
        (DRUGS, SELECT_OF_YASGUI, "application/sparql-results+json"),
        (f"CONSTRUCT WHERE {{ <{KETAMINE}> ?p ?o }}", GRAPH_OF_YASGUI, "application/n-triples"),
        (f"DESCRIBE <{KETAMINE}>", GRAPH_OF_YASGUI, "application/n-triples"),
    ):
        sent = {"data" if method == "POST" else "params": {"query": query}}
        told = httpx.request(method, f"{service}/sparql", headers={**headers, "accept": accept}, timeout=60, **sent)  # type: ignore[arg-type]
        assert told.status_code == 200
        assert told.headers["content-type"].partition(";")[0] == media_type
        assert told.headers["access-control-allow-origin"] == "*", (
            "a page of another origin may read it, with no preflight"
        )
    names = httpx.post(
        f"{service}/sparql", data={"query": DRUGS}, headers={"accept": SELECT_OF_YASGUI}, timeout=60
    ).json()
    assert [row["label"]["value"] for row in names["results"]["bindings"]] == drugs
