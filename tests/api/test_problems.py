"""Every error is a problem as RFC 9457 has it, and says what, where, and what helps."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api import problems
from api.headers import Headers
from kg import errors
from kg.asked import of as asked_of
from kg.evidence_base import EvidenceBase
from kg.settings import Settings
from tests.api.asking import HTML, PROBLEM, QUESTION, parsed
from tests.api.client import Client


def problem(found: httpx.Response, status: int) -> dict[str, Any]:
    assert found.status_code == status, found.text
    assert found.headers["content-type"] == PROBLEM
    assert found.headers["x-content-type-options"] == "nosniff"
    body: dict[str, Any] = found.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == status
    for item in body.get("errors", []):
        assert item["pointer"].startswith("/")
    return body


def asked(client: Client, **words: str) -> httpx.Response:
    return client.get("/answer", params={**QUESTION, **words})


@pytest.mark.parametrize(
    ("words", "parameter", "nearest"),
    [
        ({"intervention": "ketamin"}, "intervention", "ketamine"),
        ({"outcome": "pain intensty"}, "outcome", "pain-intensity"),
        ({"band": "short-trem"}, "band", "short-term"),
        ({"condition": "fibromyalgi"}, "condition", "fibromyalgia"),
        ({"protocol": "cd01537"}, "protocol", "cd015373"),
    ],
)
def test_an_unknown_term_gets_the_nearest(client: Client, words: dict[str, str], parameter: str, nearest: str) -> None:
    body = problem(asked(client, **words), 404)
    assert body["type"] == "/problems/unknown-term"
    assert nearest in body["nearest"]
    assert 1 <= len(body["nearest"]) <= 3
    assert body["errors"][0]["pointer"] == f"/query/{parameter}"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"method": "MH"}, ("method MH", "measure MD")),
        ({"method": "EE", "ci": "hk"}, ("ci hk", "method EE")),
        ({"comparator": "ketamine"}, ("intervention", "comparator")),
        ({"comparator": "nmda-receptor-antagonist"}, ("intervention", "comparator")),
        ({"method": "PETO", "outcome": "nausea", "band": ""}, ("method PETO", "measure OR")),
    ],
)
def test_options_that_contradict_are_both_named(client: Client, words: dict[str, str], named: tuple[str, str]) -> None:
    body = problem(asked(client, **words), 422)
    assert body["type"] == "/problems/contradiction"
    assert all(name in body["detail"] for name in named)
    assert "--" not in body["detail"]


def test_an_option_that_is_not_known_says_which_are(client: Client) -> None:
    assert "REML" in problem(asked(client, method="nonsense"), 422)["detail"]
    assert "table" in problem(asked(client, via="nonsense"), 422)["detail"]


def test_unknown_parameters_are_refused_with_the_nearest(client: Client) -> None:
    body = problem(asked(client, bandd="x", meth="y"), 422)
    assert [item["pointer"] for item in body["errors"]] == ["/query/bandd", "/query/meth"]
    assert body["errors"][0]["nearest"][0] == "band"
    for place in ("/", "/review", "/trials/sigtermans-2009", "/queries", "/health/live", "/id/drug/ketamine", "/drugs"):
        problem(client.get(place, params={"colour": "red"}), 422)


def test_repeated_parameters_are_refused(client: Client) -> None:
    found = client.get("/answer?intervention=ketamine&intervention=memantine&comparator=placebo&outcome=nausea")
    assert problem(found, 422)["errors"][0]["pointer"] == "/query/intervention"


@pytest.mark.parametrize("given", [{}, {"intervention": "ketamine", "comparator": "", "outcome": "nausea"}])
def test_what_is_missing_is_named(client: Client, given: dict[str, str]) -> None:
    body = problem(client.get("/answer", params=given), 422)
    assert "/query/comparator" in {item["pointer"] for item in body["errors"]}
    assert "comparator is needed" in body["detail"]


def test_no_form_fits(client: Client) -> None:
    body = problem(client.get("/answer", params=QUESTION, headers={"accept": "application/pdf"}), 406)
    assert "text/turtle" in body["available"]
    problem(client.get("/answer", params=QUESTION, headers={"accept": "*/*;q=0"}), 406)
    problem(client.get("/review", headers={"accept": "image/png"}), 406)
    assert ".csv" in problem(client.get("/answer.pdf", params=QUESTION), 404)["detail"]


def test_framework_errors_are_problems(client: Client) -> None:
    problem(client.get("/nothing/here"), 404)
    problem(client.get("/trials/"), 404)
    problem(client.get("/static/nothing.css"), 404)
    found = client.post("/answer")
    assert "GET" in problem(found, 405)["detail"]
    assert {"GET", "HEAD"} <= set(found.headers["allow"].split(", "))
    problem(client.get("/trials", params={"limit": "0"}), 422)
    problem(client.get("/trials", params={"limit": "501"}), 422)
    problem(client.get("/trials", params={"limit": "ten"}), 422)
    problem(client.get("/trials", params={"cursor": "!"}), 422)
    problem(client.get("/trials", params={"cursor": "eyJhIjoxfQ"}), 422)


def test_an_answer_never_asked_is_unknown(client: Client) -> None:
    problem(client.get("/answers/" + "0" * 32), 404)
    problem(client.get("/answers/..%2f..%2fetc%2fpasswd"), 404)


def test_an_answer_whose_evidence_has_changed_is_gone(client: Client, settings: Settings) -> None:
    """As if the question had been answered before by other evidence, with another id."""
    with EvidenceBase.open(settings) as base:
        base.answers.keep("f" * 32, asked_of(**QUESTION))
    body = problem(client.get("/answers/" + "f" * 32), 410)
    assert "the evidence has changed" in body["detail"]


def test_sparql_reads_for_everybody_and_writes_for_nobody_without_a_key(client: Client) -> None:
    asked = client.get("/sparql", params={"query": "ASK {}"}, headers={"accept": "application/sparql-results+json"})
    assert (asked.status_code, asked.json()["boolean"]) == (200, True)
    for body in ("DROP ALL", "not SPARQL"):
        refused = client.post("/sparql/update", content=body, headers={"content-type": "application/sparql-update"})
        assert problem(refused, 403)["type"] == "/problems/read-only"


def test_a_browser_gets_the_problem_as_a_page(client: Client) -> None:
    found = client.get("/answer", params={**QUESTION, "intervention": "ketamin"}, headers=HTML)
    page = parsed(found.text)
    assert found.status_code == 404
    assert found.headers["content-type"].startswith("text/html")
    assert page.faults == []
    offered = next(link for link in page.links() if "intervention=ketamine" in link["href"])
    assert client.get(offered["href"]).status_code == 200
    assert client.get("/nothing", headers=HTML).headers["content-type"].startswith("text/html")


def test_every_kind_of_problem_is_explained_at_its_address(client: Client) -> None:
    for kind in problems.KINDS:
        found = client.get(f"/problems/{kind.name}")
        assert found.json()["status"] == kind.status
        assert kind.remedy in found.json()["remedy"]
    problem(client.get("/problems/nothing"), 404)


def faulty(error: Exception) -> FastAPI:
    app = FastAPI(openapi_url=None)
    problems.install(app)
    app.add_middleware(Headers)

    @app.get("/")
    def fail() -> None:
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UnknownTerm("no such", ("a", "b")), 404),
        (errors.InputRefused("no"), 400),
        (errors.Contradiction("--a and --b"), 422),
        (errors.NotPoolable("two instruments"), 422),
        (errors.NotConverged("no end"), 422),
        (errors.QueryRefused("no"), 400),
        (errors.StoreUnavailable("/secret/place is locked"), 503),
        (RuntimeError("/secret/place: a bug"), 500),
    ],
)
def test_each_error_has_its_status_and_shows_no_internals(error: Exception, status: int) -> None:
    with Client(faulty(error)) as client:
        for headers in ({}, HTML):
            found = client.get("/", headers=headers)
            assert found.status_code == status
            assert "secret" not in found.text
            assert "Traceback" not in found.text
            assert len(found.headers.get_list("content-security-policy")) == 1


def test_every_error_of_the_library_is_in_the_table() -> None:
    raised = {e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.EvidenceError)}
    assert raised - {errors.EvidenceError} <= set(problems.OF_ERROR)
