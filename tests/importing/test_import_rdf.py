"""RDF by our vocabulary: a named graph is a record, what stands in none goes with its owner, and some is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Triple, parse, serialize

from kg.evidence_base import EvidenceBase
from kg.export import export
from kg.importing import ImportReport, import_paths, import_records
from kg.iris import BASE, EV
from tests.importing.test_import_units import rows, unit
from tests.intake_support import state

HEAD = f"@base <{BASE}> . @prefix ev: <{EV}> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
SAID = 'ev:source "a report" ; ev:locator "table 1" ; ev:sourceKind ev:primary'
DRUG = f'<drug/new-drug> a ev:Drug ; rdfs:label "new drug"@en ; {SAID} .'
TRIAL = f"""<trial/one-2020> a ev:RandomisedTrial ; rdfs:label "One"@en ; ev:studyLabel "One 2020" ; ev:year 2020 ;
    ev:design ev:parallel ; ev:condition <condition/fibromyalgia> ; {SAID} ;
    ev:hasArm <trial/one-2020/arm/a> , <trial/one-2020/arm/b> .
<trial/one-2020/arm/a> a ev:Arm ; rdfs:label "a"@en ; ev:interventionText "a" ; ev:role ev:experimental ;
    ev:studied <drug/ketamine> ; ev:randomised 20 ; {SAID} .
<trial/one-2020/arm/b> a ev:Arm ; rdfs:label "b"@en ; ev:interventionText "b" ; ev:role ev:placebo ;
    ev:studied <drug/placebo> ; ev:randomised 20 ; {SAID} ."""
RESULT = f"""<result/mine/one-2020/1> a ev:DichotomousResult ; ev:ofTrial <trial/one-2020> ;
    ev:ofArm <trial/one-2020/arm/a> ; ev:outcome <outcome/nausea> ; ev:events 3 ; ev:total 20 ; {SAID} ."""


def imported(base: EvidenceBase, path: Path, text: str | bytes, head: str = HEAD) -> ImportReport:
    path.write_bytes(head.encode() + (text.encode() if isinstance(text, str) else text))
    return import_paths(base, [path])


def names(report: ImportReport) -> dict[str, list[str]]:
    return {action: found for action, found in report.names.items() if found}


def remedy(report: ImportReport) -> str:
    (record,) = report.refused
    return " ".join(f"{fault.place} {fault.remedy} {fault.nearest}" for fault in record.faults)


def test_a_named_graph_is_a_record(base: EvidenceBase, tmp_path: Path) -> None:
    text = f"<graph/record/hand/new-drug/1> {{ {DRUG} }} <record/hand/one> {{ {TRIAL} {RESULT} }}"
    report = imported(base, tmp_path / "x.trig", text)
    assert names(report) == {"new": ["hand/new-drug", "hand/one"]}
    assert names(imported(base, tmp_path / "x.trig", text)) == {"unchanged": ["hand/new-drug", "hand/one"]}


@pytest.mark.parametrize(
    ("suffix", "form"),
    [
        (".nt", RdfFormat.N_TRIPLES),
        (".nq", RdfFormat.N_QUADS),
        (".jsonld", RdfFormat.JSON_LD),
        (".ttl", RdfFormat.TURTLE),
    ],
)
def test_every_form_says_the_same(base: EvidenceBase, tmp_path: Path, suffix: str, form: RdfFormat) -> None:
    triples = [Triple(q.subject, q.predicate, q.object) for q in parse((HEAD + TRIAL).encode(), RdfFormat.TURTLE)]
    content = serialize(triples, format=form)
    assert content is not None
    assert names(imported(base, tmp_path / f"x{suffix}", content, "")) == {"new": ["rdf/trial-one-2020"]}
    assert "One 2020" in {entry.alternatives[0] for entry in base.vocabulary.entries("trials") if entry.alternatives}


def test_arms_and_results_go_with_their_trial_and_results_say_its_source(base: EvidenceBase, tmp_path: Path) -> None:
    report = imported(base, tmp_path / "x.ttl", f"{RESULT} {DRUG} {TRIAL}")
    assert sorted(names(report)["new"]) == ["mine/one-2020", "rdf/drug-new-drug"]


def test_all_of_an_existing_record_is_its_new_version_and_a_part_is_beside_it(
    base: EvidenceBase, tmp_path: Path
) -> None:
    import_records(base, [unit(rows())])
    text = base.store.content("elsewhere", "smith-2020").decode()
    mended = text.replace('"9"^^', '"8"^^')
    assert names(imported(base, tmp_path / "x.nt", text, "")) == {"unchanged": ["elsewhere/smith-2020"]}
    assert names(imported(base, tmp_path / "x.nt", mended, "")) == {"changed": ["elsewhere/smith-2020"]}
    more = RESULT.replace("one-2020/arm/a", "smith-2020/arm/treated").replace("one-2020", "smith-2020")
    assert names(imported(base, tmp_path / "y.ttl", more)) == {"new": ["mine/smith-2020"]}
    part = '<trial/smith-2020> ev:country "France" .'
    report = imported(base, tmp_path / "z.ttl", part)
    assert names(report) == {"new": ["rdf/trial-smith-2020"]}
    assert base.store.content("elsewhere", "smith-2020").decode() == "".join(sorted(mended.splitlines(keepends=True)))


def test_a_second_value_for_one_thing_is_refused_and_nothing_is_lost(base: EvidenceBase, tmp_path: Path) -> None:
    import_records(base, [unit(rows())])
    before = state(base)
    report = imported(base, tmp_path / "x.ttl", "<trial/smith-2020> ev:year 2019 .")
    assert report.counts == {"refused": 1}
    assert state(base) == before


REFUSED = {
    "blank node": ("x.ttl", "<trial/x> ev:hasArm [ a ev:Arm ] .", "blank node"),
    "catalogue": ("x.trig", f"<graph/catalog> {{ {DRUG} }}", "no record"),
    "ontology graph": ("x.trig", f"<graph/ontology> {{ {DRUG} }}", "no record"),
    "another graph": ("x.trig", f"<urn:system:config> {{ {DRUG} }}", "no record"),
    "record of the store": ("x.trig", f"<graph/record/gate/shapes/1> {{ {DRUG} }}", "belongs to the store"),
    "our vocabulary": ("x.ttl", 'ev:Drug rdfs:label "Trial"@en .', "not a thing that a record may speak of"),
    "a thing outside": ("x.ttl", f'<urn:x> a ev:Drug ; rdfs:label "x"@en ; {SAID} .', "no name of a thing here"),
    "unknown property": ("x.ttl", DRUG.replace("ev:locator", "ev:locater"), "locator"),
    "unknown class": ("x.ttl", DRUG.replace("ev:Drug", "ev:Drugs"), "'Drug'"),
    "unknown drug": ("x.ttl", TRIAL.replace("drug/ketamine", "drug/ketamin"), "'ketamine'"),
    "a double": ("x.ttl", TRIAL.replace("ev:year 2020", "ev:year 2.02e3"), ""),
    "not Turtle": ("x.ttl", "this is not Turtle", "does not parse"),
    "a context elsewhere": ("x.jsonld", '{"@context": "http://127.0.0.1:9/c.jsonld", "@id": "x", "y": 1}', ""),
    "a truncated file": ("x.nq", f"<{BASE}drug/x> <{EV}note> \"abc", "does not parse"),
    "subclass": ("x.ttl", "<drug/x> rdfs:subClassOf ev:Drug .", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_record_may_say_is_refused(base: EvidenceBase, tmp_path: Path, case: str) -> None:
    name, text, words = REFUSED[case]
    before = state(base)
    report = imported(base, tmp_path / name, text, "" if name.endswith((".jsonld", ".nq")) else HEAD)
    assert report.counts["refused"] == 1
    assert words in remedy(report), remedy(report)
    assert state(base) == before


def test_an_export_of_all_records_comes_in_and_changes_nothing(base: EvidenceBase, tmp_path: Path) -> None:
    import_records(base, [unit(rows())])
    before = state(base)
    export(base, "records", tmp_path / "all.nq")
    report = import_paths(base, [tmp_path / "all.nq"])
    assert set(names(report)) == {"unchanged"}
    assert "elsewhere/smith-2020" in names(report)["unchanged"]
    assert state(base) == before


def test_a_graph_that_says_what_it_may_not_keeps_out_no_other(base: EvidenceBase, tmp_path: Path) -> None:
    text = f"<record/hand/good> {{ {DRUG} }} <record/hand/bad> {{ <trial/x> ev:hasArm [ a ev:Arm ] }}"
    report = imported(base, tmp_path / "x.trig", text)
    assert names(report)["new"] == ["hand/good"]
    assert report.counts == {"new": 1, "refused": 1}
    assert "hand/bad" in remedy(report)
