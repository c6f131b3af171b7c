"""Values of parameters that would be something else than values."""

from __future__ import annotations

import pytest

from tests.attacks import asking, corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched

pytestmark = pytest.mark.server


@pytest.mark.parametrize("item", corpus.items("injection", "param"))
def test_a_value_stays_a_value(server: Server, canary: Canary, item: Item) -> None:
    with watched(server, canary, item) as told:
        reply = asking.given(server, item, canary)
        told(reply)
    name = asking.SLOTS[item.input["slot"]][1]
    if reply.status == 200:
        assert asking.body(reply)["rows"] == []
    else:
        assert asking.body(reply)["errors"][0]["parameter"] == name
