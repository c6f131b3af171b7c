"""The drugs of a class compared over HTTP: in the facts and on the page, where the protocol lets each stand alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.answer_schemas import Answer
from api.app import create_app
from kg.model.records import Origin, ProtocolText
from kg.settings import Settings
from tests.api.asking import HTML, parsed
from tests.api.client import Client
from tests.intake_support import copied, take

CLASS = {"intervention": "nmda-receptor-antagonist", "comparator": "placebo", "outcome": "any-adverse-event"}
TEXT = 'name = "apart"\nlabel = "Apart"\n[arms]\nshared_controls = "split"\n'


@pytest.fixture(scope="module")
def served(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("apart")
    with copied(store_url, folder) as base:
        place = Origin("apart.toml", 1)
        take(base, [ProtocolText(origin=place, protocol="apart", label="Apart", text=TEXT, is_default=False)])
    with Client(create_app(Settings.read(f"oxigraph:{folder / 'copy'}"))) as client:
        yield client


def test_facts_and_page_have_each_drug_and_the_test(served: Client) -> None:
    found = served.get("/answer", params={**CLASS, "protocol": "apart"}).json()
    between = Answer.model_validate(found).between_drugs
    assert between is not None
    assert len(between.drugs) >= 3
    page = served.get("/answer", params={**CLASS, "protocol": "apart"}, headers=HTML)
    assert page.status_code == 200
    shown = parsed(page.text)
    assert not shown.faults
    assert "Do the drugs differ?" in shown.text
    for drug in between.drugs:
        assert drug.label in shown.text


def test_where_drugs_stand_together_nothing_is_compared(served: Client) -> None:
    words = {**CLASS, "protocol": "none"}
    assert "between_drugs" not in served.get("/answer", params=words).json()
    assert "Do the drugs differ?" not in served.get("/answer", params=words, headers=HTML).text
