"""Queries over HTTP as the protocol has them: three ways to send one, datasets, forms, tags, codings, and CORS."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from typing import Final

import httpx
import pytest
import zstandard
from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, parse, parse_query_results

pytestmark = pytest.mark.server
SELECT: Final = "SELECT ?s ?label { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?label } ORDER BY ?s LIMIT 3"
CONSTRUCT: Final = "CONSTRUCT WHERE { <https://w3id.org/evigraph/drug/ketamine> ?p ?o }"
COUNT: Final = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
CATALOG: Final = "https://w3id.org/evigraph/graph/catalog"
ONTOLOGY: Final = "https://w3id.org/evigraph/graph/ontology"
TABLES: Final = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
GRAPHS: Final = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
}


@pytest.fixture(scope="module")
def client(service: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service, timeout=60) as made:
        yield made


def form(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return response.headers["content-type"].partition(";")[0]


def count(client: httpx.Client, *graphs: tuple[str, str]) -> int:
    told = client.get("/sparql", params=[("query", COUNT), *graphs], headers={"accept": "text/csv"})
    return int(told.text.splitlines()[1])


def test_a_query_is_sent_in_three_ways(client: httpx.Client) -> None:
    accept = {"accept": "application/sparql-results+json"}
    by_get = client.get("/sparql", params={"query": SELECT}, headers=accept)
    by_form = client.post("/sparql", data={"query": SELECT}, headers=accept)
    directly = client.post("/sparql", content=SELECT, headers={**accept, "content-type": "application/sparql-query"})
    assert len(by_get.json()["results"]["bindings"]) == 3
    assert by_get.content == by_form.content == directly.content


@pytest.mark.parametrize("media_type", TABLES)
def test_tables_in_every_form(client: httpx.Client, media_type: str) -> None:
    told = client.get("/sparql", params={"query": SELECT}, headers={"accept": media_type})
    assert form(told) == media_type
    found = parse_query_results(told.content, TABLES[media_type])
    assert isinstance(found, QuerySolutions)
    assert [v.value for v in found.variables] == ["s", "label"]
    assert len(list(found)) == 3


def test_tables_as_csv(client: httpx.Client) -> None:
    told = client.get("/sparql", params={"query": SELECT}, headers={"accept": "text/csv"})
    assert form(told) == "text/csv"
    assert (told.text.splitlines()[0], len(told.text.splitlines())) == ("s,label", 4)


@pytest.mark.parametrize("media_type", GRAPHS)
@pytest.mark.parametrize("query", [CONSTRUCT, "DESCRIBE <https://w3id.org/evigraph/drug/ketamine>"])
def test_graphs_in_every_form(client: httpx.Client, media_type: str, query: str) -> None:
    told = client.get("/sparql", params={"query": query}, headers={"accept": media_type})
    assert form(told) == media_type
    plain = client.get("/sparql", params={"query": query}, headers={"accept": "application/n-triples"})
    known = {q.triple for q in parse(plain.content, format=RdfFormat.N_TRIPLES)}
    assert known
    assert {q.triple for q in parse(told.content, format=GRAPHS[media_type])} == known


def test_yes_or_no(client: httpx.Client) -> None:
    for accept, yes in (("application/sparql-results+json", '"boolean":true'), ("text/csv", "true")):
        assert yes in client.get("/sparql", params={"query": "ASK {}"}, headers={"accept": accept}).text


@pytest.mark.parametrize(
    ("accept", "query", "given"),
    [
        ("*/*", SELECT, "application/sparql-results+json"),
        ("application/json", SELECT, "application/json"),
        ("application/xml", SELECT, "application/xml"),
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.9", SELECT, "application/sparql-results+xml"),
        ("application/sparql-results+json,*/*;q=0.9", CONSTRUCT, "text/turtle"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", SELECT, "application/sparql-results+json"),
        ("image/png", SELECT, None),
        ("text/turtle", SELECT, None),
    ],
)
def test_the_form_is_what_is_liked_best(client: httpx.Client, accept: str, query: str, given: str | None) -> None:
    told = client.get("/sparql", params={"query": query}, headers={"accept": accept})
    if given is None:
        assert told.status_code == 406
        assert told.json()["available"]
    else:
        assert form(told) == given
    assert "accept" in told.headers["vary"].lower()


def test_a_request_names_its_dataset(client: httpx.Client) -> None:
    everything, catalog = count(client), count(client, ("default-graph-uri", CATALOG))
    assert 0 < catalog < everything
    ontology = count(client, ("default-graph-uri", ONTOLOGY))
    assert count(client, ("default-graph-uri", CATALOG), ("default-graph-uri", ONTOLOGY)) == catalog + ontology
    assert count(client, ("named-graph-uri", CATALOG)) == 0
    named = {"query": "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", "named-graph-uri": CATALOG}
    assert client.get("/sparql", params=named, headers={"accept": "text/csv"}).text.splitlines()[1:] == [CATALOG]
    by_form = client.post(
        "/sparql", data={"query": COUNT, "default-graph-uri": CATALOG}, headers={"accept": "text/csv"}
    )
    assert int(by_form.text.splitlines()[1]) == catalog


def test_a_dataset_of_the_request_goes_before_that_of_the_text(client: httpx.Client) -> None:
    text = f"SELECT (COUNT(*) AS ?n) FROM <{ONTOLOGY}> {{ ?s ?p ?o }}"
    told = client.get("/sparql", params={"query": text, "default-graph-uri": CATALOG}, headers={"accept": "text/csv"})
    assert int(told.text.splitlines()[1]) == count(client, ("default-graph-uri", CATALOG))


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("GET", {"params": {"query": "SELEC"}}),
        ("GET", {"params": {"update": "DROP ALL"}}),
        ("GET", {"params": [("query", SELECT), ("query", SELECT)]}),
        ("GET", {"params": {"query": SELECT, "default-graph-uri": "no iri"}}),
        ("GET", {"params": {"query": SELECT, "using-graph-uri": "urn:g"}}),
        ("GET", {"params": {"query": SELECT, "timeout": "soon"}}),
        ("POST", {"content": b"\xff\xfe", "headers": {"content-type": "application/sparql-query"}}),
        ("POST", {"data": {"nothing": "x"}}),
    ],
)
def test_what_is_no_query_is_refused(client: httpx.Client, method: str, more: dict[str, object]) -> None:
    told = client.request(method, "/sparql", **more)  # type: ignore[arg-type]
    assert told.status_code == 400, told.text
    assert told.headers["content-type"] == "application/problem+json"


def test_a_body_of_another_form_is_refused(client: httpx.Client) -> None:
    assert client.post("/sparql", content=SELECT, headers={"content-type": "text/plain"}).status_code == 415
    assert client.post("/sparql", content=SELECT).status_code == 415


def test_a_tag_holds_for_one_form_of_one_result(client: httpx.Client) -> None:
    json = client.get("/sparql", params={"query": SELECT}, headers={"accept": "application/sparql-results+json"})
    xml = client.get("/sparql", params={"query": SELECT}, headers={"accept": "application/sparql-results+xml"})
    tag = json.headers["etag"]
    assert tag.startswith('"')
    assert tag != xml.headers["etag"]
    again = {"accept": "application/sparql-results+json", "if-none-match": tag}
    told = client.get("/sparql", params={"query": SELECT}, headers=again)
    assert (told.status_code, told.content, told.headers["etag"]) == (304, b"", tag)
    other = client.get("/sparql", params={"query": SELECT.replace("3", "4")}, headers=again)
    assert other.status_code == 200
    assert client.get("/sparql", params={"query": SELECT}, headers=again | {"if-none-match": "*"}).status_code == 304


def test_what_chance_has_a_part_in_has_no_tag(client: httpx.Client) -> None:
    told = client.get("/sparql", params={"query": "SELECT (RAND() AS ?x) {}"})
    assert "etag" not in told.headers
    assert told.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_results_are_packed_as_the_client_can_unpack(client: httpx.Client, coding: str) -> None:
    query = "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 500"
    plain = client.get("/sparql", params={"query": query}, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with client.stream("GET", "/sparql", params={"query": query}, headers={"accept-encoding": coding}) as told:
        assert told.headers["content-encoding"] == coding
        assert told.headers["etag"] != plain.headers["etag"]
        assert "accept-encoding" in told.headers["vary"].lower()
        packed = b"".join(told.iter_raw())
    unpack = (
        gzip.decompress
        if coding == "gzip"
        else lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data)
    )
    assert unpack(packed) == plain.content
    assert len(packed) < len(plain.content) / 2


def test_a_head_is_a_get_without_its_content(client: httpx.Client) -> None:
    for place in ("/sparql", "/rdf-graph-store?default", "/.well-known/void"):
        params = {"query": SELECT} if place == "/sparql" else None
        whole, head = client.get(place, params=params), client.head(place, params=params)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]
        assert head.headers.get("etag") == whole.headers.get("etag")


def test_options_lists_the_methods(client: httpx.Client) -> None:
    for place, methods in (
        ("/sparql", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("/sparql/update", {"POST", "OPTIONS"}),
        ("/rdf-graph-store", {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"}),
    ):
        told = client.options(place)
        assert told.status_code == 204
        assert set(told.headers["allow"].split(", ")) == methods


def test_pages_of_other_origins_may_ask(client: httpx.Client) -> None:
    origin = {"origin": "https://example.org"}
    asking = origin | {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    preflight = client.options("/sparql", headers=asking)
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "content-type" in preflight.headers["access-control-allow-headers"].lower()
    told = client.get("/sparql", params={"query": SELECT}, headers=origin)
    assert told.headers["access-control-allow-origin"] == "*"
    assert "etag" in told.headers["access-control-expose-headers"].lower()
    assert "access-control-allow-credentials" not in told.headers
    assert "access-control-allow-origin" not in client.options("/sparql/update", headers=asking).headers


def test_the_first_rows_come_before_the_last_are_known(client: httpx.Client) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 200000"
    headers = {"accept": "text/csv", "accept-encoding": "identity"}
    with client.stream("GET", "/sparql", params={"query": query}, headers=headers) as told:
        assert told.headers.get("transfer-encoding") == "chunked"
        first = next(told.iter_raw())
    assert first.startswith(b"a,b,c,d,e,f")
    assert len(first) < 1_000_000


def test_a_result_that_is_cut_is_not_taken_for_whole(client: httpx.Client) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    told = client.get("/sparql", params={"query": query + " ORDER BY ?a ?d ?g", "timeout": "0.5"})
    assert told.status_code in {503, 504}
    with client.stream("GET", "/sparql", params={"query": query, "timeout": "5"}) as streamed:
        assert streamed.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            for _ in streamed.iter_raw():
                pass


def test_a_client_of_http_1_0_gets_the_whole_or_nothing(service: str) -> None:
    host, _, port = service.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(b"GET /sparql?query=ASK%7B%7D HTTP/1.0\r\n\r\n")
        found = b""
        while part := connection.recv(65536):
            found += part
    head, _, body = found.partition(b"\r\n\r\n")
    assert b" 200 " in head
    assert f"content-length: {len(body)}".encode() in head.lower()


def test_graphs_are_read_by_name(client: httpx.Client) -> None:
    for media_type, made in GRAPHS.items():
        told = client.get("/rdf-graph-store", params={"graph": CATALOG}, headers={"accept": media_type})
        assert form(told) == media_type
        assert len({q.triple for q in parse(told.content, format=made)}) == count(
            client, ("default-graph-uri", CATALOG)
        )
    direct = client.get("/rdf-graph-store/catalog", headers={"accept": "application/n-triples"})
    assert direct.status_code == 200
    again = client.get("/rdf-graph-store/catalog", headers={"if-none-match": direct.headers["etag"]})
    assert again.status_code == 200, "the tag is of N-Triples, and this asks for Turtle"
    same = {"accept": "application/n-triples", "if-none-match": direct.headers["etag"]}
    assert client.get("/rdf-graph-store/catalog", headers=same).status_code == 304
    assert client.get("/rdf-graph-store", params={"graph": "urn:none"}).status_code == 404
    assert client.get("/rdf-graph-store").status_code == 400
    assert client.get("/rdf-graph-store?default&graph=urn:g").status_code == 400


def test_a_service_without_keys_takes_no_writes(client: httpx.Client) -> None:
    told = client.post("/sparql/update", data={"update": "DROP ALL"})
    assert told.status_code == 403
    assert client.put("/rdf-graph-store?default", content=b"").status_code == 403
