"""Lists, things, their names and their documents."""

from __future__ import annotations

from typing import Any

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from api.addresses import NOUNS
from api.schemas import Listing, Thing
from kg.evidence_base import EvidenceBase
from kg.iris import BASE
from kg.settings import Settings
from tests.api.asking import HTML, JSON, PROBLEM
from tests.api.client import Client

RDF = {"ttl": RdfFormat.TURTLE, "nt": RdfFormat.N_TRIPLES, "jsonld": RdfFormat.JSON_LD}
TRIAL = "trial/sigtermans-2009"


@pytest.mark.parametrize("noun", NOUNS)
def test_a_list_is_whole_page_by_page(client: Client, noun: str) -> None:
    whole = client.get(f"/{noun}", params={"limit": "500"}).json()
    Listing.model_validate(whole)
    assert whole["next"] is None
    assert whole["total"] == len(whole["items"]) > 0
    found: list[dict[str, Any]] = []
    place: str | None = f"/{noun}?limit=7"
    while place:
        response = client.get(place)
        body = response.json()
        found += body["items"]
        place = f"/{noun}?limit=7&cursor={body['next']}" if body["next"] else None
        assert ('rel="next"' in response.headers.get("link", "")) == bool(place)
    assert found == whole["items"]


def test_a_list_gives_fifty_unless_told(client: Client) -> None:
    body = client.get("/trials").json()
    assert (len(body["items"]), body["total"]) == (50, 69)


def test_a_list_is_searched_by_every_name(client: Client) -> None:
    for text in ("CRPS", "crps", "complex regional"):
        slugs = {item["slug"] for item in client.get("/conditions", params={"q": text}).json()["items"]}
        assert "complex-regional-pain-syndrome" in slugs
    assert client.get("/drugs", params={"q": "zzz"}).json() == {"items": [], "total": 0, "next": None}
    assert client.get("/drugs", params={"q": ""}).json()["total"] == 27


@pytest.mark.parametrize("noun", NOUNS)
def test_every_thing_of_a_list_has_its_page_in_every_form(client: Client, noun: str) -> None:
    for item in client.get(f"/{noun}", params={"limit": "4"}).json()["items"]:
        found = client.get(item["href"])
        Thing.model_validate(found.json())
        assert found.json()["iri"] == item["iri"]
        for suffix, form in RDF.items():
            document = client.get(f"/doc/{item['iri'].removeprefix(BASE)}.{suffix}")
            assert document.status_code == 200
            assert {quad.subject for quad in parse(document.content, format=form)} == {NamedNode(item["iri"])}


def test_one_thing_goes_by_any_of_its_names(client: Client) -> None:
    assert client.get("/conditions/CRPS").json()["slug"].startswith("complex-regional-pain-syndrome")
    body = client.get("/drugs/ketamin").json()
    assert (body["status"], body["nearest"][0]) == (404, "ketamine")


def test_a_trial_has_its_arms_and_results_with_their_places(client: Client) -> None:
    found = client.get("/trials/sigtermans-2009").json()
    assert [arm["randomised"] for arm in found["arms"]] == [30, 30]
    counts = {(r["outcome"], r["arm"]): r["figures"] for r in found["results"]}
    assert counts["nausea", "placebo"] == "5 of 30"
    assert all(r["source"] and r["locator"] for r in found["results"])


def test_identifiers_of_a_trial_can_be_followed(client: Client) -> None:
    facts = {p["label"]: p["values"][0]["href"] for p in client.get("/trials/martin-2019").json()["properties"]}
    assert facts["registration number"] == "https://clinicaltrials.gov/study/NCT01602185"
    assert facts["DOI"] == "https://doi.org/10.2147/dddt.s207350"
    assert facts["PMID"] == "https://pubmed.ncbi.nlm.nih.gov/31447547"


def test_a_drug_and_a_receptor_have_the_actions_between_them(client: Client) -> None:
    at_drug = client.get("/drugs/memantine").json()["actions"]
    at_receptor = client.get("/receptors/nmda-receptor").json()["actions"]
    shared = {a["iri"] for a in at_drug} & {a["iri"] for a in at_receptor}
    assert shared
    assert all(a["source"] for a in at_drug)


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        ("text/html", "html"),
        (HTML["accept"], "html"),
        (None, "html"),
        ("text/turtle", "ttl"),
        ("application/ld+json", "jsonld"),
        ("application/n-triples", "nt"),
        ("application/json", "json"),
        ("application/rdf+xml, text/turtle;q=0.8", "ttl"),
    ],
)
def test_a_name_redirects_to_the_document_that_is_asked_for(client: Client, accept: str | None, suffix: str) -> None:
    found = client.get(f"/id/{TRIAL}", headers={"accept": accept or ""})
    assert found.status_code == 303
    assert found.headers["location"] == f"/doc/{TRIAL}.{suffix}"
    assert found.headers["vary"] == "Accept"
    assert 'rel="describedby"' in found.headers["link"]
    document = client.get(found.headers["location"], headers={"accept": "image/png"})
    assert document.status_code == 200
    assert f'<{BASE}{TRIAL}>; rel="describes"' in document.headers["link"]
    assert client.get(f"/doc/{TRIAL}", headers={"accept": accept or ""}).content == document.content


def test_names_of_other_things_lead_somewhere_too(client: Client) -> None:
    answer = client.get("/answer?intervention=ketamine&comparator=placebo&outcome=nausea").json()
    for path in (
        f"answer/{answer['id']}",
        "query/trials/arms",
        *(r.removeprefix(BASE) for r in answer["provenance"]["records"]),
    ):
        found = client.get(f"/id/{path}", headers=JSON)
        assert found.status_code == 303, path
        assert client.get(found.headers["location"], headers=JSON).status_code == 200


def test_a_record_shows_its_versions_and_what_each_says(client: Client) -> None:
    found = client.get("/doc/record/cd015373/sigtermans-2009.json").json()
    assert [version["version"] for version in found["versions"]] == [1]
    assert len(found["states"]) > 5
    graph = found["versions"][0]["graph"].removeprefix(BASE)
    content = client.get(f"/doc/{graph}.nt")
    assert {quad.subject.value for quad in parse(content.content, format=RdfFormat.N_TRIPLES)} == {
        value["iri"] for value in found["states"]
    }
    for wrong in ("graph/record/cd015373/sigtermans-2009/9", "record/cd015373/nothing", "record/x"):
        assert client.get(f"/doc/{wrong}").status_code == 404


def test_an_unknown_name_is_not_redirected(client: Client) -> None:
    for path in (
        "trial/nothing",
        "nothing",
        "",
        "answer/" + "0" * 32,
        "query/nothing",
        "a b",
        "x%0d%0aSet-Cookie:%20a=b",
        "%00",
    ):
        found = client.get(f"/id/{path}")
        assert (found.status_code, found.headers["content-type"]) == (404, PROBLEM), path
        assert "set-cookie" not in found.headers


def test_a_document_is_not_sent_again(client: Client) -> None:
    for suffix in ("html", "json", *RDF):
        tag = client.get(f"/doc/{TRIAL}.{suffix}").headers["etag"]
        assert client.get(f"/doc/{TRIAL}.{suffix}", headers={"if-none-match": tag}).status_code == 304
    tag = client.get("/trials").headers["etag"]
    assert client.get("/trials", headers={"if-none-match": tag}).status_code == 304


def test_everything_in_the_graph_has_a_page(client: Client, settings: Settings) -> None:
    with EvidenceBase.open(settings) as base:
        query = "SELECT ?c (SAMPLE(?s) AS ?thing) WHERE { ?s a ?c } GROUP BY ?c"
        samples = [str(getattr(row[1], "value", "")) for row in base.store.select(query).rows]
    ours = [iri for iri in samples if iri.startswith(BASE) and "#" not in iri]
    assert len(ours) > 20
    for iri in ours:
        assert client.get(f"/doc/{iri.removeprefix(BASE)}", headers=HTML).status_code == 200, iri
