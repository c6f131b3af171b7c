"""neighbours, paths and doctor on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Triple

from kg.iris import BASE, EV
from kg.store import Change, Store
from tests.cli.test_memory import kg, told


def test_neighbours_are_told_with_the_records_that_state_them(store_url: str) -> None:
    found = told(store_url, "neighbours", "NMDA receptor", "--class", "DrugAction", "--limit", "2")
    assert found["node"]["iri"] == f"{BASE}receptor/nmda-receptor"
    assert (len(found["nodes"]), found["next"]) == (2, 2)
    assert found["counts"][0]["things"] > 10
    assert [r["record"] for edge in found["edges"] for r in edge["records"]] == [f"{BASE}record/drugs/amantadine"] * 2
    text = kg(store_url, "neighbours", "nmda-receptor", "--class", "DrugAction", "--limit", "2").stdout
    assert "<-- receptor -- receptor/nmda-receptor  [drugs/amantadine v1]" in text
    assert "--start 2" in text


def test_a_path_leads_from_drug_to_effect_over_an_arm_and_its_result(store_url: str) -> None:
    words = ("paths", "ketamine", "outcome/nausea", "--class", "Arm", "--class", "DichotomousResult", "--count", "2")
    found = told(store_url, *words)
    assert [[node["classes"][0] for node in path["nodes"]] for path in found["paths"]] == [
        ["Drug", "Arm", "DichotomousResult", "Outcome"]
    ] * 2
    assert all(edge["records"] for path in found["paths"] for edge in path["edges"])
    assert "-- outcome --> nausea" in kg(store_url, *words).stdout
    none = kg(store_url, "paths", "ketamine", "outcome/nausea", "--max-length", "1")
    assert none.returncode == 0
    assert "No path of that length" in none.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("neighbours", "ketamne"), 1, "the nearest are ketamine"),
        (("neighbours", "trial/none"), 1, "says nothing of"),
        (("neighbours", "ketamine", "--hops", "9"), 1, "1 to 4"),
        (("neighbours", "ketamine", "--class", "Armm"), 1, "the nearest are Arm"),
        (("neighbours", "ketamine", "--direction", "up"), 1, "both, out, in"),
        (("paths", "ketamine", "nausea", "--max-length", "99"), 1, "1 to 6"),
        (("paths", "ketamine", "http://x/a b"), 1, "correct it"),
    ],
)
def test_what_cannot_be_asked_is_refused(store_url: str, words: tuple[str, ...], code: int, said: str) -> None:
    done = kg(store_url, *words)
    assert done.returncode == code
    assert said in done.stderr


def test_the_doctor_finds_nothing_in_a_sound_store_and_names_what_is_wrong(store_url: str, tmp_path: Path) -> None:
    assert kg(store_url, "doctor").returncode == 0
    folder = tmp_path / "ill"
    shutil.copytree(store_url.removeprefix("oxigraph:"), folder)
    names = [NamedNode(f"{BASE}drug/{name}") for name in ("ketamine", "gone")]
    with Store.open(f"oxigraph:{folder}", "write") as store:
        dangling = Triple(names[0], NamedNode(EV + "narrowerDrugOf"), names[1])
        store.commit([Change("tests", "dangling", [dangling])], "test", "a reference that leads nowhere")
    done = kg(f"oxigraph:{folder}", "doctor")
    assert done.returncode == 1
    assert "FOUND Things that are pointed to" in done.stdout
    assert "drug/gone" in done.stdout
    found = json.loads(kg(f"oxigraph:{folder}", "doctor", "--json").stdout)
    assert found["checks"]["checks/dangling-reference-violation"][0]["missing"] == f"{BASE}drug/gone"
