"""A process that reads stores for a service: it may be killed at any moment, and nobody loses anything."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
import pyoxigraph as ox

from kg.store import confinement
from kg.store.frames import (
    ENGINE_NONSENSE,
    ENGINE_SLOW,
    FAULT,
    HEAD,
    HELLO,
    NO_MEMORY,
    NO_STORE,
    NOT_THERE,
    REFUSED,
    UNSUPPORTED,
    Ask,
    frame,
)
from kg.store.output import Output, TooMuch
from kg.store.remote_faults import EngineNonsense, EngineSlow

_GRACE: Final = 1.0
_LONGEST_MESSAGE: Final = 400
_CHUNK: Final = 1 << 16
RESULT_FORMATS: Final = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
RDF_FORMATS: Final = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/trig": ox.RdfFormat.TRIG,
    "application/n-quads": ox.RdfFormat.N_QUADS,
}
Operation = Callable[["Opened", Ask, Output], None]


class Opened:
    """The store that was opened last, and the descriptor that keeps its folder from deletion."""

    def __init__(self) -> None:
        self._place = ""
        self._kept = -1
        self._store: ox.Store | None = None

    def store(self, place: str) -> ox.Store:
        """Return the store in a folder, opened for reading.

        Raises OSError.
        """
        if self._store is None or place != self._place:
            self.close()
            self._kept = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(self._kept, fcntl.LOCK_SH | fcntl.LOCK_NB)
            self._store, self._place = self.open(place), place
        return self._store

    def open(self, place: str) -> ox.Store:
        """Open the store in a folder."""
        return ox.Store.read_only(place)

    def close(self) -> None:
        """Let go of the store."""
        self._store = None
        if self._kept >= 0:
            os.close(self._kept)
            self._kept = -1


def query(opened: Opened, asked: Ask, output: Output) -> None:
    """Answer a query: results in the form of the media type asked for."""
    found = opened.store(asked.place).query(asked.text, base_iri=asked.base, **_dataset(asked))
    form = RDF_FORMATS if isinstance(found, ox.QueryTriples) else RESULT_FORMATS
    if asked.format not in form:
        raise ValueError(f"the results of this query cannot be written as {asked.format}")
    found.serialize(output, form[asked.format])  # type: ignore[arg-type]


def graph(opened: Opened, asked: Ask, output: Output) -> None:
    """Write one named graph, or the default graph where none is named.

    Raises LookupError where it is not there.
    """
    store = opened.store(asked.place)
    name = ox.NamedNode(asked.default_graphs[0]) if asked.default_graphs else ox.DefaultGraph()
    if isinstance(name, ox.NamedNode) and not store.contains_named_graph(name):
        raise LookupError(f"there is no graph <{name.value}>")
    store.dump(output, RDF_FORMATS[asked.format], from_graph=name)  # type: ignore[arg-type]


def opening(opened: Opened, asked: Ask, output: Output) -> None:
    """Open a store ahead of the first who asks for it."""
    opened.store(asked.place)


OPERATIONS: Final[dict[str, Operation]] = {"query": query, "graph": graph, "open": opening}


def serve(connection: socket.socket, networked: bool, opened: Opened, operations: Mapping[str, Operation]) -> None:
    """Answer what is asked on a connection until it ends.

    ``networked`` says that the network could not be taken away from this process; it opens no descriptor then while
    it runs a text.
    """
    connection.sendall(frame(HELLO, orjson.dumps(os.getpid())))
    while (asked := _asked(connection)) is not None:
        output = Output(connection, asked)
        # the system ends this process soon after its time, even where nobody is left to do it
        signal.setitimer(signal.ITIMER_REAL, asked.seconds + _GRACE)
        try:
            if networked:
                confinement.more_descriptors()
                opened.store(asked.place)
                if asked.text:
                    confinement.no_more_descriptors()
            operations[asked.operation](opened, asked, output)
            output.end()
        except BaseException as error:  # noqa: BLE001  (whatever it is, who asked is told)
            if not _told(connection, error):
                return
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def _told(connection: socket.socket, error: BaseException) -> bool:
    """Tell who asked what went wrong, and return whether there is anybody."""
    kind, message = _fault(error)
    with contextlib.suppress(OSError):
        connection.sendall(frame(FAULT, orjson.dumps({"kind": kind, "message": message})))
        return True
    return False


def _fault(error: BaseException) -> tuple[str, str]:
    cause: BaseException | None = error
    while cause is not None:  # what a file raises comes back wrapped
        if isinstance(cause, TooMuch):
            return str(cause), ""
        cause = cause.__cause__ or cause.__context__
    match error:
        case EngineSlow():
            return ENGINE_SLOW, _short(str(error))
        case EngineNonsense():
            return ENGINE_NONSENSE, _short(str(error))
        case SyntaxError():
            return REFUSED, _short(str(error.msg))
        case LookupError():
            return NOT_THERE, _short(str(error.args[0]) if error.args else "")
        case MemoryError():
            return NO_MEMORY, ""
        case OSError():
            return NO_STORE, _short(str(error))
        case RuntimeError():
            return UNSUPPORTED, _short(str(error))
        case _:
            return REFUSED, _short(str(error))


def _short(message: str) -> str:
    plain = " ".join(message.split())
    return plain if len(plain) <= _LONGEST_MESSAGE else plain[: _LONGEST_MESSAGE - 1] + "…"


def _dataset(asked: Ask) -> dict[str, Any]:
    """Return the dataset of a query, where it is named; where only one part of it is, the other is empty."""
    if not asked.default_graphs and not asked.named_graphs:
        return {}
    return {
        "default_graph": [ox.NamedNode(name) for name in asked.default_graphs],
        "named_graphs": [ox.NamedNode(name) for name in asked.named_graphs],
    }


def _asked(connection: socket.socket) -> Ask | None:
    head = _exactly(connection, HEAD.size)
    if head is None:
        return None
    content = _exactly(connection, HEAD.unpack(head)[0])
    return None if content is None else Ask.of(content)


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    found = bytearray()
    while len(found) < size:
        part = connection.recv(min(size - len(found), _CHUNK))
        if not part:
            return None
        found += part
    return bytes(found)
