"""A process that asks an engine elsewhere for a service, reads what it says, and passes it on once it makes sense.

It may be killed at any moment, as every reading process; it has the network, and speaks to that one engine alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final, cast

import orjson
import pyoxigraph as ox

from kg.errors import QueryRefused
from kg.settings import Remote
from kg.store import reader_process
from kg.store.engine import Mark
from kg.store.frames import Ask
from kg.store.names import STATE
from kg.store.output import Output
from kg.store.prologue import expanded, without_dataset
from kg.store.remote import CURRENT, DATASET, HELD, NOTHING_GRAPH, RemoteEngine, triples
from kg.store.remote_faults import quoted
from kg.store.remote_service import JSON, N_TRIPLES, Dataset, RemoteService
from kg.store.tokens import tokens

_FORMS: Final = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_OWN_FUNCTIONS: Final = re.compile(r"<(?:bif|sql|xpath):", re.IGNORECASE)
"""IRIs by which an engine takes its own procedures for functions."""


def place(url: str, remote: Remote, mark: Mark) -> str:
    """Return how such a process is told which store is meant, and at which commit."""
    return orjson.dumps({"url": url, "remote": asdict(remote), "mark": list(mark)}, default=str).decode()


class Opened(reader_process.Opened):
    """The engine that was asked last."""

    def __init__(self) -> None:
        super().__init__()
        self._named = ""
        self._asked: tuple[RemoteService, RemoteEngine] | None = None

    def engine(self, named: str) -> tuple[RemoteService, RemoteEngine]:
        """Return the engine of a place, held to its commit."""
        if self._asked is None or named != self._named:
            said = orjson.loads(named)
            remote = Remote(**{**said["remote"], "data": Path(said["remote"]["data"])})
            service = RemoteService(said["url"], remote)
            engine = RemoteEngine(service, Mark(*said["mark"]))
            engine.check("")
            if self._asked is not None:
                self._asked[0].close()
            self._asked, self._named = (service, engine), named
        return self._asked


class _File:
    """Pieces as a file."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""

    def read(self, size: int = -1) -> bytes:
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._held = piece
        part, self._held = (self._held, b"") if size < 0 else (self._held[:size], self._held[size:])
        return part


def query(opened: Opened, asked: Ask, output: Output) -> None:
    """Answer a query, and hold the rows that came against the engine's own count before the end is told.

    Raises SyntaxError for what is not SPARQL 1.1, whatever the engine would take.
    """
    form = _form(asked)
    wanted = reader_process.RESULT_FORMATS if form in {"SELECT", "ASK"} else reader_process.RDF_FORMATS
    if asked.format not in wanted:
        raise ValueError(f"the results of this query cannot be written as {asked.format}")
    service, engine = opened.engine(asked.place)
    text, defaults, named = without_dataset(expanded(asked.text, asked.base or ""))
    text = engine.sent(text, *_FORMS)
    dataset = _dataset(asked.default_graphs or asked.named_graphs, asked.default_graphs, asked.named_graphs)
    dataset = dataset or _dataset(defaults or named, defaults, named) or DATASET
    if form == "ASK":
        said = b'{"head":{},"boolean":%s}' % (b"true" if engine.holds(text, dataset) else b"false")
        truth = ox.parse_query_results(said, ox.QueryResultsFormat.JSON)
        truth.serialize(cast(IO[bytes], output), reader_process.RESULT_FORMATS[asked.format])
        engine.check(text)
    elif form == "SELECT":
        with service.streamed(text, JSON, dataset, asked.seconds) as pieces:
            _passed_on(
                lambda file: ox.parse_query_results(file, ox.QueryResultsFormat.JSON), pieces, asked, output, engine
            )
        engine.check(text, output.rows, dataset)
    else:
        with service.streamed(text, N_TRIPLES, dataset, asked.seconds) as pieces:
            _written(engine, pieces, asked, output)
        engine.check(text)


def graph(opened: Opened, asked: Ask, output: Output) -> None:
    """Write one named graph, or the default graph where none is named.

    Raises LookupError where it is not there.
    """
    name = asked.default_graphs[0] if asked.default_graphs else CURRENT
    service, engine = opened.engine(asked.place)
    if name not in HELD and name != STATE:
        raise LookupError(f"there is no graph <{name}>")
    text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {'?s ?p ?o' if name == CURRENT else f'GRAPH <{name}> {{ ?s ?p ?o }}'} }}"
    with service.streamed(text, N_TRIPLES, DATASET, asked.seconds) as pieces:
        count = _written(engine, pieces, asked, output)
    engine.check(f"SELECT * {text[text.index('WHERE') :]}", count)


def opening(opened: Opened, asked: Ask, output: Output) -> None:
    """See ahead of the first who asks that the engine is there."""
    opened.engine(asked.place)


def _form(asked: Ask) -> str:
    """Return which form a query has; the parser of our own engine says whether it is one."""
    found = ox.Store().query(asked.text, base_iri=asked.base)
    text = expanded(asked.text, asked.base or "")
    if any(token.kind == "iri" and _OWN_FUNCTIONS.match(token.text) for token in tokens(text)):
        raise QueryRefused("functions of one engine's own are not called from here; take them out")
    if isinstance(found, ox.QuerySolutions):
        return "SELECT"
    return "ASK" if isinstance(found, ox.QueryBoolean) else "CONSTRUCT"


def _dataset(given: Any, defaults: Iterable[str], named: Iterable[str]) -> Dataset | None:
    """Return the graphs of this store among those that a caller names; where one part is not named, it is empty."""
    if not given:
        return None
    known = {*HELD, STATE}
    chosen = [[name for name in names if name in known] or [NOTHING_GRAPH] for names in (defaults, named)]
    return Dataset(*chosen)


def _passed_on(
    parse: Callable[[IO[bytes]], Any], pieces: Iterator[bytes], asked: Ask, output: Output, engine: RemoteEngine
) -> None:
    try:
        found = parse(cast(IO[bytes], _File(pieces)))
        found.serialize(output, reader_process.RESULT_FORMATS[asked.format])
    except SyntaxError as error:
        raise engine.nonsense(f"its answer cannot be read: {quoted(str(error.msg))}") from error


def _written(engine: RemoteEngine, pieces: Iterator[bytes], asked: Ask, output: Output) -> int:
    count = 0

    def counted() -> Iterator[ox.Triple]:
        nonlocal count
        for quad in ox.parse(cast(IO[bytes], _File(pieces)), ox.RdfFormat.N_TRIPLES):
            count += 1
            yield from triples([(quad.subject, quad.predicate, quad.object)])

    try:
        ox.serialize(counted(), output, reader_process.RDF_FORMATS[asked.format])  # type: ignore[arg-type]
    except SyntaxError as error:
        raise engine.nonsense(f"its triples cannot be read: {quoted(str(error.msg))}") from error
    return count


OPERATIONS: Final[dict[str, Any]] = {"query": query, "graph": graph, "open": opening}
