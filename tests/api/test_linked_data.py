"""Every name leads to a document, every document to the name; the forms of a document say the same."""

from __future__ import annotations

import json
import re

import httpx
import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import BNode, Graph, URIRef
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from kg.evidence_base import EvidenceBase
from kg.formats.context import jsonld
from kg.formats.rdf import ntriples
from kg.iris import BASE
from kg.settings import Settings
from tests.api.asking import HTML, JSON
from tests.api.client import Client
from tests.api.test_server import served

FORMS = {
    "ttl": ("text/turtle", "turtle"),
    "nt": ("application/n-triples", "nt"),
    "jsonld": ("application/ld+json", "json-ld"),
}
TRIAL = "trial/sigtermans-2009"
SAMPLES = """
SELECT ?class ?thing WHERE { { ?thing a ?class } UNION { GRAPH ?g { ?thing a ?class } } FILTER (isIRI(?thing)) }
"""
_LINK = re.compile(r'<([^<>]*)>; rel="([^"]+)"(?:; type="([^"]+)")?')


def links(response: httpx.Response) -> set[tuple[str, str, str]]:
    return set(_LINK.findall(response.headers.get("link", "")))


def places(base: EvidenceBase) -> list[str]:
    """The paths of the IRIs to follow: a few of each class, every class, graphs, versions, documents."""
    found: dict[str, list[str]] = {}
    for row in base.store.select(SAMPLES).rows:
        kind, thing = (str(getattr(term, "value", "")) for term in row)
        found.setdefault(kind, []).append(thing)
    chosen = {iri for things in found.values() for iri in sorted(set(things))[:: max(1, len(set(things)) // 3)][:4]}
    chosen |= {kind for kind in found if kind.startswith(BASE)}
    chosen |= {head.graph for head in base.store.heads()[:3]} | {head.iri for head in base.store.heads()[:3]}
    chosen |= {f"{BASE}graph/{name}" for name in ("current", "catalog", "ontology", "vocabularies", "queries")}
    chosen |= {
        f"{BASE}{name}" for name in ("ns", "fn", "ns#ArmShape", "context.jsonld", "sparql", "dataset", "service")
    }
    return sorted(iri.removeprefix(BASE).partition("#")[0] for iri in chosen if iri.startswith(BASE))


@pytest.mark.server
def test_every_name_of_the_graph_can_be_followed_on_a_served_process(store_url: str) -> None:
    with EvidenceBase.open(Settings.read(store_url)) as base:
        paths = list(dict.fromkeys(places(base)))
    assert len(paths) > 100
    with served(store_url) as (address, _), httpx.Client(base_url=address, timeout=30) as client:
        for path in paths:
            for accept, said in (("text/html", "text/html"), ("text/turtle", "text/turtle")):
                named = client.get(f"/id/{path}", headers={"accept": f"{accept}, */*;q=0.1"})
                assert named.status_code == 303, (path, named.text)
                found = client.get(named.headers["location"], headers={"accept": f"{accept}, */*;q=0.1"})
                assert found.status_code == 200, (path, named.headers["location"], found.text)
                graph = path.startswith("graph/") and not path.startswith("graph/record/")
                if graph or path in {"sparql", "dataset", "service", "context.jsonld"}:
                    continue
                assert found.headers["content-type"].startswith(said), path


def test_the_forms_of_a_document_say_the_same(client: Client) -> None:
    answer = client.get("/answer?intervention=ketamine&comparator=placebo&outcome=nausea").json()
    for path in (
        TRIAL,
        f"{TRIAL}/arm/ketamine",
        "drug/ketamine",
        "condition/fibromyalgia",
        "record/cd015373/sigtermans-2009",
        "query/pooling/by-class",
        "query/trials/arms",
        "ns",
        "fn",
        f"answer/{answer['id']}",
    ):
        graphs = []
        for media_type, form in FORMS.values():
            if path.startswith("answer/") and form == "nt":
                continue
            named = client.get(f"/id/{path}", headers={"accept": media_type})
            document = client.get(named.headers["location"])
            assert document.headers["content-type"].startswith(media_type), path
            graphs.append(Graph().parse(data=document.text, format=form))
        assert len(graphs[0]) > 3, path
        assert len({len(graph) for graph in graphs}) == 1, path
        assert len({frozenset(map(_without_blanks, graph)) for graph in graphs}) == 1, path


def _without_blanks(triple: tuple[Node, Node, Node]) -> tuple[Node | None, ...]:
    """A statement with nothing where a blank node stands: the shapes have some, and comparing those takes minutes."""
    return tuple(None if isinstance(term, BNode) else term for term in triple)


def test_the_whole_graph_is_the_same_in_json_ld(base: EvidenceBase) -> None:
    everything = base.store.construct("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    text = jsonld(everything, base.terms)
    assert {str(quad.triple) for quad in parse(text.encode(), format=RdfFormat.JSON_LD)} == set(map(str, everything))
    some = sorted(everything, key=str)[::40]
    ours = Graph().parse(data=jsonld(some, base.terms), format="json-ld")
    assert set(ours) == set(Graph().parse(data=ntriples(some), format="nt"))


def test_json_ld_is_written_by_the_context_that_is_published(client: Client) -> None:
    published = client.get("/context.jsonld")
    assert published.headers["content-type"].startswith("application/ld+json")
    context = published.json()["@context"]
    assert context["hasArm"] == {"@id": "ev:hasArm", "@type": "@id"}
    assert context["year"]["@type"] == "xsd:integer"
    body = client.get(f"/doc/{TRIAL}.jsonld").json()
    assert body["hasArm"]
    own = body.pop("@context")
    assert own == {name: context[name] for name in own}
    whole = Graph().parse(data=json.dumps({"@context": context, **body}), format="json-ld")
    assert set(whole) == set(Graph().parse(data=client.get(f"/doc/{TRIAL}.nt").text, format="nt"))


@pytest.mark.parametrize(
    ("curie", "path"),
    [
        ("CHEBI:6121", "/doc/drug/ketamine"),
        ("chebi:6121", "/doc/drug/ketamine"),
        ("DRUGBANK:DB11823", "/doc/drug/esketamine"),
        ("evr:drug/ketamine", "/doc/drug/ketamine"),
        ("ev:Arm", "/doc/ns"),
        ("ev:ArmShape-role", "/doc/ns"),
        ("evf:estimate", "/doc/fn"),
        ("PMID:19604642", "https://pubmed.ncbi.nlm.nih.gov/19604642"),
    ],
)
def test_a_curie_leads_to_our_own_thing_or_to_the_outside_one(client: Client, curie: str, path: str) -> None:
    found = client.get(f"/id/{curie}", headers=HTML)
    assert found.status_code == 303
    assert found.headers["location"].removesuffix(".html") == path


@pytest.mark.parametrize(
    "wrong", ["NOTHING:1", "CHEBI:%0d%0aSet-Cookie:a=b", "CHEBI:<b>", "ev:", "http://127.0.0.1/x", "//evil.example/"]
)
def test_what_is_no_curie_leads_nowhere(client: Client, wrong: str) -> None:
    found = client.get(f"/id/{wrong}", headers=JSON)
    assert found.status_code == 404
    assert "set-cookie" not in found.headers


def test_documents_are_signposted(client: Client) -> None:
    page = client.get(f"/trials/{TRIAL.partition('/')[2]}", headers=HTML)
    told = links(page)
    assert (BASE + TRIAL, "cite-as", "") in told
    assert ("https://schema.org/AboutPage", "type", "") in told
    assert ("https://schema.org/MedicalTrial", "type", "") in told
    assert ("/trials", "collection", "") in told
    described = {(place, kind) for place, rel, kind in told if rel == "describedby"}
    assert {kind for _, kind in described} == {"application/json", *(m for m, _ in FORMS.values())}
    for place, kind in described:
        document = client.get(place)
        assert document.headers["content-type"].startswith(kind)
        assert (BASE + TRIAL, "describes", "") in links(document)
    items = {place for place, rel, _ in links(client.get("/trials?limit=500", headers=HTML)) if rel == "item"}
    assert len(items) == 50
    assert all(client.get(place).status_code == 200 for place in sorted(items)[:3])
    licence = ("https://spdx.org/licenses/Apache-2.0", "license", "")
    for place in ("/doc/ns", "/context.jsonld", "/queries/trials/arms"):
        assert licence in links(client.get(place)), place
    answer = client.get("/answer?intervention=ketamine&comparator=placebo&outcome=nausea", headers=HTML)
    assert {rel for _, rel, _ in links(answer)} >= {"cite-as", "describedby", "type", "canonical"}
    assert len(page.headers["link"]) < 4000


def test_pages_say_what_they_are_in_the_words_of_schema_org(client: Client) -> None:
    answer = "/answer?intervention=ketamine&comparator=placebo&outcome=nausea"
    for place, kind in (
        ("/", "Dataset"),
        (answer, "Dataset"),
        ("/trials/sigtermans-2009", "MedicalTrial"),
        ("/drugs/ketamine", "Drug"),
        ("/conditions/fibromyalgia", "MedicalCondition"),
    ):
        text = client.get(place, headers=HTML).text
        (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
        said = json.loads(block)
        assert said["@type"] == kind
        assert said["name"]
        assert "<" not in block
        assert ">" not in block
    assert said["@id"] == f"{BASE}condition/fibromyalgia"


def test_the_query_collection_can_be_asked_for_by_sparql(client: Client, base: EvidenceBase) -> None:
    text = f"""
      PREFIX sh: <{SH}> PREFIX schema: <https://schema.org/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
      SELECT ?query ?text ?comment ?target WHERE {{ GRAPH <{BASE}graph/queries> {{
        ?query a sh:SPARQLExecutable, sh:SPARQLSelectExecutable ; sh:select ?text ; rdfs:comment ?comment ;
          sh:prefixes/sh:declare/sh:prefix "ev" ; schema:target ?target ; schema:keywords ?word }} }} """
    found = client.post("/sparql", data={"query": text}, headers={"accept": "application/sparql-results+json"}).json()
    told = {row["query"]["value"]: row["text"]["value"] for row in found["results"]["bindings"]}
    selects = {name: query.text for name, query in base.catalog.items() if query.form == "SELECT"}
    assert told == {f"{BASE}query/{name}": text for name, text in selects.items()}
    sent = client.get("/queries/remote/trial", headers=HTML)
    assert (sent.status_code, "CONSTRUCT" in sent.text) == (200, True)
    graph = Graph().parse(data=client.get("/doc/query/pooling/by-class.ttl").text, format="turtle")
    assert (URIRef(f"{BASE}query/pooling/by-class"), RDF.type, SH.SPARQLSelectExecutable) in graph
    assert not base.store.ask(f"ASK {{ ?query a <{SH.SPARQLExecutable}> }}"), "it is no evidence, and stands apart"
