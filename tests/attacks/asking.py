"""Texts of SPARQL and values of parameters, sent to the places that take them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.attacks import corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary
from tests.attacks.wire import Reply, send

SLOTS = {
    "string": ("/queries/explore/label-search", "text"),
    "lang": ("/drugs", "lang"),
    "iri": ("/queries/explore/entity", "thing"),
    "limit": ("/drugs", "limit"),
    "number": ("/drugs", "limit"),
    "order": ("/drugs", "order"),
    "search": ("/drugs", "q"),
}
"""Where a slot of the corpus is in the service: an address, and its parameter; nothing takes a language or an order."""


def ask(server: Server, item: Item, canary: Canary) -> list[Reply]:
    """Send the text of an item in each way that the protocol has for it, without a key, and return the answers.

    An update is sent with the key as well: that nobody may write it is not why it is refused.
    """
    size = corpus.size(item.input, canary.address)
    kind = item.surface.removeprefix("sparql_")
    place = "/sparql" if kind == "query" else "/sparql/update"

    def sent(headers: dict[str, str], *, path: str = place, form: bool = False, key: bool = False) -> Reply:
        content = b"".join(corpus.pieces(item.input, canary.address)) if form else None
        body = (
            [f"{kind}={quote(content)}".encode()] if content is not None else corpus.pieces(item.input, canary.address)
        )
        length = sum(map(len, body)) if content is not None and isinstance(body, list) else size
        if key:
            return server.send("POST", path, headers, body, length)
        return send(server.address, "POST", path, headers, body, length)

    direct, encoded = f"application/sparql-{kind}", "application/x-www-form-urlencoded"
    replies = [sent({"Content-Type": direct}), sent({"Content-Type": encoded}, form=True)]
    if kind == "update":
        replies.append(sent({"Content-Type": direct}, key=True))
    elif size < 30_000:
        text = quote(b"".join(corpus.pieces(item.input, canary.address)))
        replies.append(send(server.address, "GET", f"/sparql?query={text}", {}, length=0))
    return replies


def given(server: Server, item: Item, canary: Canary) -> Reply:
    """Give a parameter the value of an item."""
    place, name = SLOTS[item.input["slot"]]
    value = str(item.input["value"]).replace("{canary}", canary.address)
    return send(
        server.address, "GET", f"{place}?{name}={quote(value, safe='')}", {"Accept": "application/json"}, length=0
    )


def body(reply: Reply) -> dict[str, Any]:
    """Return the body of an answer as JSON."""
    found: dict[str, Any] = reply.json()
    return found
