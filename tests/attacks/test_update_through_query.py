"""Updates at the door for queries, and by GET."""

from __future__ import annotations

import pytest

from tests.attacks import asking, corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched
from tests.attacks.wire import send

pytestmark = pytest.mark.server


@pytest.mark.parametrize("item", corpus.items("update_through_query", "sparql_query"))
def test_a_query_writes_nothing(server: Server, canary: Canary, item: Item) -> None:
    with watched(server, canary, item) as told:
        for reply in asking.ask(server, item, canary):
            told(reply)


@pytest.mark.parametrize("item", corpus.items("update_through_query", "http"))
def test_a_get_writes_nothing(server: Server, canary: Canary, item: Item) -> None:
    with watched(server, canary, item) as told:
        told(send(server.address, item.input["method"], item.input["path"], {}, length=0))
        told(server.send(item.input["method"], item.input["path"], length=0))
