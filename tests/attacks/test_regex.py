"""Patterns that other engines hang on."""

from __future__ import annotations

import pytest

from tests.attacks import asking, corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched

pytestmark = pytest.mark.server


@pytest.mark.parametrize("item", corpus.items("regex", "sparql_query"))
def test_a_pattern_does_not_hang(server: Server, canary: Canary, item: Item) -> None:
    with watched(server, canary, item) as told:
        for reply in asking.ask(server, item, canary):
            told(reply)


@pytest.mark.parametrize("item", corpus.items("regex", "param"))
def test_a_search_is_plain_text(server: Server, canary: Canary, item: Item) -> None:
    with watched(server, canary, item) as told:
        reply = asking.given(server, item, canary)
        told(reply)
    if reply.status == 200:
        assert asking.body(reply)["items"] == []


@pytest.mark.parametrize("item", corpus.items("regex", "shape_pattern"))
def test_a_shape_of_a_stranger_is_not_run(server: Server, canary: Canary, item: Item) -> None:
    """It comes as data, in the only form that takes any, and the value that it would choke on comes with it."""
    pattern, value = item.input["pattern"], item.input["value"]
    text = f"""
    @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix ev: <https://w3id.org/evigraph/ns#> .
    <urn:shape> a sh:NodeShape ; sh:targetClass ev:Drug ;
        sh:property [ sh:path ev:attack ; sh:pattern "{pattern}" ] .
    <https://w3id.org/evigraph/drug/attack> a ev:Drug ; ev:attack "{value}" .
    """.encode()
    with watched(server, canary, item) as told:
        path = "/records?source=drugs&id=attack"
        told(server.send("POST", path, {"Content-Type": "text/turtle"}, [text], len(text)))
