"""Neighbours and paths are those that a search through the whole exported graph finds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

import networkx as nx
import pyoxigraph as ox
import pytest

from kg.errors import InputRefused, UnknownTerm
from kg.evidence_base import EvidenceBase
from kg.graph import Adjacency, Edge, Filter, neighbours, paths, to_networkx
from kg.graph.adjacency import ALL
from kg.iris import BASE, EV, RDF, SKOS
from kg.store import Solutions

THINGS = [f"{BASE}thing/{letter}" for letter in "abcdefghij"]
PATHS = [EV + "actsOn", EV + "studied", SKOS + "broader"]
CLASSES = [EV + "Drug", EV + "Receptor", EV + "Condition"]


class Memory:
    """Statements in memory, asked as a store is."""

    def __init__(self, triples: set[tuple[str, str, str]]) -> None:
        self._store = ox.Store()
        self._store.extend(ox.Quad(*map(ox.NamedNode, triple)) for triple in triples)

    def select(self, query: str) -> Solutions:
        found = self._store.query(query)
        assert isinstance(found, ox.QuerySolutions)
        return Solutions(tuple(v.value for v in found.variables), [tuple(row) for row in found])


def drawn(seed: int) -> tuple[Memory, nx.MultiDiGraph[str], dict[str, str]]:
    """A random graph as a store, the same for networkx, and the class of each thing; one thing has none."""
    chance = random.Random(seed)
    classes = {thing: chance.choice(CLASSES) for thing in THINGS[:-1]}
    edges = {
        (chance.choice(THINGS), chance.choice(PATHS), chance.choice(THINGS)) for _ in range(chance.randrange(5, 30))
    }
    full: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    full.add_nodes_from(classes)
    for s, p, o in edges:
        if s in classes and o in classes:
            full.add_edge(s, o, key=p)
    return Memory(edges | {(thing, RDF + "type", its) for thing, its in classes.items()}), full, classes


def filters(chance: random.Random) -> Filter:
    return Filter(
        chance.choice(("out", "in", "both")),
        frozenset(chance.sample(PATHS, chance.randrange(3))),
        frozenset(c.removeprefix(EV) for c in chance.sample(CLASSES, chance.randrange(3))),
    )


def steps(full: nx.MultiDiGraph[str], here: str, among: Filter) -> Iterator[Edge]:
    """Every edge that may be followed from a thing."""
    for s, o, p in full.edges(keys=True):
        outward, inward = s == here and among.direction != "in", o == here and among.direction != "out"
        if (outward or inward) and (not among.predicates or p in among.predicates):
            yield Edge(s, p, o)


def every_path(full: nx.MultiDiGraph[str], start: str, end: str, most: int, among: Filter) -> list[tuple[Edge, ...]]:
    """Every simple path, by trying all."""
    found: list[tuple[Edge, ...]] = []

    def onward(here: str, edges: tuple[Edge, ...], met: frozenset[str]) -> None:
        if here == end:
            found.append(edges)
            return
        if len(edges) < most:
            for edge in sorted(set(steps(full, here, among))):
                other = edge.other(here)
                if other not in met:
                    onward(other, (*edges, edge), met | {other})

    onward(start, (), frozenset({start}))
    return sorted(found, key=lambda edges: (len(edges), edges))


@pytest.mark.parametrize("seed", range(150))
def test_paths_are_those_of_a_search_through_everything(seed: int) -> None:
    store, full, classes = drawn(seed)
    chance = random.Random(seed)
    among = filters(chance)
    start, end = chance.sample(THINGS[:-1], 2)
    most = chance.randrange(1, 6)
    expected = [
        edges
        for edges in every_path(full, start, end, most, among)
        if all(
            not among.classes or classes[thing].removeprefix(EV) in among.classes
            for edge in edges
            for thing in (edge.subject, edge.object)
            if thing not in (start, end)
        )
    ]
    found = paths(Adjacency(store), start, end, most, 1000, among)
    assert found.whole
    assert sorted(p.edges for p in found.paths) == sorted(expected)
    assert [len(p.edges) for p in found.paths] == sorted(len(edges) for edges in expected)
    few = paths(Adjacency(store), start, end, most, 2, among)
    assert few.paths == found.paths[:2]
    for path in found.paths:
        assert [node.iri for node in path.nodes][:: len(path.edges)] == [start, end]
        assert all(edge.other(a.iri) == b.iri for edge, (a, b) in zip(path.edges, pairwise(path.nodes), strict=True))


@pytest.mark.parametrize("seed", range(100))
def test_neighbours_are_those_of_a_search_through_everything(seed: int) -> None:
    store, full, classes = drawn(seed)
    chance = random.Random(seed)
    among, hops, start = filters(chance), chance.randrange(1, 4), chance.choice(THINGS[:-1])
    distance, frontier = {start: 0}, [start]
    for step in range(1, hops + 1):
        reached = {edge.other(here) for here in frontier for edge in steps(full, here, among)}
        passing = {t for t in reached if not among.classes or classes[t].removeprefix(EV) in among.classes}
        frontier = sorted(passing - distance.keys())
        distance |= dict.fromkeys(frontier, step)
    del distance[start]
    found = neighbours(Adjacency(store), start, hops, among, 1000)
    assert {r.node.iri: r.distance for r in found.reached} == distance
    assert sum(found.counts) == len(distance)
    assert found.whole
    assert found.next is None
    turned, at = list[str](), 0
    while True:
        page = neighbours(Adjacency(store), start, hops, among, 2, at)
        turned += [r.node.iri for r in page.reached]
        if page.next is None:
            break
        at = page.next
    assert turned == [r.node.iri for r in found.reached]


def test_from_ketamine_to_nausea_through_trials(base: EvidenceBase) -> None:
    graph = Adjacency(base.store)
    among = Filter(classes=frozenset({"Arm", "DichotomousResult"}))
    found = paths(graph, f"{BASE}drug/ketamine", f"{BASE}outcome/nausea", 4, 3, among)
    assert [tuple(node.classes[0] for node in path.nodes) for path in found.paths] == [
        ("Drug", "Arm", "DichotomousResult", "Outcome")
    ] * 3
    assert [edge.predicate.removeprefix(EV) for edge in found.paths[0].edges] == ["studied", "ofArm", "outcome"]


def test_around_the_receptor_stand_what_acts_on_it_and_its_parts(base: EvidenceBase) -> None:
    found = neighbours(Adjacency(base.store), f"{BASE}receptor/nmda-receptor", 2, limit=1000)
    told = {r.node.iri.removeprefix(BASE): r for r in found.reached}
    assert told["drug/ketamine"].distance == 2
    assert {"DrugAction", "Receptor"} == {c for r in found.reached if r.distance == 1 for c in r.node.classes}
    assert not any("#" in r.node.iri for r in found.reached), "words of the vocabulary are no neighbours"


def test_a_part_of_the_graph_goes_on_in_networkx(base: EvidenceBase) -> None:
    graph = Adjacency(base.store)
    edges = graph.edges(f"{BASE}drug/ketamine")
    made = to_networkx(graph, edges)
    assert made.number_of_edges() == len(edges)
    assert made.nodes[f"{BASE}drug/ketamine"]["label"] == "ketamine"


def test_what_cannot_be_asked_is_refused(base: EvidenceBase) -> None:
    graph = Adjacency(base.store)
    drug = f"{BASE}drug/ketamine"
    for wrong in (0, 5):
        with pytest.raises(InputRefused, match="hops"):
            neighbours(graph, drug, wrong)
    with pytest.raises(InputRefused, match="edges"):
        paths(graph, drug, f"{BASE}outcome/nausea", 7)
    with pytest.raises(UnknownTerm):
        neighbours(graph, f"{BASE}drug/none")
    with pytest.raises(UnknownTerm):
        paths(graph, drug, f"{BASE}drug/none")
    with pytest.raises(InputRefused, match="not an IRI"):
        graph.edges(f"{BASE}drug/a> ?x ?y }} #", ALL)
