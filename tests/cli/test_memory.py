"""Memory on the command line: as of a day, history, diff, retraction, backup and restore."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.store.test_store_processes import held

COMMANDS = ("history", "diff", "retract", "rebuild", "backup", "restore")
NARROW = (
    "ask", "--intervention", "ketamine", "--comparator", "placebo", "--outcome", "pain-intensity",
    "--band", "immediate-term", "--route", "intravenous",
)  # fmt: skip


def kg(url: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kg", "--store", url, *arguments]
    given = {**os.environ, "COLUMNS": "100", **environment}
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, env=given)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def told(url: str, *arguments: str, **environment: str) -> Any:
    done = kg(url, *arguments, "--json", **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def url(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store in which a trial was retracted from the command line."""
    place = tmp_path_factory.mktemp("cli") / "store"
    shutil.copytree(store_url.partition(":")[2], place)
    (place / "answers").mkdir(exist_ok=True)
    yield f"oxigraph:{place}"


@pytest.fixture(scope="module")
def retracted(url: str) -> dict[str, Any]:
    """What retracting said, and the answer before."""
    before = told(url, *NARROW)
    said = told(url, "retract", "Sigtermans 2009", "--reason", "Falsified data", EVIGRAPH_AUTHOR="ada")
    return {"before": before, "said": said}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = kg("memory:", command, "--help")
    assert done.returncode == 0
    assert f"kg {command}" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_a_retraction_tells_what_it_did_and_who_did_it(url: str, retracted: dict[str, Any]) -> None:
    said = retracted["said"]
    assert said["commit"]["author"] == "ada"
    assert said["commit"]["reason"] == "Falsified data"
    assert [(r["record"].rpartition("record/")[2], r["action"]) for r in said["records"]] == [
        ("cd015373/sigtermans-2009", "retract"),
        ("reports/sigtermans-2009", "retract"),
        ("retractions/sigtermans-2009", "put"),
    ]
    now = told(url, *NARROW)
    assert (retracted["before"]["k"], now["k"]) == (3, 2)
    assert "retracted: Falsified data" in {e["reason"] for e in now["excluded"]}


def test_known_by_gives_the_old_number_with_the_old_id(url: str, retracted: dict[str, Any]) -> None:
    time = told(url, "history", "reports/sigtermans-2009")["records"][0]["versions"][0]["time"]
    for via in ("table", "sparql"):
        then = told(url, *NARROW, "--known-by", time, "--via", via)
        assert (then["id"], then["estimate"], then["ci"]) == tuple(
            retracted["before"][w] for w in ("id", "estimate", "ci")
        )
    assert then["question"]["known_by"] == time
    assert told(url, *NARROW, "--known-by", "2999")["k"] == 2
    text = kg(url, *NARROW, "--known-by", time).stdout
    assert f"as known by {time}" in " ".join(text.split())
    assert told(url, "review", "--known-by", time)["analyses"][0]["k"] == 3
    assert told(url, "review", "--published-by", "2010")["analyses"][0]["k"] == 0
    old = told(url, "explain", retracted["before"]["id"], "--study", "sigtermans-2009")
    assert old["answer"]["id"] == retracted["before"]["id"] if "answer" in old else True


@pytest.mark.parametrize(
    ("more", "status", "says"),
    [
        (("--known-by", "1999"), 1, "this store begins on 2"),
        (("--known-by", "yesterday"), 1, "YYYY-MM-DD"),
        (("--published-by", "2009-02-30"), 1, "published-by is '2009-02-30'"),
        (("--cumulative", "time"), 2, "known are published, known"),
        (("--cumulative", "known", "--format", "ttl"), 2, "--cumulative has many"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    url: str, retracted: dict[str, Any], more: tuple[str, ...], status: int, says: str
) -> None:
    done = kg(url, *NARROW, *more)
    assert done.returncode == status
    assert says in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("over", ["published", "known"])
def test_the_curve_is_drawn_and_told(url: str, retracted: dict[str, Any], over: str) -> None:
    found = told(url, *NARROW, "--cumulative", over)
    assert found["cumulative"]["over"] == over
    assert [p["k"] for p in found["cumulative"]["points"]] == ([1, 2] if over == "published" else [3, 2])
    drawn = kg(url, *NARROW, "--cumulative", over, "--format", "svg").stdout
    assert drawn.startswith("<svg")
    assert "Cumulative meta-analysis" in drawn
    command = [sys.executable, "-m", "kg", "--store", url, *NARROW, "--cumulative", over, "--format", "png"]
    picture = subprocess.run(command, capture_output=True, check=True).stdout
    assert picture.startswith(b"\x89PNG")
    assert len(kg(url, *NARROW, "--cumulative", over, "--format", "csv").stdout.splitlines()) == 3


def test_diff_tells_records_and_answers(url: str, retracted: dict[str, Any]) -> None:
    commits = told(url, "history", "reports/sigtermans-2009")["records"][0]["versions"]
    found = told(url, "diff", commits[0]["time"])
    assert found == told(url, "diff", commits[0]["time"], commits[1]["time"])
    assert {r["happened"] for r in found["records"]} == {"retracted", "new"}
    moved = {a["analysis"]: a for a in found["answers"] if a["moved"]}
    assert moved["CD015373-1.1"]["before"]["k"] == 3
    assert any("the interval now includes no effect" in a["crossed"] for a in moved.values())
    assert found["analyses"]["untouched"] > 0
    text = kg(url, "diff", commits[0]["time"]).stdout
    assert "−15.79 [−32.09, 0.51]" in text
    assert kg(url, "diff", "2999", "1999").returncode == 1
    assert kg(url, "diff", "never").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("retract",), 2, "a RECORD or --from FILE"),
        (("retract", "amr-2011"), 1, "say why with --reason"),
        (("retract", "amr-2011", "--reason", " "), 1, "say why with --reason"),
        (("retract", "nobody-2099", "--reason", "x"), 1, "the nearest are"),
        (("retract", "sigtermans-2009", "--reason", "x"), 1, "retracted already"),
        (("retract", "drugs/ketamine", "--reason", "x"), 1, "retract what uses it first"),
        (("retract", "amr-2011", "--from", "x.csv"), 2, "one of the two"),
        (("retract", "--from", "nowhere.csv"), 1, "cannot be read"),
        (("retract", "--from", "x.csv", "--lift"), 2, "leave out --from"),
        (("retract", "amr-2011", "--lift", "--reason", "x"), 1, "not a retracted trial"),
        (("history", "nobody-2099"), 1, "the nearest are"),
        (("restore", "nowhere"), 1, "not a backup"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_written(
    url: str, retracted: dict[str, Any], arguments: tuple[str, ...], status: int, says: str
) -> None:
    before = told(url, "stats")
    done = kg(url, *arguments)
    assert done.returncode == status, done.stderr
    assert says in done.stderr
    assert told(url, "stats") == before


def test_a_csv_retracts_in_bulk_and_a_retraction_can_be_lifted(store_url: str, tmp_path: Path) -> None:
    place = tmp_path / "store"
    shutil.copytree(store_url.partition(":")[2], place)
    url, csv = f"oxigraph:{place}", tmp_path / "retraction_watch.csv"
    csv.write_text(
        "Record ID,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,Reason,RetractionDate\n"
        "1,10.1016/J.PAIN.2009.06.023,0,Retraction,+Unreliable Results;,1/2/2020 0:00\n"
        "2,10.9999/none,0,Retraction,,\n"
        "3,,19604642,Expression of concern,,\n"
    )
    fingerprint = told(url, "stats")["fingerprint"]
    said = told(url, "retract", "--from", str(csv), "--author", "ada")
    assert [(m["label"], m["outcome"], m["date"]) for m in said["matched"]] == [
        ("Sigtermans 2009", "retracted", "2020-01-02")
    ]
    assert [n["doi"] for n in said["unmatched"]][:1] == ["10.9999/none"]
    again = kg(url, "retract", "--from", str(csv))
    assert again.returncode == 0
    assert "1 already retracted" in again.stdout
    assert "10.9999/none" in again.stdout
    lifted = kg(url, "retract", "sigtermans-2009", "--lift", "--reason", "another paper")
    assert "reports/sigtermans-2009 came back" in lifted.stdout
    assert told(url, "stats")["fingerprint"] == fingerprint
    empty = tmp_path / "empty.csv"
    empty.write_text("OriginalPaperDOI,RetractionNature\n")
    assert kg(url, "retract", "--from", str(empty)).returncode == 1


def test_backup_rebuild_and_restore_keep_the_fingerprint(url: str, retracted: dict[str, Any], tmp_path: Path) -> None:
    stats = told(url, "stats")
    assert told(url, "rebuild")["fingerprint"] == stats["fingerprint"]
    made = told(url, "backup", str(tmp_path / "b"))
    assert made["fingerprint"] == stats["fingerprint"]
    assert made["answers"] > 0
    assert kg(url, "backup", str(tmp_path / "b")).returncode == 1
    other = f"oxigraph:{tmp_path / 'other'}"
    done = told(other, "restore", str(tmp_path / "b"))
    assert (done["fingerprint"], done["aside"]) == (stats["fingerprint"], None)
    for command in (NARROW, ("history", "sigtermans-2009")):
        one, two = told(url, *command), told(other, *command)
        for answer in (one, two):
            answer.get("provenance", {}).pop("generated_at", None)
        assert one == two
    assert told(other, "explain", retracted["before"]["id"])
    refused = kg(other, "restore", str(tmp_path / "b"))
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    forced = kg(other, "restore", str(tmp_path / "b"), "--force")
    assert "is kept as" in forced.stdout
    for words in (("backup", str(tmp_path / "x")), ("rebuild",)):
        missing = kg(f"oxigraph:{tmp_path / 'missing'}", *words)
        assert missing.returncode == 3
        assert "kg build" in missing.stderr
        assert kg("memory:", *words).returncode == 3


def test_a_second_writer_is_refused_with_the_name_of_the_lock_holder(tmp_path: Path) -> None:
    url = f"oxigraph:{tmp_path / 'store'}"
    from tests.store.store_support import change, triple

    with held(url, change("a", triple("a", "n", 1))) as pid:
        for command in (("retract", "tests/a", "--reason", "x"), ("rebuild",), ("build",)):
            done = kg(url, *command)
            assert done.returncode == 3
            assert f"process {pid}" in done.stderr
        assert kg(url, "backup", str(tmp_path / "b")).returncode == 0
