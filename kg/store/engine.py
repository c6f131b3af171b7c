"""What an engine must do, and the plain values that come out of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Final, NamedTuple, Protocol, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple

from kg.errors import StoreUnavailable
from kg.iris import XSD

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
Patch: TypeAlias = Mapping[str, Collection[str]]
"""Graph IRI (empty for the default graph) -> canonical N-Triples lines."""

_INTEGER: Final = XSD + "integer"
_NUMBERS: Final = frozenset(XSD + name for name in ("decimal", "double", "float"))
_BOOLEAN: Final = XSD + "boolean"


@dataclass(frozen=True, slots=True)
class Solutions:
    """The solutions of a SELECT query, in order; an unbound variable is None."""

    columns: tuple[str, ...]
    rows: list[tuple[Term | None, ...]]


class Mark(NamedTuple):
    """The last commit that an engine holds: its number and its hash in the journal's chain."""

    commit: int
    hash: str


class EngineDamaged(StoreUnavailable):
    """The files of an engine cannot be read; the journal can rebuild them."""


class Engine(Protocol):
    """The merged present state in the default graph, the catalogue and a few vocabularies in named graphs."""

    def select(self, query: str) -> Solutions:
        """Return the solutions of a SELECT query.

        Raises QueryRefused, StoreUnavailable.
        """

    def stream(self, query: str) -> Iterator[tuple[Term | None, ...]]:
        """Yield the rows of a SELECT query.

        Raises QueryRefused, StoreUnavailable.
        """

    def ask(self, query: str) -> bool:
        """Return the answer to an ASK query.

        Raises QueryRefused, StoreUnavailable.
        """

    def construct(self, query: str) -> list[Triple]:
        """Return the triples of a CONSTRUCT or DESCRIBE query.

        Raises QueryRefused, StoreUnavailable.
        """

    def apply(self, removed: Patch, added: Patch, mark: Mark) -> None:
        """Remove, then add, and note the commit reached: all of it or nothing.

        Raises StoreUnavailable.
        """

    def applied(self) -> Mark:
        """Return the commit reached; that of NOTHING for an empty engine.

        Raises StoreUnavailable.
        """

    def counts(self) -> dict[str, int]:
        """Return the number of triples of each graph, the engine's own note left out.

        Raises StoreUnavailable.
        """

    def serialise(self, output: IO[bytes], format: RdfFormat, graph: str | None = None) -> None:
        """Write one graph, or the whole dataset in a format that can hold one.

        Raises InputRefused for a format that cannot, StoreUnavailable.
        """

    def close(self) -> None:
        """Let go of files and memory; nothing can be asked afterwards."""


def plain(term: Term | None) -> str | int | float | bool | None:
    """Return a term as a Python value: IRI and text as str, numbers as int or float, unbound as None."""
    if not isinstance(term, Literal):
        return None if term is None else term.value if isinstance(term, NamedNode) else str(term)
    datatype = term.datatype.value
    if datatype == _INTEGER:
        return int(term.value)
    if datatype in _NUMBERS:
        return float(term.value)
    if datatype == _BOOLEAN:
        return term.value in {"true", "1"}
    return term.value
