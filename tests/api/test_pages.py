"""Pages: they hold what they must, are well made, and fetch nothing from anywhere else."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin, urlparse

import pytest

from tests.api.asking import HTML, JSON, QUESTION, Page, parsed
from tests.api.client import Client

ASKED = "/answer?" + "&".join(f"{name}={value}" for name, value in QUESTION.items())
PAGES = (
    "/",
    ASKED,
    "/answer?intervention=ketamine&comparator=placebo&outcome=nausea",
    "/answer?intervention=memantine&comparator=ketamine&outcome=nausea",
    "/answer?intervention=nmda-receptor-antagonist&comparator=placebo&outcome=pain-intensity&condition=crps",
    "/review",
    "/trials",
    "/trials?q=2009",
    "/drugs?q=nothing-has-this-name",
    "/trials/sigtermans-2009",
    "/trials/martin-2019",
    "/drugs/ketamine",
    "/receptors/nmda-receptor",
    "/conditions/fibromyalgia",
    "/outcomes/nausea",
    "/adverse-effects/hallucination",
    "/queries",
    "/queries/explore/drugs-acting-on-receptor",
    "/doc/trial/sigtermans-2009/arm/ketamine",
    "/doc/record/cd015373/sigtermans-2009",
    "/doc/analysis/cd015373-1.1",
    "/doc/protocol/cd015373",
    "/problems/unknown-term",
    "/nothing",
)
LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "cite", "manifest"}


def page(client: Client, place: str) -> Page:
    found = client.get(place, headers=HTML)
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    return parsed(found.text)


@pytest.mark.parametrize("place", PAGES)
def test_a_page_is_well_made_and_loads_nothing_from_elsewhere(client: Client, place: str) -> None:
    made = page(client, place)
    assert made.faults == []
    assert made.count("h1") == made.count("main") == made.count("title") == 1
    assert made.scripts == made.count("iframe") == made.count("style") == made.count("base") == 0
    for tag, attributes in made.tags:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        for name, value in attributes.items():
            if name in LOADING or (name == "href" and tag != "a"):
                assert value.startswith("/"), (tag, name, value)
    for link in made.links():
        if not link["href"].startswith(("/", "#")):
            assert urlparse(link["href"]).scheme in {"http", "https"}
            assert link["rel"] == "noopener noreferrer nofollow"


@pytest.mark.parametrize("place", PAGES)
def test_headers_forbid_script_and_tell_no_one(client: Client, place: str) -> None:
    headers = client.get(place, headers=HTML).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("place", [p for p in PAGES if p != "/nothing"])
def test_the_address_of_a_page_gives_the_same_facts_as_json(client: Client, place: str) -> None:
    found = client.get(place, headers=JSON)
    assert (found.status_code, found.headers["content-type"]) == (200, "application/json")
    assert found.json()


def test_every_link_of_the_main_pages_leads_somewhere(client: Client) -> None:
    seen: set[str] = set()
    for place in ("/", ASKED, "/trials/sigtermans-2009", "/drugs/ketamine", "/doc/record/cd015373/sigtermans-2009"):
        for link in page(client, place).links():
            target = urljoin(place, link["href"])
            if target.startswith("/") and not target.startswith("//"):
                seen.add(target)
    assert len(seen) > 100
    wrong = {place: found.status_code for place in sorted(seen) if (found := client.get(place)).status_code >= 300}
    assert {place: status for place, status in wrong.items() if status != 422} == {}
    assert all("method=" in place or "measure=" in place or "ci=" in place for place in wrong)


def test_the_front_page_asks_with_what_the_graph_holds(client: Client) -> None:
    made = page(client, "/")
    names = {attributes["name"] for tag, attributes in made.tags if tag == "select"}
    assert names == {
        "intervention", "comparator", "outcome", "condition", "route", "band", "measure", "method", "ci", "protocol",
    }  # fmt: skip
    labels = {attributes["for"] for tag, attributes in made.tags if tag == "label"}
    assert names <= labels
    groups = {attributes["label"] for tag, attributes in made.tags if tag == "optgroup"}
    assert {"Drugs", "Classes", "Benefits", "Harms"} <= groups
    assert "69" in made.text
    values = {attributes.get("value") for tag, attributes in made.tags if tag == "option"}
    assert {"ketamine", "nmda-receptor-antagonist", "pain-intensity", "none"} <= values
    assert any(link["href"] == "/review" for link in made.links())


def test_an_answer_says_what_was_found_and_where_it_comes_from(client: Client) -> None:
    made = page(client, ASKED)
    for text in (
        "Ketamine versus placebo for pain intensity",
        "−15.79",
        "−32.09 to 0.51",
        "3 of 6 eligible",
        "Very low",
        "printed",
        "equal",
        "Sigtermans 2009",
        "analysis CD015373-1.1",
        "Not among the trials that the review is known to include",
        "Hartung–Knapp",
        "DerSimonian–Laird",
        "trials/arm-results",
    ):
        assert text in made.text, text
    hrefs = {link["href"] for link in made.links()}
    assert "/trials/sigtermans-2009" in hrefs
    assert any(href.startswith("https://www.cochranelibrary.com/") for href in hrefs)
    for suffix in ("csv", "svg", "png", "ttl", "jsonld", "json"):
        assert any(href.endswith(f".{suffix}") for href in hrefs)
    plots = [attributes for tag, attributes in made.tags if tag == "svg"]
    assert len(plots) == 1
    assert plots[0]["role"] == "img"
    assert "Forest plot" in plots[0]["aria-label"]


def test_the_first_answer_is_small(client: Client) -> None:
    assert len(client.get(ASKED, headers=HTML).content) < 100_000


def test_no_evidence_says_so(client: Client) -> None:
    made = page(client, "/answer?intervention=memantine&comparator=ketamine&outcome=nausea")
    assert "No evidence" in made.text
    assert made.count("svg") == 0


def test_the_review_shows_every_pool_beside_the_published_one(client: Client) -> None:
    made = page(client, "/review")
    rows = [attributes for tag, attributes in made.tags if tag == "td" and attributes.get("data-label") == "Published"]
    assert len(rows) == 118
    assert "114 can be estimated; 118 agree with what is published" in re.sub(r"\s+", " ", made.text)
    assert made.text.count("differs") == 0
    assert "no event occurred in either arm" in made.text
    assert sum(tag == "svg" for tag, _ in made.tags) == 114


def test_the_sheet_and_the_icon_are_there(client: Client) -> None:
    sheet = client.get("/static/style.css")
    assert sheet.headers["content-type"].startswith("text/css")
    for wanted in ("prefers-color-scheme: dark", "@media print", "max-width"):
        assert wanted in sheet.text
    assert "http" not in sheet.text
    assert "@import" not in sheet.text
    assert client.get("/static/icon.svg").status_code == 200
    assert client.get("/static/..%2fapp.py").status_code == 404


def test_templates_turn_off_no_escaping() -> None:
    import api

    folder = Path(api.__file__).parent / "templates"
    for path in folder.glob("*.html"):
        assert "| safe" not in path.read_text(encoding="utf-8")
        assert "autoescape" not in path.read_text(encoding="utf-8")
