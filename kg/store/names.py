"""Graphs of the engine and IRIs of records, as the store writes them."""

from __future__ import annotations

from typing import Final

from kg import iris

DEFAULT: Final = ""
"""The engine's default graph: the merged present state."""
CATALOG: Final = iris.GRAPH + "catalog"
STATE: Final = iris.GRAPH + "state"
"""The engine's own note of how far it is; never counted, never dumped."""
APART: Final[dict[str, str]] = {"queries": iris.GRAPH + "queries"}
"""Record source -> the named graph that alone holds its triples: they are no evidence."""
EXTRA_GRAPHS: Final[dict[str, str]] = {name: iris.GRAPH + name for name in ("ontology", "vocabularies")}
"""Record source -> the named graph that holds its triples beside the default graph."""


def graphs_of(source: str) -> tuple[str, ...]:
    """Return the graphs in which the triples of a record of this source stand."""
    if source in APART:
        return (APART[source],)
    return (DEFAULT, EXTRA_GRAPHS[source]) if source in EXTRA_GRAPHS else (DEFAULT,)


def version_iri(source: str, id: str, version: int) -> str:
    """Return the IRI of the named graph of one version of a record."""
    return f"{iris.GRAPH}record/{source}/{id}/{version}"
