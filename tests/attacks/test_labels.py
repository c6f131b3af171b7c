"""Labels that are not what they look like: refused, or shown as they are, and never taken for another name."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from tests.api.asking import HTML, parsed
from tests.attacks import corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched
from tests.attacks.world import drugs

pytestmark = pytest.mark.server
FIELDS = {"label": ("drug", "label")}
"""Where a field of the corpus stands in a record of ours."""


def record(field: str, value: str) -> dict[str, Any]:
    part, name = FIELDS[field]
    made: dict[str, Any] = {
        "source": "drugs",
        "id": "attack",
        "provenance": {"source": "attack corpus", "locator": "here", "source_kind": "primary"},
        part: {"label": "attack"},
    }
    made[part][name] = value
    return made


def test_a_sound_label_is_taken_and_shown(server: Server) -> None:
    """Without it, a refusal would say nothing about its reason; letters of any language are sound."""
    for label in ("sound", "naïve", "α-tocopherol", "アスピリン", "ибупрофен", "5′-AMP"):
        told = server.post(record("label", label), "/records/drugs/attack", "PUT")
        assert told.status in {200, 201}, told.body
        assert server.get("/drugs/attack").json()["label"] == unicodedata.normalize("NFC", label)


@pytest.mark.parametrize("text", ["\uff21spirin", "ASPIRIN", "asp\u200birin", " aspirin ", "\u2066aspirin\u2069"])
def test_a_search_finds_a_name_however_it_is_typed(server: Server, text: str) -> None:
    assert [row["slug"] for row in server.get("/drugs", q=text).json()["items"]] == ["aspirin"]
    assert server.get(f"/drugs/{text}").json()["slug"] == "aspirin"


@pytest.mark.parametrize("item", corpus.items("unicode", "record_field"))
def test_a_label_does_what_it_must(server: Server, canary: Canary, item: Item) -> None:
    assert set(item.input) == {"field", "value"}, f"no place for {sorted(item.input)}"
    value = item.input["value"]
    with watched(server, canary, item) as told:
        reply = server.post(record(item.input["field"], value))
        told(reply)
    if reply.status >= 400:
        errors = reply.json()["errors"]
        assert isinstance(errors, list)
        assert "label" in f"{errors[0]['pointer']} {errors[0].get('column')}"
        assert not any(ord(c) < 32 or unicodedata.category(c) == "Cf" for c in reply.body.decode())
        return
    shown = server.get("/drugs/attack").json()["label"]
    assert shown == unicodedata.normalize("NFC", value)
    page = parsed(server.send("GET", "/drugs/attack", HTML, length=0).body.decode())
    assert page.faults == []
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert all(attributes == {"type": "application/ld+json"} for attributes in scripts), "a script that runs"
    assert len(scripts) <= 1
    assert page.count("img") == 0
    if "look-alike" in item.must["text"]:
        written = reply.json()["records"]
        assert isinstance(written, list)
        assert written[0]["warnings"], "stored, and nobody was told that it looks like another name"
    for known in drugs():
        label = known["drug"]["label"]
        assert server.get(f"/drugs/{label}").json()["slug"] == known["id"], "taken for a known name"
