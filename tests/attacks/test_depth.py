"""Texts that nest or chain too far: refused before any parser that recurses sees them."""

from __future__ import annotations

import pytest

from tests.attacks import asking, corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched

pytestmark = pytest.mark.server


@pytest.mark.parametrize("item", corpus.items("depth", "sparql_query"))
def test_a_deep_text_is_refused(server: Server, canary: Canary, item: Item) -> None:
    with watched(server, canary, item) as told:
        for reply in asking.ask(server, item, canary):
            told(reply)
            assert reply.status in {400, 413}
            assert asking.body(reply)["type"] in {"/problems/query-refused", "/problems/too-large"}


@pytest.mark.parametrize("item", corpus.items("depth", "upload"))
def test_a_deep_upload_is_refused(server: Server, canary: Canary, item: Item) -> None:
    kind = item.input["content_type"]
    size = corpus.size(item.input, canary.address)
    with watched(server, canary, item) as told:
        for method, path in (("POST", "/records?source=attacks&id=deep"), ("PUT", "/rdf-graph-store?default")):
            pieces = corpus.pieces(item.input, canary.address)
            told(server.send(method, path, {"Content-Type": kind}, pieces, size))
