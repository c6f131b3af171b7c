"""What a process does that finds out what a change would do: it makes it on a copy, and compares."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Final

import pyoxigraph as ox

from kg.store import reader_process, scratch_process
from kg.store.frames import Ask
from kg.store.output import Output
from kg.store.reader_process import Operation

_MOST: Final = 100_000
"""Statements that one change removes and adds at most; what is more is an import."""


def difference(opened: reader_process.Opened, asked: Ask, output: Output) -> None:
    """Make changes in the store, and write what they removed and added: a sign and a statement, line by line.

    ``graphs`` are put beside what the store holds before the changes, and not counted as part of them.
    """
    try:
        store = opened.store(asked.place)
        for name, lines in asked.more["graphs"].items():
            store.load(lines.encode(), ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode(name))
        before = _statements(store)
        created = False
        for change in map(Ask.said, asked.more["changes"]):
            if change.operation in {"put", "post"}:
                _check(change)
            _CHANGES[change.operation](opened, replace(change, place=asked.place), output)
            created = created or bool(output.facts.get("created"))
        output.facts["created"] = created
        after = _statements(store)
        removed, added = sorted(before - after), sorted(after - before)
        if len(removed) + len(added) > _MOST:
            raise ValueError(
                f"it would change {len(removed) + len(added)} statements, and one request may {_MOST}; split it"
            )
        for sign, lines in ((b"-", removed), (b"+", added)):
            for line in lines:
                output.write(sign + line + b"\n")
    finally:
        opened.close()


_LARGEST: Final = 2_000_000
"""Statements of a graph that is sent; the default graph as it is may be, and only what differs is a change."""
OPERATIONS: Final[dict[str, Operation]] = {"difference": difference}
_CHANGES: Final[dict[str, Operation]] = {
    name: scratch_process.OPERATIONS[name] for name in ("update", "put", "post", "delete")
}


def _check(change: Ask) -> None:
    """Refuse a graph with what no record has, as soon as it is met; putting all of it in would take long.

    Raises SyntaxError for what is not of its form, ValueError for a blank node and for too many statements.
    """
    for number, triple in enumerate(scratch_process.triples(change)):
        nameless = any(isinstance(term, ox.BlankNode) for term in (triple.subject, triple.object))
        if nameless:
            raise ValueError(f"a blank node about {triple.predicate}; give the thing an IRI of its own")
        if number >= _LARGEST:
            raise ValueError(f"more than {_LARGEST} statements in one graph; send it in parts")


def _statements(store: ox.Store) -> set[bytes]:
    written = io.BytesIO()
    store.dump(written, ox.RdfFormat.N_QUADS)
    return set(written.getvalue().splitlines())
