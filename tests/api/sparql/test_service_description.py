"""The description of the service and of what it holds: counted in the store, the same byte by byte, in every form."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from rdflib import DCTERMS, RDF, Graph, Namespace, URIRef
from rdflib.term import Node

from tests.api.sparql.test_protocol import COUNT, GRAPHS

pytestmark = pytest.mark.server
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
VOID = Namespace("http://rdfs.org/ns/void#")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
EV = "https://w3id.org/evigraph/ns#"


@pytest.fixture(scope="module")
def client(service: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service, timeout=60) as made:
        yield made


@pytest.fixture(scope="module")
def described(client: httpx.Client) -> Graph:
    told = client.get("/sparql", headers={"accept": "text/turtle"})
    assert told.status_code == 200
    return Graph().parse(data=told.text, format="turtle")


def number(client: httpx.Client, query: str) -> int:
    return int(client.get("/sparql", params={"query": query}, headers={"accept": "text/csv"}).text.splitlines()[1])


def one(graph: Graph, subject: Node | None, predicate: URIRef) -> Node:
    found = list(graph.objects(subject, predicate))
    assert len(found) == 1, found
    return found[0]


def test_it_says_where_and_in_which_forms_it_answers(client: httpx.Client, described: Graph) -> None:
    (service,) = described.subjects(RDF.type, SD.Service)
    assert str(one(described, service, SD.endpoint)) == f"{str(client.base_url).rstrip('/')}/sparql"
    assert list(described.objects(service, SD.supportedLanguage)) == [SD.SPARQL11Query]
    forms = {str(form).rpartition("/")[2] for form in described.objects(service, SD.resultFormat)}
    assert forms >= {"SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV", "Turtle"}


def test_its_counts_are_those_of_the_store(client: httpx.Client, described: Graph) -> None:
    (dataset,) = described.objects(None, SD.defaultDataset)
    assert one(described, dataset, VOID.triples).toPython() == number(client, COUNT)  # type: ignore[attr-defined]
    default = one(described, dataset, SD.defaultGraph)
    partitions = {
        str(one(described, part, VOID["class"])): one(described, part, VOID.entities)
        for part in described.objects(default, VOID.classPartition)
    }
    for name in ("RandomisedTrial", "Drug", "Arm"):
        counted = number(client, f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ ?s a <{EV}{name}> }}")
        assert partitions[EV + name].toPython() == counted > 0  # type: ignore[attr-defined]
    uses = {
        str(one(described, part, VOID.property)): one(described, part, VOID.triples)
        for part in described.objects(default, VOID.propertyPartition)
    }
    counted = number(client, f"SELECT (COUNT(*) AS ?n) {{ ?s <{EV}events> ?o }}")
    assert uses[EV + "events"].toPython() == counted > 0  # type: ignore[attr-defined]


def test_it_lists_the_graphs_that_can_be_asked(client: httpx.Client, described: Graph) -> None:
    names = {str(name) for name in described.objects(None, SD.name)}
    told = client.get("/sparql", params={"query": "SELECT DISTINCT ?g { GRAPH ?g {} }"}, headers={"accept": "text/csv"})
    assert names == set(told.text.splitlines()[1:]) - {"https://w3id.org/evigraph/graph/state"}
    assert "https://w3id.org/evigraph/graph/catalog" in names


def test_it_is_a_data_set_of_dcat(described: Graph) -> None:
    (dataset,) = described.subjects(RDF.type, DCAT.Dataset)
    assert (dataset, RDF.type, VOID.Dataset) in described
    assert one(described, dataset, DCTERMS.title)
    assert one(described, dataset, DCTERMS.modified)
    assert len(list(described.objects(dataset, DCAT.distribution))) == len(GRAPHS)
    for distribution in described.objects(dataset, DCAT.distribution):
        assert one(described, distribution, DCAT.accessURL)


def test_a_data_set_is_found_at_its_well_known_place(client: httpx.Client) -> None:
    known = client.get("/.well-known/void", headers={"accept": "text/turtle"})
    assert known.content == client.get("/sparql", headers={"accept": "text/turtle"}).content


@pytest.mark.parametrize("media_type", GRAPHS)
def test_it_is_the_same_byte_by_byte(client: httpx.Client, media_type: str) -> None:
    first = client.get("/sparql", headers={"accept": media_type})
    again = client.get("/sparql", headers={"accept": media_type})
    assert first.headers["content-type"].partition(";")[0] == media_type
    assert (first.content, first.headers["etag"]) == (again.content, again.headers["etag"])
    told = client.get("/sparql", headers={"accept": media_type, "if-none-match": first.headers["etag"]})
    assert told.status_code == 304
