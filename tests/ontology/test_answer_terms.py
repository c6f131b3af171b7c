"""The words of answers are declared, and kept apart from those of records."""

from __future__ import annotations

from rdflib import OWL, RDF, RDFS, URIRef
from rdflib.namespace import SKOS

from kg.asked import of
from kg.evidence_base import EvidenceBase
from kg.formats.answer_rdf import answer_triples
from kg.iris import EV
from tests.ontology.ontology_files import FOLDER, evidence, read


def declared(*names: str) -> set[str]:
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
    graph = read(*(FOLDER / name for name in names))
    return {str(s) for kind in kinds for s in graph.subjects(RDF.type, kind) if isinstance(s, URIRef)}


def test_every_word_of_an_answer_is_declared(base: EvidenceBase) -> None:
    answer = base.ask(of(intervention="ketamine", comparator="placebo", outcome="psychotomimetic"))
    used = {t.predicate.value for t in answer_triples(answer)}
    used |= {str(t.object)[1:-1] for t in answer_triples(answer) if t.predicate.value == str(RDF.type)}
    own = {name for name in used if name.startswith(EV)}
    assert own <= declared("evidence.ttl", "answers.ttl")
    assert own & declared("answers.ttl")


def test_words_of_answers_have_labels_and_definitions_and_are_not_words_of_records() -> None:
    answers = read(FOLDER / "answers.ttl")
    for term in declared("answers.ttl"):
        assert (URIRef(term), RDFS.label, None) in answers
        assert (URIRef(term), SKOS.definition, None) in answers
        assert (URIRef(term), RDF.type, None) not in evidence()
