"""Hostile input: it is data or it is refused; nothing is echoed raw, nothing leads elsewhere, nothing fails."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from api import addresses
from api.answer_page import answer_page
from api.service import Service
from api.summary import summary
from api.templating import page
from kg import asked
from kg.evidence_base import EvidenceBase
from kg.formats.answer_csv import answer_csv
from kg.model.answer import Answer, Excluded
from kg.model.question import Term
from kg.settings import Settings
from tests.api.asking import HTML, PROBLEM, QUESTION, parsed
from tests.api.client import Client

MARKUP = (
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    '<base href="https://canary.test/">',
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '<style>@import "https://canary.test/x"</style>',
    "<svg/onload=alert(1)>",
    'x" URL="javascript:alert(1)" y="',
    "{{ 7*7 }}{% raw %}",
)
STRINGS = (
    '\\" } #',
    'x") } ; DROP ALL #',
    "x # y",
    "x' } #",
    '""" } #',
    'x") ("y',
    'x"\n} INSERT DATA { <urn:a> <urn:b> 1 } #',
    "x\x00y",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "x" * 1999,
)
IRIS = (
    "rdf:type } #",
    "?s",
    "../../graph",
    "http://example.org/a> . SERVICE <https://canary.test/inj> { ?a ?b ?c } <urn:x",
    "http://example.org/<script>",
    "http://example.org/a b",
    "http://example.org/a\nb",
)


@pytest.mark.parametrize("text", [*STRINGS, *IRIS, *MARKUP])
@pytest.mark.parametrize("word", ["intervention", "outcome", "condition", "band", "protocol", "measure", "ci"])
def test_a_hostile_word_is_an_unknown_one(client: Client, word: str, text: str) -> None:
    for headers in ({}, HTML):
        found = client.get("/answer", params={**QUESTION, word: text}, headers=headers)
        assert 400 <= found.status_code < 500
        if headers:
            made = parsed(found.text)
            assert made.faults == []
            assert made.scripts == made.count("style") == made.count("base") == made.count("img") == 0
            assert not any(name.startswith("on") for _, attributes in made.tags for name in attributes)
            assert text.strip() not in found.text or "<" not in text


@pytest.mark.parametrize("text", STRINGS)
def test_a_hostile_text_in_a_query_is_data(client: Client, text: str) -> None:
    found = client.get("/queries/explore/label-search", params={"text": text})
    assert found.status_code in {200, 400}
    if found.status_code == 200:
        assert found.json()["rows"] == []
    else:
        assert found.json()["errors"][0]["pointer"] == "/query/text"
    assert client.get("/health/ready").json()["commit"] == 1


@pytest.mark.parametrize("text", IRIS)
def test_a_hostile_iri_in_a_query_is_refused_by_name(client: Client, text: str) -> None:
    found = client.get("/queries/explore/entity", params={"thing": text})
    assert found.status_code == 400
    assert found.json()["errors"][0]["pointer"] == "/query/thing"


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_an_address_is_not_echoed(client: Client, text: str) -> None:
    for place in (
        f"/{quote(text, safe='')}",
        f"/trials/{quote(text, safe='')}",
        f"/id/{quote(text, safe='')}",
        f"/doc/{quote(text, safe='')}",
        f"/queries/{quote(text, safe='')}",
        f"/answers/{quote(text, safe='')}",
        f"/review/{quote(text, safe='')}",
        f"/problems/{quote(text, safe='')}",
        f"/trials?cursor={quote(text, safe='')}",
        f"/trials?{quote(text, safe='')}=1",
        f"/queries/explore/label-search?text={quote(text, safe='')}",
        f"/trials?q={quote(text, safe='')}",
    ):
        found = client.get(place, headers=HTML)
        assert found.status_code in {200, 400, 404, 422}, place
        made = parsed(found.text)
        assert made.faults == [], place
        assert made.scripts == made.count("style") == made.count("base") == made.count("img") == 0
        assert not any(name.startswith("on") for _, attributes in made.tags for name in attributes)


@pytest.mark.parametrize(
    "place",
    [
        "/resource/a%0d%0aSet-Cookie:%20x=1",
        "//canary.test/%2e%2e",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
        "/id//canary.test",
        "/doc/../../etc/passwd",
        "/answers/../answers",
        "/resource/trial/1",
    ],
)
def test_no_path_leads_elsewhere(client: Client, place: str) -> None:
    found = client.get(place, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert found.status_code in {400, 404}
    assert "evil.example" not in found.text
    assert "location" not in found.headers
    assert "set-cookie" not in found.headers


def test_the_host_header_is_in_no_answer(client: Client) -> None:
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "javascript"}
    for place in (
        "/",
        "/answer?intervention=ketamine&comparator=placebo&outcome=nausea",
        "/id/drug/ketamine",
        "/openapi.json",
    ):
        for more in ({}, HTML):
            found = client.get(place, headers={**headers, **more})
            assert "evil.example" not in found.text + str(found.headers)


def test_long_and_odd_headers(client: Client) -> None:
    long = ",".join(f"a/b{n}" for n in range(2000))
    assert client.get("/answer", params=QUESTION, headers={"accept": long}).status_code == 406
    assert client.get("/answer", params=QUESTION, headers={"accept": "<script>alert(1)</script>"}).status_code == 406
    assert client.get("/review", headers={"accept": ";;;,,,/"}).status_code == 406
    assert client.get("/", params={"q": "x" * 60_000}).status_code == 422
    found = client.get("/answer", params={**QUESTION, "intervention": "x" * 60_000})
    assert (found.status_code, found.headers["content-type"]) == (422, PROBLEM)
    assert client.get("/trials", params={"limit": "10 OFFSET 0 } #"}).status_code == 422
    assert client.get("/trials", params={"limit": "9" * 5000}).status_code == 422


def test_no_origin_is_let_in(client: Client) -> None:
    for origin in ("https://evil.example", "null"):
        found = client.get("/answer", params=QUESTION, headers={"origin": origin})
        assert "access-control-allow-credentials" not in found.headers
        assert found.headers.get("access-control-allow-origin", "*") == "*"


@pytest.mark.parametrize("text", [*MARKUP, "=1+1", "javascript:alert(1)"])
def test_a_hostile_label_is_text_wherever_it_is_shown(settings: Settings, text: str) -> None:
    with EvidenceBase.open(settings) as base:
        service = Service(base)
        request = cast(Any, SimpleNamespace(url=SimpleNamespace(path="/answer")))
        _, answers = service.review(None)
        hostile = poisoned(next(a for a in answers if a.subgroups), text)
        shown = answer_page(request, hostile, service)
        findings = summary([hostile], {})
        asked = hostile.question
        shown += page("review.html", request, protocol=base.protocol(), summary=findings, total=1, question=asked)
        made = parsed(shown)
        assert made.scripts == made.count("style") == made.count("base") == made.count("img") == 0
        assert not any(name.startswith("on") for _, attributes in made.tags for name in attributes)
        assert not any(link["href"].startswith("javascript:") for link in made.links())
        assert text in made.text
        assert "\n=1+1" not in answer_csv(hostile)


def poisoned(answer: Answer, text: str) -> Answer:
    """The answer with a hostile text in every place that is data."""
    term = Term(text, text)
    studies = tuple(
        replace(
            study,
            label=text,
            stratum=text,
            trial=text,
            steps=(text,),
            warnings=(text,),
            experimental=replace(
                study.experimental,
                label=text,
                arm=text,
                derived=(text,),
                source=replace(study.experimental.source, url=text, locator=text, record=text),
                sources=(replace(study.experimental.source, url=text, locator=text, record=text),),
                results=(text,),
            ),
        )
        for study in answer.studies
    )
    assert answer.published is not None
    return replace(
        answer,
        id="hostile",
        title=text,
        sentence=text,
        warnings=(text,),
        question=replace(answer.question, intervention=term, comparator=term, outcome=term, route=term),
        studies=studies,
        excluded=(Excluded(text, text, text),),
        subgroups=tuple(replace(group, label=text) for group in answer.subgroups),
        published=replace(answer.published, review=text, analysis=text, certainty=text),
        provenance=replace(answer.provenance, records=(text,), generated_at=text),
    )


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("https://example.org/a?b=c&d=%20", True),
        ("http://example.org/", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("https://example.org/a b", False),
        ('https://example.org/"x', False),
        ("https://example.org/<script>", False),
        ("https://example.org/a\nb", False),
        (" https://example.org/", False),
        ("//example.org/", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_are_followed(text: str | None, may: bool) -> None:
    assert (addresses.outside(text) == text and bool(text)) == may


def test_an_iri_in_a_header_is_ascii() -> None:
    assert addresses.uri("https://example.org/é?a=b#c%20d") == "https://example.org/%C3%A9?a=b#c%20d"


def test_a_question_keeps_its_words_in_an_address() -> None:
    words = asked.of(intervention="a&b=c#d", comparator="é", outcome="x y")
    assert addresses.answer(words) == "/answer?intervention=a%26b%3Dc%23d&comparator=%C3%A9&outcome=x+y"


def test_the_application_serves_no_page_that_needs_a_script() -> None:
    from api.app import create_app

    made: FastAPI = create_app(Settings.read("memory:"))
    assert {"/docs", "/redoc"}.isdisjoint({getattr(route, "path", "") for route in made.routes})
