"""The vocabulary, the concept schemes and the prefixes hold together."""

from __future__ import annotations

import csv
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS
from rdflib.term import Node

from kg.iris import BASE, EV, expand, prefixes
from tests.ontology.ontology_files import (
    FOLDER,
    INVALID,
    SHAPE_FILES,
    VALID,
    VOCABULARIES,
    evidence,
    read,
    vocabularies,
)

TERMS = FOLDER.parents[1] / "shared" / "design" / "terms.csv"
ONTOLOGY = URIRef(EV.removesuffix("#"))
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, RDF.Property, OWL.NamedIndividual)
REUSE = (
    RDFS.subClassOf, RDFS.subPropertyOf, SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch
)  # fmt: skip
STANDARD = tuple(map(str, (RDF, RDFS, OWL, SKOS, DCTERMS, Namespace("http://www.w3.org/ns/prov#"))))
E_ = Namespace(EV)


def terms() -> set[Node]:
    """Return every term of our namespace that the vocabulary declares."""
    return {s for kind in KINDS for s in evidence().subjects(RDF.type, kind) if str(s).startswith(EV)}


def used(graph: Graph) -> set[str]:
    """Return every term of our namespace in a graph, in the text of queries too."""
    found = {str(t) for triple in graph for t in triple if isinstance(t, URIRef) and t.startswith(EV)}
    for text in (str(t) for t in graph.objects() if isinstance(t, Literal)):
        found |= {EV + name for name in re.findall(r"(?<![\w<])ev:(\w+)(?![\w-])", text)}
    return found


@pytest.mark.parametrize(
    "path",
    [*VOCABULARIES, *SHAPE_FILES, *VALID, *INVALID, FOLDER / "examples" / "context.ttl"],
    ids=lambda p: f"{p.parent.name}/{p.stem}",
)
def test_every_term_in_use_is_declared(path: Path) -> None:
    known = {str(t) for t in terms()}
    made_up = {"graph-unknown-property": EV + "colour", "graph-unknown-class": EV + "Potion"}
    shapes_of_ours = re.compile(re.escape(EV) + r"\w+Shape(-\w+)?")
    unknown = {t for t in used(read(path)) - known if not shapes_of_ours.fullmatch(t)}
    assert unknown == ({made_up[path.stem]} if path.stem in made_up and path in INVALID else set())


def test_every_term_has_a_label_a_definition_and_a_home() -> None:
    graph = evidence()
    for term in terms():
        for wanted in (RDFS.label, SKOS.definition):
            texts = list(graph.objects(term, wanted))
            assert [t.language for t in texts if isinstance(t, Literal)] == ["en"], f"{term} needs one {wanted}@en"
        assert graph.value(term, RDFS.isDefinedBy) == ONTOLOGY, term


def test_every_property_has_a_kind_of_its_own_and_names_known_classes() -> None:
    graph = evidence()
    properties = {p for kind in KINDS[1:4] for p in graph.subjects(RDF.type, kind)}
    assert all(sum((p, RDF.type, kind) in graph for kind in KINDS[1:4]) == 1 for p in properties)
    for p in properties:
        for end in (RDFS.domain, RDFS.range):
            for c in graph.objects(p, end):
                union = graph.value(c, OWL.unionOf)
                for member in [c] if union is None else graph.items(union):
                    assert not str(member).startswith(EV) or member in terms(), f"{p} names {member}"


def test_ontology_has_a_licence_and_a_version() -> None:
    for wanted in (DCTERMS.title, DCTERMS.description, DCTERMS.license, OWL.versionInfo, OWL.versionIRI):
        assert evidence().value(ONTOLOGY, wanted) is not None, wanted


def outside() -> Iterator[tuple[Node, Node, str]]:
    """Yield each outside term that one of ours is said to specialise or to match."""
    for p in REUSE:
        for s, o in evidence().subject_objects(p):
            if isinstance(o, URIRef) and not str(o).startswith((EV, *STANDARD)):
                yield s, p, str(o)
    for measure in vocabularies().subjects(RDF.type, E_.Measure):
        for o in vocabularies().objects(measure, SKOS.exactMatch):
            yield measure, SKOS.exactMatch, str(o)


@pytest.mark.skipif(
    not TERMS.exists() and os.environ.get("CI") != "true", reason="the list of outside terms is not on this machine"
)
def test_outside_terms_are_on_the_list_of_terms_to_reuse() -> None:
    with TERMS.open(encoding="utf-8", newline="") as file:
        listed = {row["chosen_iri"] for row in csv.DictReader(file)}
    assert [found for found in outside() if found[2] not in listed] == []


def test_no_label_names_two_concepts_of_a_scheme() -> None:
    graph = vocabularies()
    named: defaultdict[tuple[Node, str], set[Node]] = defaultdict(set)
    for concept, scheme in graph.subject_objects(SKOS.inScheme):
        for wanted in (SKOS.prefLabel, SKOS.altLabel, SKOS.notation):
            for label in graph.objects(concept, wanted):
                named[scheme, str(label).casefold()].add(concept)
    assert {key: found for key, found in named.items() if len(found) > 1} == {}


@pytest.mark.parametrize("link", [SKOS.broader, RDFS.subClassOf, RDFS.subPropertyOf], ids=lambda p: p.split("#")[-1])
def test_hierarchies_have_no_circles(link: URIRef) -> None:
    graph = evidence() + vocabularies()
    for node in set(graph.subjects(link)):
        above = {a for step in graph.objects(node, link) for a in graph.transitive_objects(step, link)}
        assert node not in above


def test_related_is_said_on_both_sides_and_is_never_broader() -> None:
    graph = vocabularies()
    for a, b in graph.subject_objects(SKOS.related):
        assert (b, SKOS.related, a) in graph
        assert b not in set(graph.transitive_objects(a, SKOS.broader))


def test_every_concept_is_in_the_tree_of_its_scheme() -> None:
    graph = vocabularies()
    for concept, scheme in graph.subject_objects(SKOS.inScheme):
        at_top = (scheme, SKOS.hasTopConcept, concept) in graph
        assert at_top == ((concept, SKOS.topConceptOf, scheme) in graph)
        assert at_top != ((concept, SKOS.broader, None) in graph), concept


def test_the_notation_of_a_concept_ends_its_iri() -> None:
    for concept in set(vocabularies().subjects(SKOS.inScheme)):
        notations = set(map(str, vocabularies().objects(concept, SKOS.notation)))
        assert str(concept).rpartition("/")[2] in notations


def test_psychotomimetic_and_chronic_pain_stand_above_their_kinds() -> None:
    graph = vocabularies()

    def above(kind: str, slug: str) -> set[str]:
        found = graph.transitive_objects(URIRef(f"{BASE}{kind}/{slug}"), SKOS.broader)
        return {str(c).removeprefix(f"{BASE}{kind}/") for c in found}

    for slug in ("delusion", "delirium", "paranoia", "visual-hallucination", "dissociation", "depersonalisation"):
        assert {"psychotomimetic", "any-adverse-event"} <= above("adverse-effect", slug)
    for slug in ("postherpetic-neuralgia", "fibromyalgia", "complex-regional-pain-syndrome-type-1"):
        assert "chronic-pain" in above("condition", slug)
    assert "chronic-pain" not in above("condition", "diabetic-neuropathy")
    assert {"psychotomimetic", "any-adverse-event"} <= above("outcome", "hallucination")


def test_no_outside_thing_is_the_same_as_two_concepts() -> None:
    same: defaultdict[Node, set[Node]] = defaultdict(set)
    for concept, thing in vocabularies().subject_objects(SKOS.exactMatch):
        same[thing].add(concept)
    assert {thing: found for thing, found in same.items() if len(found) > 1} == {}


def test_every_mapping_states_a_curie_that_gives_its_object() -> None:
    graph, known = vocabularies(), prefixes(FOLDER)
    mappings = list(graph.subjects(RDF.type, E_.Mapping))
    assert len(mappings) > 200
    for mapping in mappings:
        assert expand(str(graph.value(mapping, E_.curie)), known) == str(graph.value(mapping, E_.object))


def test_every_match_of_a_concept_has_a_mapping_that_says_who_states_it() -> None:
    graph = vocabularies()
    stated = {
        (graph.value(m, E_.subject), graph.value(m, E_.predicate), graph.value(m, E_.object))
        for m in graph.subjects(RDF.type, E_.Mapping)
    }
    for kind in (E_.Condition, E_.AdverseEffect):
        for concept in graph.subjects(RDF.type, kind):
            for match in (SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch):
                assert all((concept, match, thing) in stated for thing in graph.objects(concept, match))


def test_prefixes_of_all_files_are_those_of_the_list() -> None:
    known = prefixes(FOLDER)
    line = re.compile(r"^@prefix ([\w.-]+): <([^>]+)> \.$", re.MULTILINE)
    for path in sorted(FOLDER.rglob("*.ttl")):
        for prefix, namespace in line.findall(path.read_text(encoding="utf-8")):
            assert known[prefix] == namespace, f"{path.name} has another {prefix}"
