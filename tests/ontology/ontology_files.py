"""The files of the ontology folder, read once for all tests of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from rdflib import Graph, URIRef
from rdflib.namespace import SH

from kg.iris import EV
from kg.shapes import Shapes

FOLDER = Path(__file__).resolve().parents[2] / "ontology"
VOCABULARIES = sorted((FOLDER / "vocabularies").glob("*.ttl"))
SHAPE_FILES = sorted((FOLDER / "shapes").glob("*.ttl"))
INVALID = sorted((FOLDER / "examples" / "invalid").glob("*.ttl"))
VALID = sorted((FOLDER / "examples" / "valid").glob("*.ttl"))


@cache
def read(*paths: Path) -> Graph:
    """Read files into one graph; nobody writes to it."""
    graph = Graph()
    for path in paths:
        graph.parse(path, format="turtle")
    return graph


def evidence() -> Graph:
    """Read the vocabulary."""
    return read(FOLDER / "evidence.ttl")


def vocabularies() -> Graph:
    """Read all concept schemes."""
    return read(*VOCABULARIES)


def world() -> Graph:
    """Read what the examples refer to."""
    return read(FOLDER / "examples" / "context.ttl", *VOCABULARIES)


def shapes() -> Shapes:
    """Return the gate."""
    return Shapes.load(FOLDER)


@cache
def rules() -> frozenset[str]:
    """Return the local names of all rules: shapes and constraints that can be broken."""
    graph = shapes().graph
    found = {s for s in graph.subjects(SH.message, None) if isinstance(s, URIRef)}
    return frozenset(s.removeprefix(EV) for s in found)
