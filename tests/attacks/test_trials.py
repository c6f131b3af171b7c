"""Impossible and doubtful trials: refused with field and rule, or stored with a warning that every answer repeats."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.evidence_base import EvidenceBase
from kg.importing import import_paths
from kg.settings import Settings
from tests.attacks import corpus, neutral
from tests.attacks.corpus import Item
from tests.attacks.server import KG, Server, state
from tests.attacks.watch import Canary, watched
from tests.conftest import ROOT

pytestmark = pytest.mark.server
TRIALS = corpus.items("trial", "trial_import")
SOUND: dict[str, Any] = {
    "id": "NCT00000001",
    "drug": "drug:x",
    "control": "placebo",
    "outcome": "response",
    "arms": [{"role": "t", "events": 30, "total": 100}, {"role": "c", "events": 20, "total": 100}],
}
SOUND_MEANS: dict[str, Any] = {
    "id": "NCT00000002",
    "drug": "drug:x",
    "control": "placebo",
    "outcome": "score",
    "unit": "points",
    "arms": [{"role": "t", "mean": 10.0, "sd": 4.0, "n": 50}, {"role": "c", "mean": 12.0, "sd": 4.0, "n": 50}],
}


def changed(given: Any) -> set[str]:
    """The fields in which a neutral trial differs from a sound one, as our records and places name them."""
    trial = given[-1] if isinstance(given, list) else given
    sound = copy.deepcopy(SOUND_MEANS if any("mean" in arm for arm in trial["arms"]) else SOUND)
    ours, theirs = dict(leaves(neutral.records(trial))), dict(leaves(neutral.records(sound)))
    places = [place for place in ours.keys() | theirs.keys() if ours.get(place) != theirs.get(place)]
    return {part for place in places for part in place if isinstance(part, str)}


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*place, key))
    else:
        yield place, repr(value)


def answer(server: Server, outcome: str) -> dict[str, Any]:
    found = server.get("/answer", intervention="x", comparator="placebo", outcome=outcome, protocol="none")
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


def warnings(told: dict[str, Any], trials: set[str]) -> list[str]:
    """What an answer says of doubts: its own, those of the trials, and why one of them was left out."""
    own = [text for study in told["studies"] if study["trial"] in trials for text in study["warnings"]]
    left = [out["reason"] for out in told["excluded"] if out["trial"] in trials]
    return [*told["warnings"], *own, *left]


def iris(records: list[dict[str, Any]]) -> set[str]:
    return {f"https://w3id.org/evigraph/trial/{record['id']}" for record in records if "trial" in record}


@pytest.mark.parametrize("sound", [SOUND, SOUND_MEANS], ids=["counts", "means"])
def test_a_sound_trial_is_taken_and_pooled_without_a_warning(server: Server, sound: dict[str, Any]) -> None:
    """Without it, a refusal would say nothing about its reason."""
    records = neutral.records(sound)
    told = server.post(records)
    assert told.status == 201, told.body
    found = answer(server, sound["outcome"])
    assert found["k"] == 2
    assert {study["trial"] for study in found["studies"]} >= iris(records)
    assert not [w for study in found["studies"] for w in study["warnings"]]
    assert not found["excluded"]


def test_a_field_without_a_place_fails() -> None:
    for trial in (
        SOUND | {"blood_type": "A"},
        SOUND | {"reported": {"kappa": 1}},
        SOUND | {"arms": [{"role": "t", "events": 1, "total": 2, "shoe": 3}]},
    ):
        with pytest.raises(AssertionError, match=r"neutral\.py"):
            neutral.records(trial)


@pytest.mark.parametrize("item", TRIALS)
def test_a_trial_does_what_it_must(server: Server, canary: Canary, item: Item) -> None:
    records = neutral.records(item.input)
    with watched(server, canary, item) as told:
        reply = server.post(records)
        told(reply)
    if reply.status >= 400:
        errors = reply.json()["errors"]
        assert isinstance(errors, list)
        assert errors
        fields = changed(item.input)
        named = [f"{error['pointer']} {error.get('column')} {error['detail']}" for error in errors]
        assert all(error["pointer"].startswith("/") for error in errors), errors
        assert any(field in text for field in fields for text in named), (fields, errors)
        return
    if "visible warning" in item.must["text"]:
        outcome = neutral.slug((item.input[-1] if isinstance(item.input, list) else item.input)["outcome"])
        found = answer(server, outcome)
        assert warnings(found, iris(records)), found
    if "never a second trial" in item.must["text"]:
        again = server.post(neutral.records(SOUND))
        labels = [row["slug"] for row in server.get("/trials", q="NCT00000001").json()["items"]]
        assert len(labels) == 1, (labels, again.body)


@pytest.mark.parametrize("item", TRIALS)
def test_a_trial_in_a_file_does_what_it_must(server: Server, tmp_path: Path, item: Item) -> None:
    """By the import of files, in one commit or none, on a copy of the store that nobody serves."""
    shutil.copytree(server.folder / "first", tmp_path / "store")
    url, file = f"oxigraph:{tmp_path / 'store'}", tmp_path / "trial.json"
    file.write_text(json.dumps(neutral.records(item.input)), encoding="utf-8")
    before = state(url)
    with EvidenceBase.open(Settings(store=url), "write") as base:
        report = import_paths(base, [file], all_or_nothing=True)
    if report.conforms:
        assert item.allows(200)
        assert report.counts["new"]
        return
    assert item.allows(422)
    assert all(fault.remedy for record in report.refused for fault in record.faults)
    assert state(url) == before


def test_the_command_names_the_trial_that_it_refuses(server: Server, tmp_path: Path) -> None:
    """Of two files the sound one enters, the other is named, and the status says so; with all or nothing, none does."""
    shutil.copytree(server.folder / "first", tmp_path / "store")
    url, folder = f"oxigraph:{tmp_path / 'store'}", tmp_path / "in"
    folder.mkdir()
    bad = SOUND | {"id": "NCT00000003", "arms": [{**arm, "events": 101} for arm in SOUND["arms"]]}
    for name, trial in (("bad", bad), ("good", SOUND)):
        (folder / f"{name}.json").write_text(json.dumps(neutral.records(trial)), encoding="utf-8")
    before = state(url)
    for options, entered in ((["--all-or-nothing"], False), ([], True)):
        command = [str(KG), "--store", url, "import", str(folder), *options]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        assert "bad.json#/0/dichotomous_results/0" in done.stdout + done.stderr
        assert (state(url) != before) == entered
