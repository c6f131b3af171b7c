"""Ways around the shapes: every way in is through the same gate, and data never become rules."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.attacks import corpus, neutral
from tests.attacks.corpus import Item, pieces
from tests.attacks.server import KG, Server, state
from tests.attacks.test_trials import SOUND
from tests.attacks.watch import Canary, watched
from tests.conftest import ROOT

pytestmark = pytest.mark.server


_TAKEN_AWAY = {
    b"<urn:t>": b"<https://w3id.org/evigraph/result/cd015373/sigtermans-2009/9>",
    b"<urn:kg:total>": b"<https://w3id.org/evigraph/ns#total>",
    b"100": b"30",
}


def many(good: int, bad: int) -> list[dict[str, Any]]:
    """So many sound trials and, in the middle, so many with more events than participants."""
    made = [trial(number) for number in range(good)]
    for number in range(bad):
        arms = [{**arm, "events": 101} for arm in SOUND["arms"]]
        made.insert(good // 2, *neutral.records({**trial_of(good + number), "arms": arms}))
    return made


def trial_of(number: int) -> dict[str, Any]:
    arms = [
        {"role": "t", "events": 30 + number % 40, "total": 100 + number},
        {"role": "c", "events": 20 + number % 30, "total": 101 + number},
    ]
    return {**SOUND, "id": f"NCT{10_000_000 + number}", "arms": arms}


def trial(number: int) -> dict[str, Any]:
    (made,) = neutral.records(trial_of(number))
    return made


@pytest.mark.parametrize("item", corpus.items("shapes", "write"))
def test_a_write_does_what_it_must(server: Server, canary: Canary, item: Item, tmp_path: Path) -> None:
    if isinstance(item.input, dict):
        assert set(item.input) <= {"good", "bad", "tool"}, f"no place for {sorted(item.input)}"
        records = many(int(item.input.get("good", 20)), int(item.input["bad"]))
        if "tool" in item.input:
            by_command(server, records, tmp_path)
            return
        with watched(server, canary, item) as told:
            reply = server.post(records)
            told(reply)
        assert reply.status == 422
        errors = reply.json()["errors"]
        assert isinstance(errors, list)
        assert {error["pointer"].split("/")[1] for error in errors} == {str(int(item.input.get("good", 20)) // 2)}
        return
    text = _ours(b"".join(pieces(item.input, canary.address)))
    with watched(server, canary, item) as told:
        for place, kind in (
            ("/records?source=attacks&id=shape", "text/turtle"),
            ("/records", "application/trig"),
            ("/records", "application/sparql-update"),
            ("/sparql/update", "application/sparql-update"),
        ):
            reply = server.send("POST", place, {"Content-Type": kind}, [text], len(text))
            told(reply)
            assert 400 <= reply.status < 500, reply.body
            assert reply.json()["detail"]


def _ours(text: bytes) -> bytes:
    """Return an update that takes something away as one that takes it from a result that is there."""
    if text.startswith(b"DELETE DATA"):
        for theirs, here in _TAKEN_AWAY.items():
            assert theirs in text, f"no place for {text!r}"
            text = text.replace(theirs, here)
    return text


def by_command(server: Server, records: list[dict[str, Any]], folder: Path) -> None:
    """The import of a file, all or nothing, and the build of a store from tables that break a rule."""
    shutil.copytree(server.folder / "first", folder / "store")
    url, file = f"oxigraph:{folder / 'store'}", folder / "many.json"
    file.write_text(json.dumps(records), encoding="utf-8")
    before = state(url)
    command = [str(KG), "--store", url, "import", str(file), "--all-or-nothing"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1, done.stderr
    assert f"many.json#/{(len(records) - 1) // 2}" in done.stdout + done.stderr
    assert state(url) == before


def test_a_thousand_sound_trials_are_taken_in_one_commit(server: Server) -> None:
    """The twin of the batch with a bad one: it enters whole."""
    commit = server.get("/health/ready").json()["commit"]
    told = server.post(many(1000, 0))
    assert told.status == 200, told.body[:500]
    assert server.get("/health/ready").json()["commit"] == commit + 1
    assert server.get("/records/attacks/nct10000999").status_code == 200


SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ev: <https://w3id.org/evigraph/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @base <https://w3id.org/evigraph/> .
"""


@pytest.mark.parametrize(
    "text",
    [
        "ev:DichotomousResultShape-eventsWithinTotal sh:deactivated true .",
        "<drug/x> a ev:Drug , sh:NodeShape ; sh:sparql <drug/y> .",
        "ev:Arm rdfs:subClassOf ev:Drug .",
        "ev:Arm rdfs:label 'weapon'@en .",
        "<graph/catalog> rdfs:label 'x'@en .",
        "<record/attacks/x> ev:version 7 .",
        "<protocol/cd015373> ev:isDefault false .",
        "<gate/shapes> ev:digest 'x' .",
        "<https://example.org/x> a <https://example.org/Y> .",
    ],
)
def test_neither_shapes_nor_vocabulary_nor_the_catalogue_are_data(server: Server, text: str) -> None:
    body = (SHAPES + text).encode()
    before = state(server.url)
    for source in ("attacks", "ontology", "vocabularies", "gate"):
        reply = server.send(
            "POST", f"/records?source={source}&id=x", {"Content-Type": "text/turtle"}, [body], len(body)
        )
        assert reply.status in {400, 422}, reply.body
    for graph in (
        "graph/catalog",
        "graph/ontology",
        "graph/vocabularies",
        "graph/state",
        "graph/record/ontology/evidence/1",
    ):
        trig = f"@base <https://w3id.org/evigraph/> . <{graph}> {{ <drug/q> a <ns#Drug> }}".encode()
        reply = server.send("POST", "/records", {"Content-Type": "application/trig"}, [trig], len(trig))
        assert reply.status in {400, 422}, reply.body
    assert state(server.url) == before
