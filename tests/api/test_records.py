"""Writing over HTTP: one request is one transaction, and the service answers from the new state at once."""

from __future__ import annotations

import copy
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from rdflib import Graph
from rdflib.namespace import RDF, SH

from api.app import create_app
from kg import keys
from kg.evidence_base import EvidenceBase
from kg.settings import Settings
from tests.api.asking import PROBLEM
from tests.api.client import Client
from tests.intake_support import take

TRIAL: dict[str, Any] = {
    "source": "reports",
    "id": "example-2020",
    "provenance": {"source": "https://example.org/report", "locator": "Table 2", "source_kind": "primary"},
    "trial": {"study_label": "Example 2020", "label": "A trial", "year": 2020, "design": "parallel", "randomised": 60},
    "arms": [
        {"arm": "drug", "intervention_text": "k", "role": "experimental", "studied": "ketamine", "randomised": 30},
        {"arm": "placebo", "intervention_text": "p", "role": "placebo", "studied": "placebo", "randomised": 30},
    ],
    "dichotomous_results": [
        {"number": 1, "arm": "drug", "outcome": "nausea", "events": 6, "total": 30},
        {"number": 2, "arm": "placebo", "outcome": "nausea", "events": 3, "total": 30},
    ],
}
QUESTION = {"intervention": "ketamine", "comparator": "placebo", "outcome": "nausea", "protocol": "none"}
PLACE = "/records/reports/example-2020"


class Writing(Client):
    """A client with a key, on a store of its own."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(create_app(Settings(store=url)))
        self.url, self.key = url, key

    def send(self, method: str, place: str, made: Any = None, **headers: str) -> httpx.Response:
        given = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = made if made is None or isinstance(made, bytes) else orjson.dumps(made)
        return self.request(method, place, content=content, headers=given)

    def nausea(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/answer", params=QUESTION).json()
        return found

    def commit(self) -> int:
        return int(self.get("/health/ready").json()["commit"])


@pytest.fixture
def writing(store_url: str, tmp_path: Path) -> Iterator[Writing]:
    store = tmp_path / "store"
    shutil.copytree(store_url.partition(":")[2], store)
    with Writing(f"oxigraph:{store}", keys.add(store / "keys", "alice")) as made:
        yield made


def changed(place: str, value: Any) -> dict[str, Any]:
    """The trial with another value at a JSON pointer."""
    made = copy.deepcopy(TRIAL)
    found: Any = made
    *path, last = place.strip("/").split("/")
    for step in path:
        found = found[int(step)] if isinstance(found, list) else found[step]
    found[int(last) if isinstance(found, list) else last] = value
    return made


def test_a_new_record_is_in_the_next_answer(writing: Writing) -> None:
    before, tag = writing.nausea(), writing.get("/answer", params=QUESTION).headers["etag"]
    told = writing.send("POST", "/records?reason=a%20report", TRIAL)
    assert (told.status_code, told.headers["location"]) == (201, PLACE)
    body = told.json()
    assert (body["commit"]["author"], body["commit"]["reason"]) == ("alice", "a report")
    assert [(r["source"], r["id"], r["action"]) for r in body["records"]] == [("reports", "example-2020", "new")]
    after = writing.nausea()
    assert after["k_rows"] == before["k_rows"] + 1
    assert after["id"] != before["id"]
    assert writing.get("/answer", params=QUESTION, headers={"if-none-match": tag}).status_code == 200
    assert writing.commit() == body["commit"]["number"]
    assert "Example 2020" in str(writing.get("/trials", params={"q": "example"}).json())


def test_the_same_again_changes_nothing(writing: Writing) -> None:
    writing.send("POST", "/records", TRIAL)
    before = writing.commit()
    told = writing.send("POST", "/records", TRIAL)
    assert told.status_code == 200
    assert told.json()["commit"] is None
    assert told.json()["records"][0]["action"] == "unchanged"
    assert writing.commit() == before


def test_a_rehearsal_says_value_by_value_what_would_change(writing: Writing) -> None:
    writing.send("POST", "/records", TRIAL)
    before, answer = writing.commit(), writing.nausea()
    told = writing.send("PUT", f"{PLACE}?dry_run=true", changed("/dichotomous_results/0/events", 9)).json()
    assert told["dry_run"] is True
    assert told["commit"] is None
    differences = {(d["thing"], d["column"], d["old"], d["new"]) for d in told["records"][0]["differences"]}
    result = "result/reports/example-2020/1"
    assert differences == {
        (result, "events", "6", "9"),
        (result, "reported_text", "events 6; total 30", "events 9; total 30"),
    }
    assert writing.commit() == before
    assert writing.nausea()["id"] == answer["id"]


@pytest.mark.parametrize(
    ("place", "value", "pointer", "rule"),
    [
        (
            "/dichotomous_results/0/events",
            31,
            "/dichotomous_results/0/events",
            "DichotomousResultShape-eventsWithinTotal",
        ),
        ("/arms/0/studied", "ketamin", "/arms/0/studied", "ArmShape-studied"),
        ("/arms/1/role", "nobody", "/arms/1/role", "ArmShape-role"),
        ("/dichotomous_results/1/outcome", "it-got-better", "/dichotomous_results/1/outcome", "ResultShape-outcome"),
        ("/dichotomous_results/0/events", 6.5, "/dichotomous_results/0/events", None),
        ("/dichotomous_results/0/events", True, "/dichotomous_results/0/events", None),
        ("/dichotomous_results/0/events", "6", "/dichotomous_results/0/events", None),
        ("/trial/yeer", 2020, "/trial", None),
        ("/arms/0/studied", {"kind": "drug"}, "/arms/0/studied", None),
        ("/arms/0/trial", "another-trial", "/arms/0/trial", None),
        ("/source", "Reports!", "/source", None),
    ],
)
def test_what_is_wrong_is_refused_with_a_pointer(
    writing: Writing, place: str, value: Any, pointer: str, rule: str | None
) -> None:
    before = writing.commit()
    told = writing.send("POST", "/records", changed(place, value))
    assert (told.status_code, told.headers["content-type"]) == (422, PROBLEM)
    body = told.json()
    assert body["type"] == "/problems/record-refused"
    assert pointer in {error["pointer"] for error in body["errors"]}, body["errors"]
    if rule:
        assert rule in {error.get("rule") for error in body["errors"]}
    assert writing.commit() == before
    assert writing.get(PLACE).status_code == 404


def test_an_unknown_term_gets_the_nearest(writing: Writing) -> None:
    (error,) = writing.send("POST", "/records", changed("/arms/0/studied", "ketamin")).json()["errors"]
    assert error["nearest"][0] == "ketamine"


def test_the_report_of_the_recommendation_comes_as_rdf(writing: Writing) -> None:
    for accept, form in (("application/ld+json", "json-ld"), ("text/turtle", "turtle")):
        told = writing.send("POST", "/records", changed("/dichotomous_results/0/events", 31), accept=accept)
        assert told.status_code == 422
        assert told.headers["content-type"].startswith(accept)
        report = Graph().parse(data=told.text, format=form)
        assert len(list(report.subjects(RDF.type, SH.ValidationReport))) == 1
        assert [str(o) for o in report.objects(None, SH.conforms)] == ["false"]
        assert list(report.objects(None, SH.result))


def test_one_bad_record_keeps_the_others_out(writing: Writing) -> None:
    before = writing.commit()
    other = changed("/id", "other-2020")
    told = writing.send("POST", "/records", [other, changed("/dichotomous_results/0/events", 31)])
    assert told.status_code == 422
    assert {error["pointer"] for error in told.json()["errors"]} == {"/1/dichotomous_results/0/events"}
    assert writing.commit() == before
    told = writing.send("POST", "/records", {"records": [other, TRIAL]})
    assert told.status_code == 200
    assert writing.commit() == before + 1


def test_a_record_has_versions_and_each_can_be_read(writing: Writing) -> None:
    writing.send("PUT", PLACE, {k: v for k, v in TRIAL.items() if k not in ("source", "id")})
    told = writing.send("PUT", f"{PLACE}?reason=a%20slip", changed("/dichotomous_results/0/events", 9))
    assert told.status_code == 200
    body = writing.get(PLACE).json()
    assert [(v["version"], v["reason"], v["author"]) for v in body["versions"]] == [
        (1, "sent over HTTP", "alice"),
        (2, "a slip", "alice"),
    ]
    events = [line for line in body["triples"] if "#events>" in line]
    assert sorted(line.split('"')[1] for line in events) == ["3", "9"]
    first = writing.get(f"{PLACE}?version=1", headers={"accept": "text/turtle"})
    assert first.headers["content-type"].startswith("text/turtle")
    assert "ev:events 6" in first.text
    assert writing.get(f"{PLACE}?version=3").status_code == 404
    assert writing.get(PLACE, headers={"accept": "text/html"}).text.startswith("<!")


@pytest.mark.parametrize("form", ["application/ld+json", "text/turtle", "application/n-triples"])
def test_what_is_read_can_be_written_back(writing: Writing, form: str) -> None:
    writing.send("POST", "/records", TRIAL)
    before = writing.commit()
    read = writing.get(PLACE, headers={"accept": form})
    assert read.status_code == 200
    told = writing.send("PUT", PLACE, read.content, content_type=form)
    assert told.json()["records"][0]["action"] == "unchanged", told.text
    told = writing.send("POST", "/records?source=reports&id=example-2020", read.content, content_type=form)
    assert told.status_code == 200, told.text
    assert writing.commit() == before


def test_a_retracted_record_leaves_the_answers_and_stays_in_the_memory(writing: Writing) -> None:
    before = writing.nausea()
    writing.send("POST", "/records", TRIAL)
    assert writing.send("DELETE", PLACE).status_code == 422
    told = writing.send("DELETE", f"{PLACE}?reason=it%20was%20withdrawn")
    assert told.status_code == 200
    assert ("reports", "example-2020") in {(r["source"], r["id"]) for r in told.json()["records"]}
    assert writing.nausea()["k_rows"] == before["k_rows"]
    body = writing.get(PLACE).json()
    assert (body["version"], body["versions"][-1]["action"], body["versions"][-1]["reason"]) == (
        None,
        "retract",
        "it was withdrawn",
    )
    assert writing.send("DELETE", f"{PLACE}?reason=again").status_code == 400
    assert writing.send("DELETE", "/records/reports/nothing?reason=x").status_code == 404
    assert writing.send("DELETE", "/records/drugs/ketamine?reason=x").status_code == 400


def test_a_form_with_a_file_is_read_and_its_name_is_not_used(writing: Writing) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="/etc/passwd.json"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + orjson.dumps(TRIAL) + b"\r\n--x--\r\n"
    )
    told = writing.send("POST", "/records", body, content_type="multipart/form-data; boundary=x")
    assert told.status_code == 201, told.text
    assert "passwd" not in str(writing.get(PLACE).json())
    for broken in (body[:-8], body.replace(b"--x--", b"--y--"), body.replace(b"filename", b"filenaam")):
        told = writing.send("POST", "/records", broken, content_type="multipart/form-data; boundary=x")
        assert told.status_code == 400, told.text


@pytest.mark.parametrize(
    ("folder", "suffix", "kind", "format"),
    [
        ("ctgov", ".json", "application/json", "ctgov"),
        ("ctgov", ".xml", "application/xml", None),
        ("revman", ".rm5", "application/xml", None),
    ],
)
def test_files_of_other_systems_are_taken(
    writing: Writing, shared: Path, folder: str, suffix: str, kind: str, format: str | None
) -> None:
    file = next(p for p in sorted((shared / "data" / folder).rglob(f"*{suffix}")) if p.name != "expected.json")
    place = f"/records?dry_run=true{f'&format={format}' if format else ''}"
    told = writing.send("POST", place, file.read_bytes(), content_type=kind)
    assert told.status_code == 200, told.text[:1500]
    assert {record["action"] for record in told.json()["records"]} == {"new"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": "Basic YTpi"}, 401),
        ({"authorization": "Bearer {hash}"}, 401),
        ({"authorization": "Bearer alice"}, 401),
        ({"authorization": "Bearer é"}, 401),
        ({"x-api-key": "wrong"}, 401),
        ({"authorization": "Bearer {key}", "x-api-key": "{key}"}, 400),
        ({"authorization": "bearer {key}"}, 201),
        ({"x-api-key": "{key}"}, 201),
    ],
)
def test_a_key_is_asked_for(writing: Writing, headers: dict[str, str], status: int) -> None:
    words = {"{key}": writing.key, "{hash}": keys.hashed(writing.key)}
    given = {
        name.encode(): next((value.replace(w, v) for w, v in words.items() if w in value), value).encode()
        for name, value in headers.items()
    }
    for method, place in (("POST", "/records"), ("PUT", PLACE), ("DELETE", f"{PLACE}?reason=x")):
        told = writing.request(
            method, place, content=orjson.dumps(TRIAL), headers=[(b"content-type", b"application/json"), *given.items()]
        )
        if status == 201:
            assert told.status_code in {200, 201}, told.text
            continue
        assert told.status_code == status, told.text
        assert ("www-authenticate" in told.headers) == (status == 401)
        assert writing.key not in told.text


def test_a_key_in_an_address_is_not_taken(writing: Writing) -> None:
    told = writing.request("POST", f"/records?api_key={writing.key}", content=orjson.dumps(TRIAL))
    assert told.status_code in {401, 422}
    assert writing.key not in told.text
    assert writing.get(PLACE).status_code == 404


def test_a_service_without_keys_takes_no_writes(client: Client) -> None:
    for method, place in (("POST", "/records"), ("PUT", PLACE), ("DELETE", f"{PLACE}?reason=x")):
        told = client.request(method, place, content=b"{}", headers={"authorization": "Bearer x"})
        assert (told.status_code, told.json()["type"]) == (403, "/problems/read-only")


def test_a_record_of_the_service_is_read_without_a_key(client: Client) -> None:
    body = client.get("/records/cd015373/sigtermans-2009").json()
    assert body["version"] == 1
    assert len(body["triples"]) > 20
    assert client.get("/records/cd015373/nothing").status_code == 404
    assert client.get("/records/cd015373/..%2f").status_code == 404


def test_forms_that_are_not_read_are_named(writing: Writing) -> None:
    told = writing.send("POST", "/records", b"x", content_type="text/html")
    assert told.status_code == 415
    assert "text/turtle" in told.json()["detail"]
    told = writing.send("POST", "/records?format=nonsense", b"x")
    assert told.status_code == 400
    assert "ctgov" in told.json()["detail"]


def test_a_full_disk_is_said_and_harms_nothing(writing: Writing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.store.folder.RESERVE_BYTES", 2**60)
    told = writing.send("POST", "/records", TRIAL)
    assert (told.status_code, told.json()["type"]) == (507, "/problems/no-room")
    assert "/store" not in told.text
    assert "retry-after" in told.headers
    assert writing.get(PLACE).status_code == 404
    monkeypatch.undo()
    assert writing.send("POST", "/records", TRIAL).status_code == 201


@pytest.mark.server
def test_a_reader_that_is_killed_is_replaced(writing: Writing) -> None:
    writer = writing._app.state.writer
    assert writing.send("POST", "/records?dry_run=true", TRIAL).status_code == 200
    writer._reader._process.kill()
    writer._reader._process.wait()
    assert writing.send("POST", "/records?dry_run=true", TRIAL).status_code == 200


@pytest.mark.server
def test_a_read_only_service_sees_what_another_process_commits(store_url: str, tmp_path: Path) -> None:
    shutil.copytree(store_url.partition(":")[2], tmp_path / "store")
    url = f"oxigraph:{tmp_path / 'store'}"
    from tests.intake_support import record

    rows = record("cd015373", "sigtermans-2009")
    with Client(create_app(Settings(store=url))) as reading:
        before = reading.get("/health/ready").json()["commit"]
        with EvidenceBase.open(Settings(store=url), "write") as base:
            take(base, rows[:-1])
            deadline = time.monotonic() + 30
            while reading.get("/health/ready").json()["commit"] == before:
                assert time.monotonic() < deadline, "the commit of another process was never seen"
                time.sleep(0.1)
        assert len(reading.get("/records/cd015373/sigtermans-2009").json()["versions"]) == 2


@pytest.mark.server
def test_readers_are_served_by_one_commit_while_others_come(writing: Writing) -> None:
    """Each answer is of the commit before or after, whole, while records come and go."""
    from concurrent.futures import ThreadPoolExecutor

    seen: set[tuple[str, int]] = set()
    with ThreadPoolExecutor(3) as threads:
        going = threads.submit(
            lambda: [writing.send("PUT", PLACE, changed("/dichotomous_results/0/events", n)) for n in range(5, 11)]
        )
        while not going.done():
            found = writing.nausea()
            seen.add((found["provenance"]["store_fingerprint"], found["k_rows"]))
    assert all(told.status_code in {200, 201} for told in going.result())
    fingerprints = [fingerprint for fingerprint, _ in seen]
    assert len(fingerprints) == len(set(fingerprints)), "one state gave two answers"


def test_the_description_has_the_doors(client: Client) -> None:
    document = client.get("/openapi.json").json()
    paths = document["paths"]
    assert {"bearer", "key"} <= set(document["components"]["securitySchemes"])
    assert {"get", "put", "delete"} <= set(paths["/records/{source}/{id}"])
    post = paths["/records"]["post"]
    assert "application/ld+json" in post["requestBody"]["content"]
    assert {"201", "401", "413", "422"} <= set(post["responses"])
    assert post["security"]
