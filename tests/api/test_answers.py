"""Answers over HTTP: the words of the contract, every form of an answer, and what is sent again."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import httpx
import pytest
from pyoxigraph import RdfFormat, parse
from pytest import approx

from api.answer_schemas import AnalysisAnswer, Answer
from api.app import create_app
from kg import __version__
from kg.evidence_base import EvidenceBase
from kg.settings import Settings
from tests.api.asking import HTML, JSON, QUESTION
from tests.api.client import Client

KEYS = [
    "id", "question", "protocol", "title", "sentence", "measure", "model", "method", "ci_method", "scale",
    "k", "k_rows", "k_eligible", "participants", "estimate", "se", "ci", "p_value", "prediction_interval", "pi_df",
    "display", "heterogeneity", "alternatives", "steps", "warnings", "studies", "excluded", "published", "provenance",
]  # fmt: skip
FORMS = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "jsonld": "application/ld+json",
    "ttl": "text/turtle; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "svg": "image/svg+xml; charset=utf-8",
    "png": "image/png",
}


def ask(client: Client, **words: str) -> httpx.Response:
    return client.get("/answer", params={**QUESTION, **words})


def test_the_answer_is_the_published_one_with_the_keys_of_the_contract(client: Client) -> None:
    found = ask(client).json()
    assert sorted(found) == sorted(KEYS)
    assert found["display"]["estimate"] == approx(-15.79, abs=0.005)
    assert found["display"]["ci"] == [approx(-32.09, abs=0.005), approx(0.51, abs=0.005)]
    assert found["k"] == 3
    assert found["published"]["basis"] == "printed"
    assert {"arm", "label", "n", "events", "total", "mean", "sd", "derived", "source"} <= set(
        found["studies"][0]["experimental"]
    )
    assert found["provenance"]["software"] == {"name": "evigraph", "version": __version__}
    Answer.model_validate(found)


def test_every_name_of_a_term_gives_the_same_answer(client: Client) -> None:
    ids = {
        ask(client, **words).json()["id"]
        for words in (
            {},
            {"intervention": "CHEBI:6121"},
            {"intervention": "https://w3id.org/evigraph/drug/ketamine"},
            {"band": "Immediate term"},
            {"method": "", "condition": ""},
            {"via": "sparql"},
        )
    }
    assert len(ids) == 1


@pytest.mark.parametrize("suffix", FORMS)
def test_suffix_and_accept_give_the_same_representation(client: Client, suffix: str) -> None:
    named = client.get(f"/answer.{suffix}", params=QUESTION)
    media_type = FORMS[suffix].partition(";")[0]
    chosen = client.get("/answer", params=QUESTION, headers={"accept": f"{media_type}, */*;q=0.1"})
    assert named.status_code == chosen.status_code == 200
    assert named.headers["content-type"] == chosen.headers["content-type"] == FORMS[suffix]
    assert named.content == chosen.content
    assert named.headers["etag"] == chosen.headers["etag"]
    kept = client.get(f"/answers/{ask(client).json()['id']}.{suffix}")
    assert kept.content == named.content


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        (HTML["accept"], "text/html"),
        ("text/html;q=0.4, application/json;q=0.5", "application/json"),
        ("application/*", "application/json"),
        ("application/*;q=0.2, text/turtle;q=0.3", "text/turtle"),
        ("image/*", "image/svg+xml"),
        ("application/json;q=0, */*", "text/html"),
        ("TEXT/HTML", "text/html"),
        ("nonsense, text/csv", "text/csv"),
        ("text/html;q=abc, text/csv;q=0.1", "text/csv"),
    ],
)
def test_accept_is_followed(client: Client, accept: str | None, media_type: str) -> None:
    found = client.get("/answer", params=QUESTION, headers={"accept": accept} if accept else {"accept": ""})
    assert found.headers["content-type"].partition(";")[0] == media_type
    assert "Accept" in found.headers["vary"]


def test_forms_hold_what_they_should(client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/answer.csv", params=QUESTION).text)))
    assert [row["study"] for row in rows] == ["Lumanauw 2019", "Noppers 2011a", "Sigtermans 2009", "pooled"]
    turtle = list(parse(client.get("/answer.ttl", params=QUESTION).content, format=RdfFormat.TURTLE))
    linked = list(parse(client.get("/answer.jsonld", params=QUESTION).content, format=RdfFormat.JSON_LD))
    assert {str(quad.triple) for quad in turtle} == {str(quad.triple) for quad in linked}
    assert client.get("/answer.png", params=QUESTION).content.startswith(b"\x89PNG")
    assert "<svg" in client.get("/answer.svg", params=QUESTION).text


@pytest.mark.parametrize("suffix", FORMS)
def test_what_the_caller_has_is_not_sent_again(client: Client, suffix: str) -> None:
    place = f"/answer.{suffix}"
    first = client.get(place, params=QUESTION)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    for given in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = client.get(place, params=QUESTION, headers={"if-none-match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["vary"] == "Accept"
    assert client.get(place, params=QUESTION, headers={"if-none-match": '"other"'}).status_code == 200


def test_each_form_and_each_answer_has_its_own_tag(client: Client) -> None:
    tags = [client.get(f"/answer.{suffix}", params=QUESTION).headers["etag"] for suffix in FORMS]
    tags += [ask(client, method="REML").headers["etag"]]
    assert len(set(tags)) == len(tags)


def test_head_is_get_without_the_content(client: Client) -> None:
    for place in ("/answer", "/answer.svg", "/answer.html"):
        got = client.get(place, params=QUESTION)
        head = client.head(place, params=QUESTION)
        assert (head.status_code, head.content) == (200, b"")
        assert dict(head.headers.items()) == dict(got.headers.items())


def test_links_lead_to_the_answer_and_its_other_forms(client: Client) -> None:
    found = ask(client)
    answer_id = found.json()["id"]
    assert f'</answers/{answer_id}>; rel="canonical"' in found.headers["link"]
    assert f'</answers/{answer_id}.ttl>; rel="alternate"; type="text/turtle"' in found.headers["link"]


def test_no_evidence_is_an_answer(client: Client) -> None:
    words = {"intervention": "memantine", "comparator": "ketamine", "outcome": "nausea"}
    found = client.get("/answer", params=words)
    body = found.json()
    assert found.status_code == 200
    assert (body["k"], body["estimate"], body["display"]) == (0, None, None)
    assert "no evidence" in body["sentence"]
    for suffix in FORMS:
        assert client.get(f"/answer.{suffix}", params=words).status_code == 200


def test_options_change_the_number(client: Client) -> None:
    assert ask(client, ci="hk-adhoc").json()["ci"] != ask(client).json()["ci"]
    assert ask(client, method="FE").json()["method"] == "EE"
    assert ask(client, protocol="none").json()["protocol"] is None


def test_an_answer_asked_before_is_there_by_its_id_after_a_restart(client: Client, settings: Settings) -> None:
    answer_id = ask(client, method="PM").json()["id"]
    with Client(create_app(settings)) as other:
        assert other.get(f"/answers/{answer_id}").json()["method"] == "PM"


def test_the_review_holds_every_analysis(client: Client) -> None:
    found = client.get("/review", headers=JSON).json()
    assert sorted(found) == ["analyses", "protocol"]
    assert len(found["analyses"]) == 95
    for analysis in found["analyses"]:
        AnalysisAnswer.model_validate(analysis)
    pools = [pool for a in found["analyses"] for pool in (a, *a["subgroups"])]
    assert len(pools) == 118
    assert sum(pool["display"] is not None for pool in pools) == 114
    assert client.get("/review/cd015373", headers=JSON).json() == found
    tag = client.get("/review", headers=JSON).headers["etag"]
    assert client.get("/review", headers={**JSON, "if-none-match": tag}).status_code == 304


def test_an_answer_of_the_review_has_its_page_with_subgroups(client: Client) -> None:
    found = client.get("/review", headers=JSON).json()
    analysis = next(a for a in found["analyses"] if a["subgroups"])
    kept = client.get(f"/answers/{analysis['id']}", headers=JSON).json()
    assert kept["subgroups"] == analysis["subgroups"]


def test_a_store_that_holds_nothing_is_served_too(tmp_path: Path) -> None:
    empty = Settings.read(f"oxigraph:{tmp_path / 'empty'}")
    EvidenceBase.open(empty, "write").close()
    with Client(create_app(empty)) as client:
        for place in ("/", "/trials", "/queries", "/openapi.json", "/health/ready"):
            for headers in (HTML, JSON):
                assert client.get(place, headers=headers).status_code == 200, place
        assert ask(client).status_code == 404
        assert client.get("/review").status_code == 400
