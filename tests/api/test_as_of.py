"""Answers and reviews over HTTP as of an earlier day, and from trials published by a day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.app import create_app
from kg.settings import Settings
from tests.api.asking import HTML, PROBLEM, QUESTION
from tests.api.client import Client
from tests.intake_support import copied
from tests.memory.memory_support import correct, retract

STAGES = ("built", "corrected", "retracted")


@pytest.fixture(scope="module")
def served(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, dict[str, str]]]:
    """A service on a store that was built, corrected and had a trial retracted, and the time of each."""
    folder = tmp_path_factory.mktemp("past")
    with copied(store_url, folder) as base:
        times = {"built": base.store.head().time, "corrected": correct(base).time, "retracted": retract(base).time}
    with Client(create_app(Settings.read(f"oxigraph:{folder / 'copy'}"))) as client:
        yield client, times


def ask(client: Client, **words: str) -> Any:
    found = client.get("/answer", params={**QUESTION, **words})
    assert found.status_code == 200, found.text
    return found.json()


def test_an_answer_is_that_of_the_time_it_is_asked_as_of(served: tuple[Client, dict[str, str]]) -> None:
    client, times = served
    told = [ask(client, known_by=times[stage]) for stage in STAGES]
    assert [a["k"] for a in told] == [3, 3, 2]
    assert len({a["id"] for a in told}) == len({a["estimate"] for a in told}) == 3
    assert told[0]["display"]["estimate"] == pytest.approx(-15.79, abs=0.005)
    assert [a["question"]["known_by"] for a in told] == [times[stage] for stage in STAGES]
    now = ask(client)
    assert (now["id"], now["estimate"]) == (told[-1]["id"], told[-1]["estimate"])
    assert now["question"]["known_by"] is None
    assert ask(client, known_by=times["built"], via="sparql")["id"] == told[0]["id"]


def test_an_answer_is_from_the_trials_published_by_a_day(served: tuple[Client, dict[str, str]]) -> None:
    client, times = served
    early = ask(client, published_by="2009", known_by=times["built"])
    assert [s["label"] for s in early["studies"]] == ["Sigtermans 2009"]
    assert early["question"]["published_by"] == "2009-12-31"
    assert early["title"].count("published by 2009") == 1
    assert early["published"] is None
    assert any(e["label"] != "Sigtermans 2009" for e in early["excluded"])


def test_a_review_is_that_of_the_time_and_of_the_day(served: tuple[Client, dict[str, str]]) -> None:
    client, times = served

    def first(**words: str) -> Any:
        found = client.get("/review", params=words)
        assert found.status_code == 200, found.text
        analyses = found.json()["analyses"]
        assert len(analyses) == 95
        return analyses[0]

    assert [first(known_by=times[stage])["k"] for stage in STAGES] == [3, 3, 2]
    assert first()["k"] == 2
    assert first(published_by="2009", known_by=times["built"])["k"] == 1
    assert first(published_by="1990")["k"] == 0


def test_a_page_says_as_of_when_it_is(served: tuple[Client, dict[str, str]]) -> None:
    client, times = served
    page = client.get("/answer", params={**QUESTION, "known_by": times["built"]}, headers=HTML)
    assert page.status_code == 200
    assert f"as known by {times['built']}" in page.text
    review = client.get("/review/cd015373", params={"known_by": times["built"], "published_by": "2009"}, headers=HTML)
    assert review.status_code == 200
    assert f"As known by {times['built']}." in review.text
    assert "published by 2009-12-31." in review.text
    assert client.get("/review/cd015373", headers=HTML).text.count("As known by") == 0


def test_each_day_has_an_entity_tag_and_an_address_of_its_own(served: tuple[Client, dict[str, str]]) -> None:
    client, times = served
    found = [client.get("/review", params={"known_by": times[stage]}) for stage in STAGES]
    assert len({r.headers["etag"] for r in found}) == 3
    for response in found:
        address = response.headers["link"].partition(">")[0].removeprefix("<")
        assert client.get(address).json()["analyses"][0]["id"] == response.json()["analyses"][0]["id"]
    same = client.get(
        "/review", params={"known_by": times["built"]}, headers={"if-none-match": found[0].headers["etag"]}
    )
    assert same.status_code == 304


@pytest.mark.parametrize("place", ["/answer", "/review"])
@pytest.mark.parametrize(
    "words", [{"known_by": "1999"}, {"known_by": "yesterday"}, {"published_by": "soon"}, {"published_by": "2020-13-01"}]
)
def test_a_day_that_is_none_or_before_the_store_is_a_problem(
    served: tuple[Client, dict[str, str]], place: str, words: dict[str, str]
) -> None:
    found = served[0].get(place, params=({**QUESTION} if place == "/answer" else {}) | words)
    assert found.status_code in (400, 404, 422)
    assert found.headers["content-type"] == PROBLEM
    assert found.json()["detail"]
