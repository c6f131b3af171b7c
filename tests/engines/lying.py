"""A real HTTP server before a real engine, which passes everything on until it is told to misbehave."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import httpx

from tests.engines.servers import Engine


@dataclass
class Passed:
    """What the engine itself answered."""

    status: int
    headers: dict[str, str]
    content: bytes


Lie = Callable[["Handler", Passed], "Passed | None"]
"""Takes the true answer, and returns what is sent in its place; nothing, where it has sent something itself."""


@dataclass
class Liar:
    """The server: ``lie`` is told from the ``first``-th answer that ``concerns`` accepts, ``times`` times."""

    behind: Engine
    address: str = ""
    lie: Lie | None = None
    concerns: Callable[[str], bool] = lambda text: True
    first: int = 1
    times: int = 1_000_000
    gate: Callable[[Handler], Passed | None] | None = None
    queries: list[str] = field(default_factory=list)
    updates: list[str] = field(default_factory=list)
    seen: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def engine(self) -> Engine:
        """The engine as those see it who ask by way of this server."""
        remote = replace(self.behind.remote, update=f"{self.address}/update", graph_store="", seconds=5.0)
        return Engine(self.behind.name, f"sparql+{self.address}/query", remote)

    def tell(
        self, lie: Lie, concerns: Callable[[str], bool] = lambda text: True, first: int = 1, times: int = 1_000_000
    ) -> None:
        """Misbehave from now on."""
        self.seen = 0
        self.concerns, self.first, self.times = concerns, first, times
        self.lie = lie

    def behave(self) -> None:
        """Pass everything on again."""
        self.lie = None

    def due(self, text: str) -> Lie | None:
        """Return the lie that is due for the answer to a text."""
        if self.lie is None or not self.concerns(text):
            return None
        self.seen += 1
        return self.lie if self.first <= self.seen < self.first + self.times else None


class Handler(BaseHTTPRequestHandler):
    """One request: passed on, or answered otherwise."""

    protocol_version = "HTTP/1.1"
    liar: Liar
    body: bytes

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        liar = self.liar
        fields = parse_qs(self.body.decode())
        text = fields.get("query", fields.get("update", [""]))[0]
        (liar.updates if "update" in fields else liar.queries).append(text)
        if liar.gate is not None and (shut := liar.gate(self)) is not None:
            self.reply(shut)
            return
        lie = liar.due(text)
        passed = self.passed_on("update" in fields) if getattr(lie, "after", True) else Passed(200, {}, b"")
        told = lie(self, passed) if lie else passed
        if told is not None:
            self.reply(told)

    def passed_on(self, update: bool) -> Passed:
        behind = self.liar.behind
        place = behind.url.removeprefix("sparql+")
        if update:
            place = behind.remote.update or place.removesuffix("query") + "update"
        auth = httpx.DigestAuth(behind.remote.user, behind.remote.password) if behind.remote.user else None
        kept = {"Accept": self.headers.get("Accept", "*/*"), "Content-Type": self.headers["Content-Type"]}
        found = httpx.post(place, content=self.body, headers=kept, timeout=60, auth=auth)
        names = ("content-type", "server")
        return Passed(found.status_code, {n: found.headers[n] for n in names if n in found.headers}, found.content)

    def reply(self, told: Passed) -> None:
        self.send_response_only(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(told.content)))
        self.end_headers()
        self.wfile.write(told.content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def lying(behind: Engine) -> Iterator[Liar]:
    """Run such a server."""
    liar = Liar(behind)
    handler = type("OwnHandler", (Handler,), {"liar": liar})

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Whoever asked has gone; that is no fault here."""

    server = Quiet(("127.0.0.1", 0), handler)
    liar.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield liar
    finally:
        liar.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


# What it can be told.


def truncated(handler: Handler, true: Passed) -> Passed:
    return replace(true, content=true.content[: len(true.content) * 2 // 3])


def broken_off(handler: Handler, true: Passed) -> None:
    """Announce all of it, send a part, and hang up."""
    handler.send_response_only(true.status)
    for name, value in true.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(true.content)))
    handler.end_headers()
    handler.wfile.write(true.content[: len(true.content) // 2])
    hung_up(handler, true)


def hung_up(handler: Handler, true: Passed) -> None:
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def row_missing(handler: Handler, true: Passed) -> Passed:
    import orjson

    said = orjson.loads(true.content)
    said["results"]["bindings"] = said["results"]["bindings"][:-1]
    return replace(true, content=orjson.dumps(said))


def row_doubled(handler: Handler, true: Passed) -> Passed:
    import orjson

    said = orjson.loads(true.content)
    said["results"]["bindings"] += said["results"]["bindings"][-1:]
    return replace(true, content=orjson.dumps(said))


def no_rows(handler: Handler, true: Passed) -> Passed:
    import orjson

    said = orjson.loads(true.content)
    said["results"]["bindings"] = []
    return replace(true, content=orjson.dumps(said))


def other_columns(handler: Handler, true: Passed) -> Passed:
    return replace(true, content=b'{"head":{"vars":["x"]},"results":{"bindings":[]}}')


def bad_number(handler: Handler, true: Passed) -> Passed:
    import orjson

    said = orjson.loads(true.content)
    integer = {"type": "literal", "datatype": "http://www.w3.org/2001/XMLSchema#integer", "value": "many"}
    for row in said["results"]["bindings"]:
        row[said["head"]["vars"][0]] = integer
    return replace(true, content=orjson.dumps(said))


def html(handler: Handler, true: Passed) -> Passed:
    return Passed(200, {"content-type": "text/html"}, b"<html><body>Log in, please</body></html>")


def html_called_json(handler: Handler, true: Passed) -> Passed:
    return Passed(200, {"content-type": "application/sparql-results+json"}, b"<html>Log in, please</html>")


def nothing(handler: Handler, true: Passed) -> Passed:
    return replace(true, content=b"")


def yes(handler: Handler, true: Passed) -> Passed:
    return Passed(200, {"content-type": "application/sparql-results+json"}, b'{"head":{},"boolean":true}')


def packed(handler: Handler, true: Passed) -> Passed:
    return replace(true, headers={**true.headers, "Content-Encoding": "gzip"})


def said_to_be_cut(handler: Handler, true: Passed) -> Passed:
    return replace(true, headers={**true.headers, "X-SQL-State": "S1TAT"})


def partial(handler: Handler, true: Passed) -> Passed:
    return replace(true, status=206)


def elsewhere(handler: Handler, true: Passed) -> Passed:
    return Passed(307, {"Location": "http://127.0.0.1:9/elsewhere"}, b"")


def status(number: int, said: bytes = b"") -> Lie:
    def lie(handler: Handler, true: Passed) -> Passed:
        return Passed(number, {"content-type": "text/plain"}, said)

    return lie


def late(handler: Handler, true: Passed) -> None:
    """Say nothing until nobody waits any more."""
    handler.liar.stopped.wait(60)
    handler.close_connection = True


def dripping(handler: Handler, true: Passed) -> None:
    """Send a header that never ends, drop by drop."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while not handler.liar.stopped.is_set():
        handler.wfile.write(b"a")
        handler.wfile.flush()
        time.sleep(0.1)
    handler.close_connection = True


def dripping_body(handler: Handler, true: Passed) -> None:
    """Send an answer drop by drop."""
    handler.send_response_only(200)
    handler.send_header("Content-Type", "application/sparql-results+json")
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not handler.liar.stopped.is_set():
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)
    handler.close_connection = True
