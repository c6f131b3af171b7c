"""The process that writes a scratch store: updates and whole graphs, each of them all or nothing."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from kg.store import reader_process
from kg.store.frames import Ask
from kg.store.output import Output
from kg.store.reader_process import RDF_FORMATS, Operation

_PATIENCE: Final = 2.0
_PAUSE: Final = 0.01
_DOCTYPE: Final = re.compile(rb"<\x00?!\x00?D\x00?O\x00?C\x00?T\x00?Y\x00?P\x00?E", re.IGNORECASE)


class Opened(reader_process.Opened):
    """The store, opened for writing."""

    def open(self, place: str) -> ox.Store:
        """Open the store in a folder; a process that was killed a moment ago may still hold it.

        Raises OSError.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return ox.Store(place)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)


def update(opened: reader_process.Opened, asked: Ask, output: Output) -> None:
    """Carry out an update: one transaction."""
    opened.store(asked.place).update(asked.text, base_iri=asked.base)


def put(opened: reader_process.Opened, asked: Ask, output: Output) -> None:
    """Put a graph in the place of the one named, or of the default graph."""
    _write(opened, asked, output, replace=True)


def post(opened: reader_process.Opened, asked: Ask, output: Output) -> None:
    """Add a graph to the one named, or to the default graph."""
    _write(opened, asked, output, replace=False)


def delete(opened: reader_process.Opened, asked: Ask, output: Output) -> None:
    """Delete the graph named, or everything in the default graph.

    Raises LookupError where it is not there.
    """
    store = opened.store(asked.place)
    name = _named(asked)
    if name is not None and not store.contains_named_graph(name):
        raise LookupError(f"there is no graph <{name.value}>")
    store.update("CLEAR DEFAULT" if name is None else f"DROP GRAPH {name}")


def checkpoint(opened: reader_process.Opened, asked: Ask, output: Output) -> None:
    """Make a read-only copy in a folder that does not exist yet."""
    opened.store(asked.place).backup(asked.more["target"])


OPERATIONS: Final[dict[str, Operation]] = {
    "update": update,
    "put": put,
    "post": post,
    "delete": delete,
    "checkpoint": checkpoint,
}


def _write(opened: reader_process.Opened, asked: Ask, output: Output, *, replace: bool) -> None:
    store = opened.store(asked.place)
    name = _named(asked)
    lines = _lines(asked)
    output.facts["created"] = name is not None and not store.contains_named_graph(name)
    if name is None:
        begin, block = "CLEAR DEFAULT" if replace else "", f"INSERT DATA {{ {lines} }}"
    else:
        begin = f"DROP SILENT GRAPH {name} ; CREATE GRAPH {name}" if replace else f"CREATE SILENT GRAPH {name}"
        block = f"INSERT DATA {{ GRAPH {name} {{ {lines} }} }}"
    store.update(f"{begin} ; {block}" if begin else block)


def triples(asked: Ask) -> Iterator[ox.Triple]:
    """Yield the triples of the graph that is sent.

    Raises SyntaxError for what is not of its form, ValueError for what is not read.
    """
    data, media_type = base64.b64decode(asked.more["data"]), asked.format
    if media_type == "application/rdf+xml" and _DOCTYPE.search(data):
        raise ValueError("a document type declaration is not read; send the RDF/XML without one")
    for quad in ox.parse(data, RDF_FORMATS[media_type], base_iri=asked.base):
        if quad.graph_name != ox.DefaultGraph():
            raise ValueError(f"{quad.graph_name} is a graph within the graph; send one graph at a time")
        yield quad.triple


def _lines(asked: Ask) -> str:
    """Return the graph that is sent as N-Triples.

    Raises SyntaxError, ValueError as ``triples`` does.
    """
    lines = ox.serialize(triples(asked), format=ox.RdfFormat.N_TRIPLES)
    assert lines is not None
    return lines.decode()


def _named(asked: Ask) -> ox.NamedNode | None:
    return ox.NamedNode(asked.default_graphs[0]) if asked.default_graphs else None
