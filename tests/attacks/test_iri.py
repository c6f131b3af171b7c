"""IRIs of records and links that are none of ours, or none at all."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.attacks import corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched
from tests.attacks.wire import Reply

pytestmark = pytest.mark.server
_MADE_UP = {"source": "made up", "locator": "here", "source_kind": "primary"}


def as_subject(server: Server, iri: str) -> Reply:
    """Send a drug whose IRI it is, as RDF: JSON-LD takes any text for one."""
    content = orjson.dumps(
        {
            "@id": iri,
            "@type": "https://w3id.org/evigraph/ns#Drug",
            "http://www.w3.org/2004/02/skos/core#prefLabel": {"@value": "attack", "@language": "en"},
        }
    )
    headers = {"Content-Type": "application/ld+json"}
    return server.send("POST", "/records?source=drugs&id=attack", headers, [content], len(content))


def as_link(server: Server, iri: str) -> Reply:
    """Send a drug that was found there."""
    record: dict[str, Any] = {
        "source": "drugs",
        "id": "attack",
        "provenance": {**_MADE_UP, "url": iri},
        "drug": {"label": "attack"},
    }
    return server.post(record)


@pytest.mark.parametrize("item", corpus.items("iri", "record_field"))
def test_an_iri_that_is_not_ours_names_nothing(server: Server, canary: Canary, item: Item) -> None:
    assert item.input["field"] == "iri"
    with watched(server, canary, item) as told:
        reply = as_subject(server, item.input["value"])
        told(reply)
    assert reply.json()["detail"]


@pytest.mark.parametrize(
    "item", [case for case in corpus.items("iri") if case.id not in {"iri-reserved-ns", "iri-dotdot"}]
)
def test_a_link_that_is_none_is_refused(server: Server, canary: Canary, item: Item) -> None:
    """A link to another vocabulary, or with dots in its path, is sound."""
    with watched(server, canary, item) as told:
        reply = as_link(server, item.input["value"])
        told(reply)
    assert "url" in str(reply.json())
