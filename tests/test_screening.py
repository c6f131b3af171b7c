"""What is not shown to pySHACL keeps every rule: verdicts with the first look are those without it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pyoxigraph as ox
import pytest
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import SH

from kg.evidence_base import EvidenceBase
from kg.importing.importer import Importer
from kg.intake import candidate, surroundings
from kg.iris import BASE, EV
from kg.model.records import ContinuousResult, Row
from kg.shapes import Finding, Report, Shapes
from kg.shapes.screen import Screen
from kg.shapes.union import Union
from kg.sources import ctgov, tables
from kg.sources.incoming import Unit
from kg.triples import key as key_of
from tests.conftest import ROOT

EXAMPLES = sorted((ROOT / "ontology" / "examples").glob("*valid/*.ttl"))
Key = tuple[str, str, str | None, str, str, str, str]


def told(report: Report) -> set[Key]:
    def key(f: Finding) -> Key:
        return f.severity, f.focus, f.path, str(f.value), f.shape, f.component, f.message

    return {key(finding) for finding in report.results}


def both(shapes: Shapes, stated: Iterable[Any], around: Iterable[Any], monkeypatch: pytest.MonkeyPatch) -> set[Key]:
    """Return the findings, the same with the first look and without any."""
    given, context = list(stated), list(around)
    screened = told(shapes.validate(given, context))
    with monkeypatch.context() as patched:
        patched.setattr(Screen, "doubtful", lambda _self, _shape, focus, _data: list(focus))
        patched.setattr(
            Union, "query", lambda self, query, *_args, **given_: Graph.query(self, query, **_bound(_args, given_))
        )
        assert told(shapes.validate(given, context)) == screened
    return screened


def _bound(args: tuple[Any, ...], given: dict[str, Any]) -> dict[str, Any]:
    return {"initBindings": given.get("initBindings") or (args[3] if len(args) > 3 else {})}


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    return Shapes.load(ROOT / "ontology")


def parsed(path: Path) -> list[ox.Triple]:
    quads = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, base_iri=BASE, lenient=True)
    return [ox.Triple(q.subject, q.predicate, q.object) for q in quads]


@pytest.mark.parametrize("part", range(8))
@pytest.mark.filterwarnings("ignore")
def test_the_examples_of_every_rule_get_the_same_verdict(
    shapes: Shapes, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = parsed(ROOT / "ontology" / "examples" / "context.ttl")
    broken = [bool(both(shapes, parsed(path), world, monkeypatch)) for path in EXAMPLES[part::32]]
    assert any(broken)
    assert not all(broken)


def test_a_record_of_the_registry_gets_the_same_verdict(
    base: EvidenceBase, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (unit,) = ctgov.read(shared / "data/ctgov/NCT02699827.xml")
    assert isinstance(unit, Unit)
    made = candidate(Importer(base, "a test", "to see").resolve(unit).rows)
    both(base.shapes, made.triples[unit.source, unit.name], surroundings(base.store, made.triples), monkeypatch)


def rows() -> list[Row]:
    found = list(tables.read(ROOT / "data"))
    return [r for r in found if key_of(r) == ("cd015373", "sigtermans-2009")]


WRONG: dict[str, dict[str, Any]] = {
    "as it is": {},
    "an SD that is an SE": {"sd": Decimal("2.1")},
    "an SD of nothing": {"sd": Decimal(0)},
    "an SD beyond the scale": {"sd": Decimal(90)},
    "numbers beyond Oxigraph": {"mean": Decimal(10) ** 12, "sd": Decimal(10) ** 11},
    "numbers below Oxigraph": {"mean": Decimal("1e-9"), "sd": Decimal("1e-9")},
    "an unknown scale": {"instrument": "nothing"},
    "nobody": {"n": 0},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_number_gets_the_same_verdict(
    base: EvidenceBase, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = [replace(r, **WRONG[case]) if isinstance(r, ContinuousResult) else r for r in rows()]
    made = candidate(changed)
    found = both(
        base.shapes,
        (t for unit in made.triples.values() for t in unit),
        surroundings(base.store, made.triples),
        monkeypatch,
    )
    assert bool(found) is (case != "as it is")


def test_a_constraint_that_is_not_known_is_left_to_pyshacl() -> None:
    graph = Graph()
    shape, part = URIRef("urn:shape"), BNode()
    graph.add((shape, SH.property, part))
    graph.add((part, SH.path, URIRef("urn:p")))
    graph.add((part, SH.languageIn, BNode()))
    screen = Screen(graph, Shapes.load(ROOT / "ontology")._vocabulary)
    thing = URIRef("urn:thing")
    data = Union([(thing, URIRef("urn:p"), Literal("x"))], [], Graph())
    assert screen.doubtful(shape, [thing], data) == [thing]


def test_decimals_that_oxigraph_cannot_multiply_still_break_a_rule(shapes: Shapes) -> None:
    """The reason for the second look: a product of two numbers of 18 digits has no value there."""
    store = ox.Store()
    (row,) = cast(ox.QuerySolutions, store.query("SELECT (0.120879120879120879 * 0.120879120879120879 AS ?p) {}"))
    assert row[0] is None
    assert EV + "StudyShape-contrastIntervalImpossible" in {str(s) for s in shapes.graph.subjects()}
