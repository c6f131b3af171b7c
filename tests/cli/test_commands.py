"""The command line as a stranger meets it: help, exit statuses, JSON, and no traceback whatever is asked."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyoxigraph import RdfFormat, parse
from rdflib import Graph, Namespace, URIRef

from kg.evidence_base import EvidenceBase
from kg.iris import BASE, EV, GRAPH

COMMANDS = ("build", "validate", "list", "ask", "review", "query", "explain", "stats", "serve", "export")
FIRST = ("ask", "--intervention", "ketamine", "--comparator", "placebo", "--outcome", "pain-intensity")
NARROW = (*FIRST, "--band", "immediate-term", "--route", "intravenous")


def kg(store: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kg", "--store", store, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def answered(store: str, *arguments: str) -> Any:
    done = kg(store, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = kg("memory:", command, "--help")
    assert done.returncode == 0
    assert f"kg {command}" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_version_and_bare_call() -> None:
    assert kg("memory:", "--version").stdout.startswith("evigraph ")
    bare = kg("memory:")
    assert "Commands:" in bare.stdout + bare.stderr


def test_the_first_published_value_is_answered_with_its_records_and_places(store_url: str) -> None:
    answer = answered(store_url, *NARROW)
    assert (answer["k"], answer["k_rows"]) == (3, 3)
    assert [round(x, 2) for x in (answer["estimate"], *answer["ci"])] == [-15.79, -32.09, 0.51]
    for study in answer["studies"]:
        for side in ("experimental", "control"):
            assert study[side]["source"]["record"].startswith("https://w3id.org/evigraph/record/cd015373/")
            assert study[side]["source"]["locator"].startswith("analysis CD015373-1.1")
    assert answer["published"] == {
        "review": "https://w3id.org/evigraph/review/cd015373",
        "analysis": "CD015373-1.1",
        "estimate": -15.79,
        "ci": [-32.09, 0.51],
        "basis": "printed",
        "certainty": "very low",
    }


def test_explain_walks_from_the_number_to_each_row(store_url: str) -> None:
    answer = answered(store_url, *NARROW)
    chain = answered(store_url, "explain", answer["id"])
    rows = [row for study in chain["studies"] for side in ("experimental", "control") for row in study[side]]
    assert len(rows) == 6
    for row in rows:
        assert row["row"].startswith("evidence/continuous-results.csv:")
        assert row["url"].startswith("https://")
        assert len(row["digest"]) == 64
        assert row["reported"]
    told = kg(store_url, "explain", answer["id"], "--study", "sigtermans-2009").stdout
    assert "n 30; mean 26.8; sd 27.9338" in told
    assert "Noppers" not in told


@pytest.mark.parametrize(
    ("more", "trials"),
    [(("--condition", "crps"), 1), (("--condition", "Complex regional pain syndrome"), 1), (("--via", "sparql"), 3)],
)
def test_the_question_narrowed(store_url: str, more: tuple[str, ...], trials: int) -> None:
    assert answered(store_url, *NARROW, *more)["k"] == trials


def test_a_term_may_be_a_curie_or_an_iri(store_url: str) -> None:
    asked = [w if w != "ketamine" else "CHEBI:6121" for w in NARROW]
    iri = [w if w != "ketamine" else "https://w3id.org/evigraph/drug/ketamine" for w in NARROW]
    assert answered(store_url, *asked)["id"] == answered(store_url, *iri)["id"] == answered(store_url, *NARROW)["id"]


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("ask", "--intervention", "ketamin", *FIRST[3:]), 1, "ketamine"),
        ((*FIRST, "--protocol", "cd01537"), 1, "cd015373"),
        ((*FIRST[:-1], "nausea", "--method", "MH", "--ci", "hk"), 2, "--ci hk"),
        ((*FIRST, "--measure", "MD", "--method", "PETO"), 2, "--method PETO"),
        ((*FIRST, "--measure", "HR"), 2, "--measure HR"),
        (("ask", "--intervention", "ketamine"), 2, "comparator"),
        (("nothing",), 2, "nothing"),
        (("list", "drug"), 1, "drugs"),
        (("query", "trials/arm"), 1, "trials/arms"),
        (("query", "trials/arms", "-p", "trail=x"), 1, "trial"),
        (("query", "trials/arms", "-p", "x"), 2, "name=value"),
        (("explain", "0" * 32), 1, "kg ask"),
        (("export", "current", "--to", "x.pdf"), 1, ".ttl"),
        (("export", "everything", "--to", "x.ttl"), 1, "answer:ID"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(
    store_url: str, arguments: tuple[str, ...], status: int, told: str
) -> None:
    done = kg(store_url, *arguments)
    assert done.returncode == status
    assert told in done.stderr
    assert done.stdout == ""


def test_mixed_instruments_are_refused_with_the_offer(store_url: str) -> None:
    question = ("ask", "--intervention", "memantine", "--comparator", "placebo", "--outcome", "depressive-symptoms")
    done = kg(store_url, *question, "--measure", "MD")
    assert done.returncode == 1
    assert "--measure SMD" in done.stderr
    assert "--instrument" in done.stderr


def test_a_missing_store_names_the_command_that_helps(tmp_path: Path) -> None:
    done = kg(f"oxigraph:{tmp_path / 'none'}", "stats")
    assert done.returncode == 3
    assert "kg build" in done.stderr


@pytest.mark.parametrize("kind", ["drugs", "comparators", "conditions", "queries", "answers", "bands"])
def test_lists_are_lists(store_url: str, kind: str) -> None:
    for entry in answered(store_url, "list", kind):
        assert set(entry) == {"iri", "slug", "label", "alternatives"}


def test_list_narrows_by_text(store_url: str) -> None:
    found = [entry["slug"] for entry in answered(store_url, "list", "conditions", "crps")]
    assert found
    assert all("complex-regional-pain-syndrome" in slug for slug in found)


@pytest.mark.parametrize("form", ["csv", "ttl", "svg", "text"])
def test_answers_in_other_forms(store_url: str, form: str) -> None:
    done = kg(store_url, *NARROW, "--format", form)
    assert done.returncode == 0
    assert "Sigtermans" in done.stdout or form == "ttl"


@pytest.mark.parametrize("suffix", ["json", "csv", "xlsx", "ttl", "jsonld", "svg", "png", "zip"])
def test_an_answer_is_exported_by_suffix(store_url: str, tmp_path: Path, suffix: str) -> None:
    answer = answered(store_url, *NARROW)
    to = tmp_path / f"answer.{suffix}"
    assert kg(store_url, "export", f"answer:{answer['id']}", "--to", str(to)).returncode == 0
    assert to.stat().st_size > 100
    assert list(tmp_path.iterdir()) == [to]


def test_validate_reports_as_the_recommendation_does(store_url: str) -> None:
    broken = Path(__file__).parents[2] / "ontology/examples/invalid"
    path = sorted(broken.glob("dichotomous-result-*.ttl"))[0]
    done = kg(store_url, "validate", str(path), "--json")
    assert done.returncode == 1
    assert "sh:ValidationReport" in done.stdout
    assert kg(store_url, "validate").returncode == 0


def test_a_dump_of_all_has_every_graph_and_its_description_beside_it(
    store_url: str, base: EvidenceBase, tmp_path: Path
) -> None:
    counts = base.store.engine.counts()
    forms = {"all.trig": RdfFormat.TRIG, "all.nq": RdfFormat.N_QUADS, "all.jsonld": RdfFormat.JSON_LD}
    for name, form in forms.items():
        assert kg(store_url, "export", "all", "--to", str(tmp_path / name)).returncode == 0
        graphs = Counter(
            getattr(quad.graph_name, "value", "") for quad in parse(path=str(tmp_path / name), format=form)
        )
        assert set(graphs) == set(counts)
        assert graphs[f"{GRAPH}queries"] == counts[f"{GRAPH}queries"]
        described = Graph().parse(tmp_path / f"{name}.void.ttl")
        void = Namespace("http://rdfs.org/ns/void#")
        dataset = URIRef(f"{BASE}dataset")
        assert described.value(dataset, void.triples).toPython() == sum(graphs.values())  # type: ignore[union-attr]
        parts = set(described.objects(dataset, void.subset))
        assert {described.value(part, void.triples).toPython() for part in parts} == set(graphs.values())  # type: ignore[union-attr]
    assert kg(store_url, "export", "all", "--to", str(tmp_path / "all.ttl")).returncode == 1


def test_one_graph_is_exported_by_its_name(store_url: str, base: EvidenceBase, tmp_path: Path) -> None:
    for name, form in (("queries", RdfFormat.TURTLE), ("current", RdfFormat.N_TRIPLES)):
        to = tmp_path / f"{name}.{form.file_extension}"
        assert kg(store_url, "export", f"graph:{name}", "--to", str(to)).returncode == 0
        graph = f"{GRAPH}{name}" if name != "current" else ""
        assert sum(1 for _ in parse(path=str(to), format=form)) == base.store.engine.counts()[graph]
    refused = kg(store_url, "export", "graph:nothing", "--to", str(tmp_path / "x.ttl"))
    assert (refused.returncode, "there are current" in refused.stderr) == (1, True)
    assert not (tmp_path / "x.ttl").exists()


def test_mappings_are_exported_as_sssom(store_url: str, base: EvidenceBase, tmp_path: Path) -> None:
    to = tmp_path / "mappings.sssom.tsv"
    assert kg(store_url, "export", "mappings", "--to", str(to)).returncode == 0
    lines = to.read_text(encoding="utf-8").splitlines()
    said = yaml.safe_load("\n".join(line[1:] for line in lines if line.startswith("#")))
    rows = list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))
    stated = base.store.select(
        f"SELECT ?s ?p ?o {{ ?m a <{EV}Mapping> ; <{EV}subject> ?s ; <{EV}predicate> ?p ; <{EV}object> ?o }}"
    ).rows

    def whole(curie: str) -> str:
        prefix, _, rest = curie.partition(":")
        return said["curie_map"][prefix] + rest if prefix in said["curie_map"] else curie

    told = {tuple(whole(row[name]) for name in ("subject_id", "predicate_id", "object_id")) for row in rows}
    assert told == {tuple(str(getattr(term, "value", "")) for term in row) for row in stated}
    assert {row["mapping_justification"].partition(":")[0] for row in rows} == {"semapv"}
    assert {"mapping_set_id", "license", "curie_map"} <= set(said)
    ketamine = next(row for row in rows if row["object_id"] == "CHEBI:6121")
    assert (ketamine["subject_id"], ketamine["predicate_id"]) == ("evr:drug/ketamine", "skos:exactMatch")
