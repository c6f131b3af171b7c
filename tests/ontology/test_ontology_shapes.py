"""The shapes as files: named rules, remedies, both severities, no way around them."""

from __future__ import annotations

import re
import time

import pytest
from pyshacl import validate as pyshacl_validate
from rdflib import BNode, Literal, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, SKOS
from rdflib.term import Node

from kg.iris import EV
from tests.ontology.ontology_files import evidence, rules, shapes

NAME = re.compile(r"\w+Shape-\w+")
PATTERNS = sorted({str(p) for p in shapes().graph.objects(None, SH.pattern)})


def own_properties() -> dict[str, set[Node]]:
    """Return, for each class, the properties whose domain is that class alone."""
    found: dict[str, set[Node]] = {}
    for p, c in evidence().subject_objects(RDFS.domain):
        if isinstance(c, URIRef) and c.startswith(EV):
            found.setdefault(c.removeprefix(EV), set()).add(p)
    return found


def test_shapes_are_well_formed_by_the_shapes_of_shapes() -> None:
    conforms, _, text = pyshacl_validate(shapes().graph, shacl_graph=None, meta_shacl=True, inference="none")
    assert conforms, text


def test_every_rule_has_a_name_and_one_message_that_says_the_remedy() -> None:
    graph = shapes().graph
    nested = set(graph.objects(None, SH["property"])) | set(graph.objects(None, SH.sparql))
    assert nested - {URIRef(EV + rule) for rule in rules()} - {n for n in nested if isinstance(n, BNode)} == set()
    for rule in rules():
        assert NAME.fullmatch(rule)
        messages = list(graph.objects(URIRef(EV + rule), SH.message))
        assert len(messages) == 1, rule
        assert re.search(r"[;.:,] \w", str(messages[0])), f"{rule}: say what to do, not only what is wrong"


def test_both_severities_are_in_use() -> None:
    graph = shapes().graph
    assert set(graph.objects(None, SH.severity)) == {SH.Warning}
    assert len(list(graph.subjects(SH.severity, SH.Warning))) >= 5


def test_every_own_property_of_a_class_leads_to_its_shape() -> None:
    graph = shapes().graph
    for name, properties in own_properties().items():
        shape = URIRef(f"{EV}{name}Shape")
        targeted = set(graph.objects(shape, SH.targetSubjectsOf))
        assert targeted == properties, f"{name}Shape targets the subjects of its own properties"
        assert set(graph.objects(URIRef(f"{EV}{name}Shape-type"), SH.targetSubjectsOf)) == properties


def test_every_class_of_things_has_a_shape() -> None:
    graph, vocabulary = shapes().graph, evidence()
    targeted = set(graph.objects(None, SH.targetClass))
    enumerations = set(vocabulary.subjects(OWL.oneOf))
    for c in vocabulary.subjects(RDF.type, OWL.Class):
        if isinstance(c, URIRef) and c not in enumerations:
            assert targeted & set(vocabulary.transitive_objects(c, RDFS.subClassOf)), f"no shape for {c}"


def test_every_property_is_looked_at_by_some_shape() -> None:
    graph, vocabulary = shapes().graph, evidence()
    looked = set(graph.objects(None, SH.path)) | set(graph.objects(None, SH.targetSubjectsOf))
    for kind in (OWL.ObjectProperty, OWL.DatatypeProperty, RDF.Property):
        assert {p for p in vocabulary.subjects(RDF.type, kind) if str(p).startswith(EV)} - looked == set()


def test_lists_of_values_are_those_of_the_enumerations() -> None:
    graph, vocabulary = shapes().graph, evidence()
    ranges = {p: c for p, c in vocabulary.subject_objects(RDFS.range) if (c, OWL.oneOf, None) in vocabulary}
    checked = set()
    for shape, values in graph.subject_objects(SH["in"]):
        p = graph.value(shape, SH.path)
        if p in ranges and isinstance(shape, URIRef):
            allowed = vocabulary.value(ranges[p], OWL.oneOf)
            assert allowed is not None
            assert list(graph.items(values)) == list(vocabulary.items(allowed)), shape
            checked.add(p)
    assert checked == set(ranges)


def test_only_class_and_subject_targets_are_used() -> None:
    graph = shapes().graph
    for target in (SH.targetNode, SH.targetObjectsOf, SH.target, SH.js, SH.rule):
        assert next(graph.subject_objects(target), None) is None


def test_constraints_ask_for_nothing_outside() -> None:
    for text in map(str, shapes().graph.objects(None, SH.select)):
        assert not re.search(r"\b(SERVICE|FROM|GRAPH|LOAD)\b", text)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_are_linear(pattern: str) -> None:
    assert not re.search(r"[*+}]\)[*+{]", pattern), "no quantifier over a group that ends in one"
    compiled = re.compile(pattern)
    start = time.process_time()
    for hostile in (
        "a" * 50_000,
        "10.1234/" + "a" * 50_000 + " ",
        "N" * 50_000 + "!",
        " " * 50_000,
        "1" * 50_000 + "x",
    ):
        compiled.search(hostile)
    assert time.process_time() - start < 1


def test_scopes_of_labels_are_checked_in_one_language() -> None:
    assert (URIRef(EV + "ConceptShape-prefLabel"), SH.uniqueLang, Literal(True)) in shapes().graph
    assert (URIRef(EV + "ConceptShape-prefLabel"), SH.path, SKOS.prefLabel) in shapes().graph
