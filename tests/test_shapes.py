"""The gate: verdicts, reports, and the ways around it that are closed."""

from __future__ import annotations

import json
import math
import socket
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from pyshacl import validate as pyshacl_validate
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SH, XSD

from kg.errors import InputRefused
from kg.iris import BASE, EV
from kg.shapes import Report, Shapes

FOLDER = Path(__file__).resolve().parents[1] / "ontology"
EXAMPLES = FOLDER / "examples"
HEAD = f"""@base <{BASE}> . @prefix ev: <{EV}> . @prefix xsd: <{XSD}> .
@prefix rdfs: <{RDFS}> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix sh: <{SH}> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
DRUG = '<drug/example> a ev:Drug ; rdfs:label "example"@en ; ev:source "made up" .'
RESULT = """<result/example/1> a ev:ContinuousResult ; ev:source "made up" ; ev:sourceKind ev:primary ;
    ev:ofTrial <trial/one> ; ev:ofArm <trial/one/arm/a> ; ev:outcome <outcome/pain-intensity> ;
    ev:instrument <instrument/vas-pain-cm> ; ev:valueKind ev:final ; ev:n 30 ; """


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    """The gate."""
    return Shapes.load(FOLDER)


@pytest.fixture(scope="module")
def world() -> Graph:
    """What the examples refer to."""
    graph = Graph()
    for path in [EXAMPLES / "context.ttl", *sorted((FOLDER / "vocabularies").glob("*.ttl"))]:
        graph.parse(path, format="turtle")
    return graph


def turtle(text: str) -> Graph:
    """Read Turtle with the usual prefixes."""
    return Graph().parse(data=HEAD + text, format="turtle")


def broken(report: Report) -> set[str]:
    """Return the local names of the rules that a report says are broken."""
    return {f.shape.removeprefix(EV) for f in report.results}


def test_same_folder_gives_the_same_shapes() -> None:
    assert Shapes.load(FOLDER) is Shapes.load(FOLDER / ".." / "ontology")


def test_a_folder_without_shapes_is_refused(tmp_path: Path) -> None:
    for name in ("evidence.ttl", "answers.ttl", "functions.ttl"):
        (tmp_path / name).write_text("")
    with pytest.raises(InputRefused, match="no shapes in"):
        Shapes.load(tmp_path).validate(())


def test_nothing_conforms(shapes: Shapes) -> None:
    report = shapes.validate(())
    assert report.conforms
    assert report.results == ()
    assert (BNode("report"), SH.conforms, Literal(True)) in report.graph()


def test_a_warning_does_not_keep_a_record_out(shapes: Shapes, world: Graph) -> None:
    report = shapes.validate(Graph().parse(EXAMPLES / "invalid" / "study-sd-small-for-scale.ttl"), world)
    assert report.conforms
    (found,) = report.warnings
    assert report.violations == ()
    assert found.focus == f"{BASE}trial/one"
    assert str(found.value) == f"{BASE}result/example/1"
    assert found.path == EV + "sd"
    assert "below a tenth of its scale (0 to 100)" in found.message


def test_a_finding_names_focus_property_value_rule_and_remedy(shapes: Shapes, world: Graph) -> None:
    report = shapes.validate(turtle(RESULT + "ev:mean 4 ; ev:sd 0 ."), world)
    (found,) = report.violations
    assert (found.severity, found.focus, found.path) == ("violation", f"{BASE}result/example/1", EV + "sd")
    assert found.value == Literal(0)
    assert found.shape == EV + "ContinuousResultShape-sd"
    assert found.component == str(SH.MinInclusiveConstraintComponent)
    assert found.message.endswith("leave it out and say ev:notReported ev:sd.")


def test_a_rule_on_several_properties_names_the_one_to_look_at(shapes: Shapes, world: Graph) -> None:
    report = shapes.validate(Graph().parse(EXAMPLES / "invalid" / "dichotomous-result-total-or-gap.ttl"), world)
    assert [f.path for f in report.violations] == [EV + "total"]
    report = shapes.validate(Graph().parse(EXAMPLES / "invalid" / "result-own-arm.ttl"), world)
    assert {f.path for f in report.violations} == {EV + "ofArm"}


def test_messages_say_where_a_scale_has_no_end(shapes: Shapes, world: Graph) -> None:
    text = RESULT.replace("vas-pain-cm", "pain-reduction-percent-mean") + "ev:mean 140 ; ev:sd 10 ."
    (found,) = shapes.validate(turtle(text), world).violations
    assert "(from no limit to 100)" in found.message


TOGETHER = (
    "arm-role", "study-doi", "randomised-trial-arms", "result-own-arm", "study-contrast-interval-impossible",
    "concept-label-once", "instrument-range", "published-estimate-i2", "merged-arm-not-itself", "mapping-direct-triple",
    "condition-kind-of-broader", "drug-no-circle", "drug-action-value-and-unit", "record-digest", "measure-scale",
    "analysis-split-by-variable", "risk-of-bias-judgement-domain", "subgroup-assignment-subgroup-level",
    "protocol-is-default", "time-band-order", "review-pmid",
)  # fmt: skip
"""Examples about different things, which can stand in one graph; together they use every kind of constraint."""


def test_verdicts_are_those_of_pyshacl_on_the_merged_graph(shapes: Shapes, world: Graph) -> None:
    candidate = sum((Graph().parse(EXAMPLES / "invalid" / f"{name}.ttl") for name in TOGETHER), Graph())
    merged = candidate + Graph().parse(EXAMPLES / "context.ttl")
    for _ in range(4):
        for node in set(merged.objects()) - set(merged.subjects()):
            for triple in world.triples((node, None, None)):
                merged.add(triple)
    about = {str(s) for s in candidate.subjects()}
    ours = {f for f in shapes.validate(candidate, merged).results if f.focus in about}
    evidence = Graph().parse(FOLDER / "evidence.ttl")
    _, report, _ = pyshacl_validate(merged, shacl_graph=shapes.graph, ont_graph=evidence, inference="none")
    assert isinstance(report, Graph)
    theirs = {
        (
            str(report.value(r, SH.focusNode)),
            str(report.value(r, SH.sourceConstraint) or report.value(r, SH.sourceShape)),
            str(report.value(r, SH.sourceConstraintComponent)),
            str(report.value(r, SH.value)),
        )
        for r in report.subjects(RDF.type, SH.ValidationResult)
        if str(report.value(r, SH.focusNode)) in about
    }
    assert {(f.focus, f.shape, f.component, str(f.value)) for f in ours} == theirs
    assert len({f.shape for f in ours}) >= len(TOGETHER)


def test_report_is_a_shacl_report(shapes: Shapes, world: Graph) -> None:
    candidate = Graph().parse(EXAMPLES / "invalid" / "result-own-arm.ttl")
    candidate += Graph().parse(EXAMPLES / "invalid" / "drug-no-circle.ttl")
    report = shapes.validate(candidate, world)
    graph = report.graph()
    results = list(graph.objects(BNode("report"), SH.result))
    assert len(results) == len(report.results)
    for result in results:
        for wanted in (SH.focusNode, SH.resultSeverity, SH.sourceShape, SH.sourceConstraintComponent, SH.resultMessage):
            assert len(list(graph.objects(result, wanted))) == 1
    constraint = graph.value(None, SH.sourceConstraint, URIRef(EV + "DrugShape-noCircle"))
    assert graph.value(constraint, SH.sourceShape) == URIRef(EV + "DrugShape-contradictions")
    longer = next(r for r in results if graph.value(r, SH.sourceShape) == URIRef(EV + "ResultShape-ownArm"))
    path = graph.value(longer, SH.resultPath)
    assert path is not None
    steps = list(graph.items(path))
    assert steps[0] == URIRef(EV + "ofArm")
    assert (steps[1], SH.inversePath, URIRef(EV + "hasArm")) in graph
    assert len(Graph().parse(data=report.to_turtle(), format="turtle")) == len(graph)
    assert len(Graph().parse(data=report.to_jsonld(), format="json-ld")) == len(graph)
    assert json.loads(report.to_jsonld())["@context"]["sh"] == str(SH)


def test_report_is_the_same_every_time(shapes: Shapes, world: Graph) -> None:
    candidate = sum((Graph().parse(p) for p in sorted((EXAMPLES / "invalid").glob("arm-*.ttl"))), Graph())
    first, second = shapes.validate(candidate, world), shapes.validate(sorted(candidate, reverse=True), world)
    assert first == second
    assert len(first.results) > 10
    assert first.to_turtle() == second.to_turtle()
    assert [f.severity for f in first.results] == sorted(f.severity for f in first.results)


def test_triples_of_pyoxigraph_are_taken(shapes: Shapes, world: Graph) -> None:
    text = HEAD + RESULT + "ev:mean 4.5 ; ev:sd 2.5 ."
    statements = [
        ox.Triple(q.subject, q.predicate, q.object) for q in ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)
    ]
    around = ox.parse(world.serialize(format="nt").encode(), format=ox.RdfFormat.N_TRIPLES)
    assert shapes.validate(iter(statements), (t.triple for t in around)).results == ()
    assert "ContinuousResultShape-type" not in broken(shapes.validate(statements))
    assert "ResultShape-ofTrial" in broken(shapes.validate(statements)), "without context the trial is not known"


@pytest.mark.parametrize("lexical", ["NaN", "INF", "-INF", "1e308", "1E-300", "abc", "0x1F", "1 000", "1,5", ""])
@pytest.mark.parametrize("datatype", [XSD.decimal, XSD.double, XSD.float, XSD.integer])
def test_numbers_that_are_none_are_refused(shapes: Shapes, world: Graph, lexical: str, datatype: URIRef) -> None:
    s = ox.NamedNode(f"{BASE}result/example/1")
    number = ox.Literal(lexical, datatype=ox.NamedNode(str(datatype)))
    statements: list[Any] = [
        *turtle(RESULT + "ev:mean 4.5 ; ev:sd 2.5 ."),
        ox.Triple(s, ox.NamedNode(EV + "se"), number),
    ]
    assert broken(shapes.validate(statements, world)) == {"GraphShape-lexicalForm"}


def test_markup_is_refused_without_being_read(shapes: Shapes) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    xml = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral")
    note = ox.Triple(ox.NamedNode(f"{BASE}drug/example"), ox.NamedNode(EV + "note"), ox.Literal(bomb, datatype=xml))
    (found,) = shapes.validate([*turtle(DRUG), note]).violations
    assert found.shape == EV + "GraphShape-lexicalForm"
    assert str(found.value) == bomb


def test_a_result_brings_its_trial_into_focus(shapes: Shapes, world: Graph) -> None:
    candidate = Graph().parse(EXAMPLES / "invalid" / "study-counted-within-randomised.ttl")
    assert all(s != URIRef(f"{BASE}trial/one") for s in candidate.subjects())
    assert broken(shapes.validate(candidate, world)) == {"StudyShape-countedWithinRandomised"}


def test_what_refers_to_a_changed_thing_comes_into_focus(shapes: Shapes, world: Graph) -> None:
    around = world + turtle(RESULT.replace("vas-pain-cm", "made-up") + "ev:mean 40 ; ev:sd 20 .")
    instrument = """<instrument/made-up> a ev:Instrument , skos:Concept ; skos:prefLabel "made up"@en ;
        skos:inScheme <scheme/example> ; ev:scaleMinimum 0 ; ev:scaleMaximum {} ."""
    assert shapes.validate(turtle(instrument.format(100)), around).conforms
    again = turtle(instrument.format(10)) + turtle(RESULT.replace("vas-pain-cm", "made-up") + "ev:mean 40 ; ev:sd 20 .")
    assert "StudyShape-finalValueInRange" in broken(shapes.validate(again, world))


def test_focus_limits_the_rules_to_some_nodes(shapes: Shapes, world: Graph) -> None:
    candidate = turtle('<drug/x> a ev:Drug ; ev:source "made up" . <drug/y> a ev:Drug ; ev:source "made up" .')
    report = shapes.validate(candidate, world, focus={f"{BASE}drug/x"})
    assert {f.focus for f in report.results} == {f"{BASE}drug/x"}
    assert len(shapes.validate(candidate, world).results) == 2


def test_context_is_seen_and_not_judged(shapes: Shapes) -> None:
    around = turtle("<drug-class/x> a ev:DrugClass .")
    candidate = turtle(DRUG + " <drug/example> ev:inClass <drug-class/x> .")
    assert shapes.validate(candidate, around).results == ()
    assert broken(shapes.validate(candidate)) == {"DrugShape-inClass"}


WALKS = {
    "an unknown property": (DRUG + " <drug/example> ev:eventz 3 .", "GraphShape-unknownProperty"),
    "an unknown class": (DRUG + " <drug/example> a ev:Drugg .", "GraphShape-unknownClass"),
    "no type at all": ("<drug/example> ev:role ev:placebo .", "ArmShape-type"),
    "no type and a foreign property": ("<drug/example> <https://example.org/p> 1 .", "GraphShape-noShape"),
    "a foreign type": ("<drug/example> a <https://example.org/Drug> .", "GraphShape-noShape"),
    "two types": (DRUG + " <drug/example> a ev:Arm .", "GraphShape-incompatibleClasses"),
    "a type that the record makes a subclass": (
        "<https://example.org/Cat> rdfs:subClassOf ev:Drug . <drug/example> a <https://example.org/Cat> .",
        "GraphShape-schemaStatement",
    ),
    "a class taken out of its place": (DRUG + " ev:Drug rdfs:subClassOf ev:Gap .", "GraphShape-schemaStatement"),
    "a shape of its own": ("<drug/example> a sh:NodeShape ; sh:deactivated true .", "GraphShape-schemaStatement"),
    "a shape switched off": ("ev:ArmShape-role sh:deactivated true .", "GraphShape-schemaStatement"),
    "an import": ("<drug/example> owl:imports <http://127.0.0.1:9/x> .", "GraphShape-schemaStatement"),
    "a script": (
        '<drug/example> sh:js <x> . <x> sh:jsLibrary <y> . <y> sh:jsLibraryURL "http://127.0.0.1:9/x.js" .',
        "GraphShape-schemaStatement",
    ),
    "a query of its own": (
        '<drug/example> sh:sparql <q> . <q> sh:select "SELECT $this { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }" .',
        "GraphShape-schemaStatement",
    ),
    "a property redefined": ("ev:events rdfs:domain ev:Drug .", "GraphShape-schemaStatement"),
    "a blank node": (DRUG + ' [] a ev:Drug ; rdfs:label "b"@en ; ev:source "made up" .', "GraphShape-blankNode"),
    "a blank list like those of the vocabulary": ("[] a owl:Class ; owl:unionOf () .", "GraphShape-blankNode"),
    "the same as a trial": (DRUG + " <drug/example> owl:sameAs <trial/one> .", "GraphShape-schemaStatement"),
    "a total that is missing without a word": (
        """<result/x/1> a ev:DichotomousResult ; ev:source "made up" ; ev:sourceKind ev:primary ;
        ev:ofTrial <trial/one> ; ev:ofArm <trial/one/arm/a> ; ev:outcome <outcome/nausea> ; ev:events 12 .""",
        "DichotomousResultShape-totalOrGap",
    ),
    "two totals, one of them large enough": (
        """<result/x/1> a ev:DichotomousResult ; ev:source "made up" ; ev:sourceKind ev:primary ;
        ev:ofTrial <trial/one> ; ev:ofArm <trial/one/arm/a> ; ev:outcome <outcome/nausea> ;
        ev:events 12 ; ev:total 10 , 20 .""",
        "DichotomousResultShape-total",
    ),
}


@pytest.mark.parametrize("walk", WALKS)
def test_no_way_around(shapes: Shapes, world: Graph, walk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the gate fetches nothing")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    text, rule = WALKS[walk]
    report = shapes.validate(turtle(text), world)
    assert not report.conforms
    assert rule in broken(report)


def test_a_refused_subclass_does_not_help_the_rest_of_the_record(shapes: Shapes, world: Graph) -> None:
    cat = "<https://example.org/Cat> rdfs:subClassOf ev:Arm . <cat/1> a <https://example.org/Cat> ."
    report = shapes.validate(turtle(cat), world)
    assert {f.focus for f in report.results if f.shape.endswith("noShape")} == {f"{BASE}cat/1"}


def test_the_vocabulary_itself_may_stand_beside_the_records(shapes: Shapes) -> None:
    parsed = ox.parse((FOLDER / "evidence.ttl").read_bytes(), format=ox.RdfFormat.TURTLE, base_iri=BASE)
    named: dict[str, ox.NamedNode] = {}

    def node(term: Any) -> Any:
        if not isinstance(term, ox.BlankNode):
            return term
        return named.setdefault(term.value, ox.NamedNode(f"{BASE}ontology/evidence/node/{len(named) + 1}"))

    assert shapes.validate(ox.Triple(node(q.subject), q.predicate, node(q.object)) for q in parsed).results == ()


def test_statements_about_statements_are_refused(shapes: Shapes) -> None:
    inner = ox.Triple(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.NamedNode("urn:o"))
    quoted = ox.Triple(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), inner)
    with pytest.raises(InputRefused, match="not about statements"):
        shapes.validate([quoted])


def test_hostile_text_is_only_text(shapes: Shapes, world: Graph) -> None:
    label = Literal('\\1 \\g<0> {?value} <script>"', lang="en")
    a, b = URIRef(f"{BASE}concept/x"), URIRef(f"{BASE}concept/y")
    candidate = turtle(
        """<concept/x> a skos:Concept ; skos:inScheme <scheme/example> .
        <concept/y> a skos:Concept ; skos:inScheme <scheme/example> ."""
    )
    for concept in (a, b):
        candidate.add((concept, URIRef("http://www.w3.org/2004/02/skos/core#prefLabel"), label))
    assert broken(shapes.validate(candidate, world)) == {"ConceptShape-labelOnce"}


@pytest.mark.parametrize("upper", [1.02, 1.5, 2.0, 3.7, 15.9, 255.0, 257.0, 65_535.0, 1e6, 5e9, 9e9])
@pytest.mark.parametrize("multiple", [1.0, 1.49, 1.51, 1.79, 1.81, 1.96, 2.3, 2.32, 4.49, 4.51, 9.0])
def test_interval_of_a_ratio_is_compared_on_the_log_scale(
    shapes: Shapes, world: Graph, upper: float, multiple: float
) -> None:
    ratio = upper / 0.1
    se = math.log(ratio) / (2 * multiple)
    text = f"""<contrast/x/1> a ev:ContrastResult ; ev:source "made up" ; ev:sourceKind ev:primary ;
        ev:ofTrial <trial/one> ; ev:experimentalArm <trial/one/arm/a> ; ev:controlArm <trial/one/arm/placebo> ;
        ev:outcome <outcome/nausea> ; ev:measure <measure/RR> ; ev:estimate 0.5 ;
        ev:se {se:.12f} ; ev:ciLow 0.1 ; ev:ciHigh {upper:.6f} ."""
    found = broken(shapes.validate(turtle(text), world)) - {
        "ContrastResultShape-estimate",
        "ContrastResultShape-ciHigh",
    }
    if not 1.5 <= multiple <= 4.5:
        assert found == {"StudyShape-contrastIntervalImpossible"}
    elif not 1.8 <= multiple <= 2.31:
        assert found == {"StudyShape-contrastIntervalUnlikely"}
    else:
        assert found == set()


def test_gaps_are_legal_when_they_are_said(shapes: Shapes, world: Graph) -> None:
    contrast = """<contrast/x/{}> a ev:ContrastResult ; ev:source "made up" ; ev:sourceKind ev:primary ;
        ev:ofTrial <trial/one> ; ev:experimentalArm <trial/one/arm/a> ; ev:controlArm <trial/one/arm/placebo> ;
        ev:outcome <outcome/pain-intensity> ; {} ."""
    text = "\n".join(
        [
            RESULT + "ev:mean 4.5 ; ev:notReported ev:sd .",
            RESULT.replace("/1>", "/2>", 1).replace("ev:n 30 ; ", "") + "ev:mean 4.5 ; ev:notReported ev:sd , ev:n .",
            contrast.format(1, 'ev:pText "<0.0001" ; ev:pValue 0.0001 ; ev:pRelation "<" ; ev:notReported ev:estimate'),
            contrast.format(2, 'ev:pText "NS" ; ev:notReported ev:estimate'),
            contrast.format(3, "ev:measure <measure/SMD> ; ev:estimate -1.43 ; ev:notReported ev:se"),
            """<trial/x> a ev:RandomisedTrial ; rdfs:label "x"@en ; ev:source "made up" ; ev:notReported ev:year ;
            ev:hasArm <trial/x/arm/a> , <trial/x/arm/b> .
            <trial/x/arm/a> a ev:Arm ; rdfs:label "a"@en ; ev:source "made up" ; ev:role ev:experimental .
            <trial/x/arm/b> a ev:Arm ; rdfs:label "b"@en ; ev:source "made up" ; ev:role ev:usualCare .""",
            """<result/x/9> a ev:DichotomousResult ; ev:source "made up" ; ev:sourceKind ev:secondary ;
            ev:ofTrial <trial/one> ; ev:ofArm <trial/one/arm/a> ; ev:outcome <outcome/nausea> ; ev:events 0 ;
            ev:notReported ev:total .""",
            """<study/x> a ev:Study ; rdfs:label "registry record"@en ; ev:source "made up" ;
            ev:registration "NCT01234567" .""",
        ]
    )
    assert shapes.validate(turtle(text), world).results == ()
