"""The embedded engine: Oxigraph in this process, in memory or on disk (RocksDB)."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import pyoxigraph as ox

from kg.errors import InputRefused, QueryRefused, StoreUnavailable
from kg.iris import BASE, EV
from kg.store.engine import EngineDamaged, Mark, Patch, Solutions, Term
from kg.store.footers import check_footers
from kg.store.names import DEFAULT, STATE
from kg.store.records import NOTHING

_HERE: Final = f"<{BASE}store>"
_COMMIT: Final = f"<{EV}commit>"
_HASH: Final = f"<{EV}hash>"
_READ_MARK: Final = f"SELECT ?commit ?hash {{ GRAPH <{STATE}> {{ {_HERE} {_COMMIT} ?commit ; {_HASH} ?hash }} }}"
_CLEAR_MARK: Final = f"DELETE WHERE {{ GRAPH <{STATE}> {{ ?s ?p ?o }} }}"
_CORRUPTION: Final = "Corruption: "
_LOCKED: Final = ("lock hold by", "lock file")
_ENVIRONMENT: Final = tuple(
    os.strerror(code)
    for code in (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EPERM, errno.EROFS)
)


class EmbeddedEngine:
    """Oxigraph in this process; one object may be asked from several threads."""

    def __init__(self, store: ox.Store, place: str) -> None:
        self._store: ox.Store | None = store
        self._place = place

    @classmethod
    def in_memory(cls) -> EmbeddedEngine:
        """Return an empty engine that lives as long as the object."""
        return cls(ox.Store(), "memory")

    @classmethod
    def open(cls, folder: Path) -> EmbeddedEngine:
        """Open a folder for reading and writing; it is created where it is missing.

        Raises EngineDamaged, StoreUnavailable.
        """
        check_footers(folder)
        with _translated(str(folder)):
            return cls(ox.Store(str(folder)), str(folder))

    @classmethod
    def read_only(cls, folder: Path) -> EmbeddedEngine:
        """Open a checkpoint, which nobody writes to.

        Raises EngineDamaged, StoreUnavailable.
        """
        check_footers(folder)
        with _translated(str(folder)):
            return cls(ox.Store.read_only(str(folder)), str(folder))

    def select(self, query: str) -> Solutions:
        """Return the solutions of a SELECT query."""
        with self._reading() as store:
            found = _solutions(store, query)
            return Solutions(tuple(v.value for v in found.variables), [tuple(row) for row in found])

    def stream(self, query: str) -> Iterator[tuple[Term | None, ...]]:
        """Yield the rows of a SELECT query one by one, for more of them than memory should hold."""
        with self._reading() as store:
            yield from map(tuple, _solutions(store, query))

    def ask(self, query: str) -> bool:
        """Return the answer to an ASK query."""
        with self._reading() as store:
            found = store.query(query)
            if not isinstance(found, ox.QueryBoolean):
                raise QueryRefused("the query is not an ASK; this place needs true or false")
            return bool(found)

    def construct(self, query: str) -> list[ox.Triple]:
        """Return the triples of a CONSTRUCT or DESCRIBE query."""
        with self._reading() as store:
            found = store.query(query)
            if not isinstance(found, ox.QueryTriples):
                raise QueryRefused("the query is not a CONSTRUCT or DESCRIBE; this place needs triples")
            return list(found)

    def apply(self, removed: Patch, added: Patch, mark: Mark) -> None:
        """Remove, then add, and note the commit reached: one transaction."""
        operations = [_data("DELETE DATA", removed), _CLEAR_MARK, _data("INSERT DATA", {**added, STATE: _note(mark)})]
        with _translated(self._place):
            self._open.update(" ;\n".join(filter(None, operations)))

    def fill(self, parts: Iterable[tuple[str, str]], mark: Mark) -> None:
        """Load (graph, N-Triples) parts into an empty engine, and see that they are on the disk.

        Raises StoreUnavailable.
        """
        self.load(parts, mark)
        with _translated(self._place):
            self._open.flush()

    def load(self, parts: Iterable[tuple[str, str]], mark: Mark) -> None:
        """Add (graph, N-Triples) parts, fast and not in one transaction, then note the commit that they add up to.

        What was loaded without the note is added once more, and is there once. Raises StoreUnavailable.
        """
        with _translated(self._place):
            store = self._open
            for graph, text in parts:
                to_graph = ox.NamedNode(graph) if graph else ox.DefaultGraph()
                store.bulk_load(text.encode(), ox.RdfFormat.N_TRIPLES, to_graph=to_graph)
            self.apply({}, {}, mark)

    def applied(self) -> Mark:
        """Return the commit reached; that of NOTHING for an empty engine."""
        rows = self.select(_READ_MARK).rows
        if not rows:
            return Mark(NOTHING.number, NOTHING.hash)
        number, link = (str(getattr(term, "value", "")) for term in rows[0])
        return Mark(int(number), link)

    def counts(self) -> dict[str, int]:
        """Return the number of triples of each graph, the engine's own note left out."""
        with self._reading() as store:
            graphs: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] = [ox.DefaultGraph(), *store.named_graphs()]
            sizes = {
                getattr(graph, "value", DEFAULT): sum(1 for _ in store.quads_for_pattern(None, None, None, graph))
                for graph in graphs
            }
        return {graph: size for graph, size in sorted(sizes.items()) if graph == DEFAULT or (size and graph != STATE)}

    def serialise(self, output: IO[bytes], format: ox.RdfFormat, graph: str | None = None) -> None:
        """Write one graph, or the whole dataset where the format can hold one."""
        if graph is None and not format.supports_datasets:
            raise InputRefused(f"{format.name} holds one graph; name one, or use N-Quads, TriG or JSON-LD")
        with _translated(self._place):
            store = self._open
            if graph is None:
                quads = (quad for quad in store if getattr(quad.graph_name, "value", DEFAULT) != STATE)
                ox.serialize(quads, output, format)
            else:
                store.dump(output, format, from_graph=ox.NamedNode(graph) if graph else ox.DefaultGraph())

    def checkpoint(self, target: Path) -> None:
        """Make a read-only copy, by hard links, in a folder that does not exist yet.

        Raises StoreUnavailable.
        """
        with _translated(self._place):
            self._open.backup(str(target))

    def close(self) -> None:
        """Let go of files and memory; nothing can be asked afterwards."""
        self._store = None

    @property
    def _open(self) -> ox.Store:
        if self._store is None:
            raise StoreUnavailable(f"the engine at {self._place} is closed; open the store again")
        return self._store

    @contextmanager
    def _reading(self) -> Iterator[ox.Store]:
        with _translated(self._place):
            try:
                yield self._open
            except SyntaxError as error:
                raise QueryRefused(f"the query cannot be parsed: {error.msg}") from error
            except QueryRefused:
                raise
            except (RuntimeError, ValueError) as error:
                if _CORRUPTION in str(error):
                    raise
                raise QueryRefused(f"the query cannot be answered: {error}") from error


def _solutions(store: ox.Store, query: str) -> ox.QuerySolutions:
    found = store.query(query)
    if not isinstance(found, ox.QuerySolutions):
        raise QueryRefused("the query is not a SELECT; this place needs a table of solutions")
    return found


def _data(operation: str, patch: Patch) -> str:
    """Write a patch as SPARQL: canonical N-Triples lines are SPARQL as they stand."""
    blocks = []
    for graph, lines in patch.items():
        if lines:
            block = "\n".join(lines)
            blocks.append(f"GRAPH <{graph}> {{\n{block}\n}}" if graph else block)
    return f"{operation} {{\n" + "\n".join(blocks) + "\n}" if blocks else ""


def _note(mark: Mark) -> list[str]:
    return [f"{_HERE} {_COMMIT} {mark.commit} .", f'{_HERE} {_HASH} "{mark.hash}" .']


@contextmanager
def _translated(place: str) -> Iterator[None]:
    """Turn the engine's errors into ours: what the surroundings cause, and what a rebuild would heal."""
    try:
        yield
    except StoreUnavailable:
        raise
    except (OSError, RuntimeError) as error:  # RocksDB's corruption comes as either
        said = str(error)
        if any(text in said for text in _LOCKED):
            raise StoreUnavailable(
                f"the engine at {place} is open already ({said}); close the other user first"
            ) from error
        for reason in _ENVIRONMENT:
            if reason in said:
                raise StoreUnavailable(
                    f"the engine at {place} cannot be used: {reason}; make room or give access, and repeat"
                ) from error
        raise EngineDamaged(f"the engine at {place} is damaged ({said}); run `kg rebuild`") from error
