"""Whatever would have the service fetch something: refused, or answered from the store alone."""

from __future__ import annotations

import pytest

from tests.attacks import asking, corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched

pytestmark = pytest.mark.server


@pytest.mark.parametrize("item", corpus.items("ssrf", "sparql_query", "sparql_update"))
def test_nothing_is_fetched_by_sparql(server: Server, canary: Canary, item: Item) -> None:
    with watched(server, canary, item) as told:
        for reply in asking.ask(server, item, canary):
            told(reply)
            if reply.status == 200:
                assert b'"bindings":[]' in reply.body or not reply.body.strip()


@pytest.mark.parametrize("item", corpus.items("ssrf", "upload"))
def test_nothing_is_fetched_by_an_upload(server: Server, canary: Canary, item: Item) -> None:
    size = corpus.size(item.input, canary.address)
    headers = {"Content-Type": item.input["content_type"]}
    with watched(server, canary, item) as told:
        for method, path in (("POST", "/records?source=attacks&id=fetched"), ("PUT", "/rdf-graph-store?default")):
            told(server.send(method, path, headers, corpus.pieces(item.input, canary.address), size))
