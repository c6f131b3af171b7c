"""Keys that are none, at every door that writes by SPARQL; and that a good one opens them."""

from __future__ import annotations

import pytest

from kg import keys
from tests.attacks import corpus
from tests.attacks.corpus import Item
from tests.attacks.server import Server
from tests.attacks.watch import Canary, watched
from tests.attacks.wire import Reply, send

pytestmark = pytest.mark.server
_DOORS = (
    ("POST", "/sparql", "application/sparql-update"),
    ("POST", "/sparql/update", "application/sparql-update"),
    ("PUT", "/rdf-graph-store?default", "text/turtle"),
    ("DELETE", "/rdf-graph-store?default", "text/turtle"),
)


def written(server: Server, item: Item, door: tuple[str, str, str]) -> Reply:
    """Send an item to a door."""
    method, path, content_type = door
    given = {name: value for name, value in item.input["headers"].items() if name != "content-type"}
    path += given.pop("path_suffix", "").replace("?", "&" if "?" in path else "?").replace("{write_key}", server.key)
    headers = {"content-type": content_type}
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        for spelling, each in zip((name, name.title(), name.upper()), values, strict=False):
            filled = each.replace("{stored_hash}", keys.hashed(server.key)).replace("{write_key}", server.key)
            headers[spelling] = filled
    text = item.input["body"] if "sparql-" in content_type else "<urn:a> <urn:b> 1 ."
    return send(server.address, method, path, headers, [text.encode()], len(text.encode()))


@pytest.mark.parametrize("item", corpus.items("auth", "http"))
def test_a_key_that_is_none_opens_nothing(server: Server, canary: Canary, item: Item) -> None:
    with watched(server, canary, item) as told:
        for door in _DOORS:
            reply = written(server, item, door)
            told(reply)
            if reply.status == 401:
                assert reply.headers["www-authenticate"].startswith("Bearer")
        assert server.key not in server.log, "the key is in the log"


def test_a_good_key_opens_the_doors(server: Server) -> None:
    """So that what is refused above is not refused for another reason."""
    text = b"INSERT DATA { <urn:a> <urn:b> 1 }"
    for path in ("/sparql", "/sparql/update"):
        reply = server.send("POST", path, {"content-type": "application/sparql-update"}, [text], len(text))
        assert reply.status == 422, "the key is good, and no record owns the statement"
