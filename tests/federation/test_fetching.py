"""Evidence from another endpoint: a real service as the remote, its death, and remotes that are slow, large or lie."""

from __future__ import annotations

import csv
import io
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kg import question
from kg.errors import EndpointFailed, EvidenceError, InputRefused, UnknownTerm
from kg.evidence_base import EvidenceBase
from kg.federation import asking, endpoints, fetch
from kg.federation.asking import Limits
from kg.federation.endpoints import Endpoint
from kg.iris import BASE
from kg.settings import Settings
from tests.api.test_server import served
from tests.cli.test_commands import kg
from tests.conftest import ROOT

TRIAL = "sigtermans-2009"
WORDS = {"intervention": "ketamine", "comparator": "placebo", "outcome": "pain-intensity", "protocol": "none"}
NARROW = {"band": "immediate-term", "measure": "MD", "route": "intravenous"}
STATEMENT = f'<{BASE}trial/x-2020> <{BASE}ns#studyLabel> "X 2020" .\n'


def without(folder: Path, trial: str) -> Path:
    """A copy of the bundled data without the rows of one trial."""
    copy = folder / "data"
    shutil.copytree(ROOT / "data", copy)
    for path in copy.rglob("*.csv"):
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        kept = [row for row in rows if trial not in row.values()]
        if len(kept) < len(rows):
            with path.open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, rows[0].keys())
                writer.writeheader()
                writer.writerows(kept)
    return copy


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store that lacks a trial."""
    folder = tmp_path_factory.mktemp("local")
    url = f"oxigraph:{folder / 'store'}"
    settings = replace(Settings.read(url), data=without(folder, TRIAL))
    with EvidenceBase.open(settings, "write") as base:
        base.build()
    return url


@pytest.mark.server
def test_a_trial_is_taken_from_a_served_endpoint_and_stays_when_that_is_gone(
    local: str, store_url: str, base: EvidenceBase
) -> None:
    asked = question(**WORDS, **NARROW)
    wanted = base.ask(asked)
    with served(store_url) as (address, process):
        settings = replace(Settings.read(local), endpoints=f"partner={address}/sparql")
        with EvidenceBase.open(settings, "write") as own:
            before = own.ask(asked)
            assert before.pool.k == wanted.pool.k - 1
            values = {"trial": f"trial/{TRIAL}"}
            rehearsed = fetch(own, "partner", "remote/trial", values, dry_run=True, author="tester")
            assert rehearsed.conforms
            assert own.ask(asked).id == before.id
            report = fetch(own, "partner", "remote/trial", values, author="tester")
            assert report.conforms, report
            taken = own.ask(asked)
            assert (taken.pool.estimate, taken.pool.k) == (wanted.pool.estimate, wanted.pool.k)
            assert f"{BASE}record/partner/{TRIAL}" in taken.provenance.records
            (version,) = own.store.versions("partner", TRIAL)
            assert (version.author, version.version) == ("tester", 1)
            assert f"partner <{address}/sparql>" in version.reason
            again = fetch(own, "partner", "remote/trial", values, author="tester")
            assert again.counts == {"unchanged": 1}
        process.kill()
        process.wait()
    with EvidenceBase.open(settings, "write") as later:
        assert later.ask(asked).id == taken.id
        assert later.answered(taken.id).pool == taken.pool
        with pytest.raises(EndpointFailed, match="cannot be asked"):
            fetch(later, "partner", "remote/trial", values, author="tester")
        assert later.ask(asked).id == taken.id


@pytest.mark.server
def test_the_command_fetches_and_says_what_came(
    local: str, store_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    shutil.copytree(local.partition(":")[2], store)
    own = f"oxigraph:{store}"
    assert "EVIGRAPH_ENDPOINTS" in kg(own, "fetch", "partner", "remote/trial").stderr
    with served(store_url) as (address, _):
        monkeypatch.setenv("EVIGRAPH_ENDPOINTS", f"partner={address}/sparql, other=https://evidence.example/sparql")
        done = kg(own, "fetch", "partner", "remote/trials-of-drug", "-p", "drug=drug/esketamine")
        assert done.returncode == 0, done.stderr + done.stdout
        assert "1 new" in done.stdout or "new" in done.stdout
        concept = kg(own, "fetch", "partner", "remote/concept", "-p", "thing=CHEBI:6121", "--dry-run")
        assert concept.returncode == 1, "a thing is asked for by our own name"
        known = kg(own, "fetch", "partner", "remote/concept", "-p", "thing=drug/ketamine")
        assert (known.returncode, "nothing was written" in known.stderr) == (1, True)
        nothing = kg(own, "fetch", "partner", "remote/trial", "-p", "trial=trial/nothing-1900")
        assert (nothing.returncode, "knows nothing" in nothing.stderr) == (1, True)
        for wrong in (("trials/arms",), ("remote/nothing",), ("remote/trial", "-p", "drug=drug/ketamine")):
            assert kg(own, "fetch", "partner", *wrong).returncode == 1


@contextmanager
def answering(reply: bytes, *, hold: float = 0.0, drip: float = 0.0) -> Iterator[str]:
    """A remote that sends what it is told to, whatever it is asked, at once or byte by byte."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        connection.recv(65536)
                        stop.wait(hold)
                        for piece in [reply[i : i + 1] for i in range(len(reply))] if drip else [reply]:
                            connection.sendall(piece)
                            if stop.wait(drip):
                                break
                        connection.shutdown(socket.SHUT_WR)
                        connection.settimeout(2)
                        while connection.recv(65536):  # what is left unread would reset the connection
                            pass
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/sparql"
        finally:
            stop.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def reply(body: bytes, head: str = "200 OK", media_type: str = "application/n-triples", **headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {head}",
        f"Content-Type: {media_type}",
        *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()),
    ]
    if "Content_Length" not in headers and "Transfer_Encoding" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


BLANK = b"_:a <urn:p> <urn:o> .\n"
LIES = {
    "redirect": (reply(b"", "302 Found", Location="http://169.254.169.254/latest"), "redirects to"),
    "failure": (reply(b"", "500 Internal Server Error"), "status 500"),
    "empty": (reply(b"", "204 No Content"), "status 204"),
    "page": (reply(b"<html>", media_type="text/html"), "answers in text/html"),
    "json": (reply(b"{}", media_type="application/sparql-results+json"), "answers in application/sparql-results"),
    "coded": (reply(b"x", Content_Encoding="gzip"), "coding"),
    "nonsense": (reply(b"this is no RDF"), "no RDF"),
    "cut": (reply(STATEMENT.encode(), Content_Length="99999"), "broke off|cannot be asked"),
    "chunks": (reply(b"40\r\n" + STATEMENT.encode()[:20], Transfer_Encoding="chunked"), "broke off|cannot be asked"),
    "no http": (b"SSH-2.0-OpenSSH\r\n", "cannot be asked"),
    "header": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "cannot be asked"),
    "nothing": (b"", "cannot be asked"),
    "none": (reply(b""), "knows nothing"),
    "blank": (reply(BLANK), "blank node"),
    "ours": (reply(f"<{BASE}graph/catalog> <urn:p> <urn:o> .\n".encode()), "not a thing that a record may speak of"),
    "foreign": (reply(b"<http://evil.example/x> <urn:p> <urn:o> .\n"), "no name of a thing"),
    "large": (reply(STATEMENT.encode() * 20_000), "says more than"),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_a_remote_may_not_say_is_refused_and_nothing_is_written(lie: str, local: str) -> None:
    sent, said = LIES[lie]
    with answering(sent) as url:
        settings = replace(Settings.read(local), endpoints=f"liar={url}")
        with EvidenceBase.open(settings, "write") as own:
            before = own.store.head()
            with pytest.raises(EvidenceError, match=said):
                fetch(own, "liar", "remote/trial", {}, author="tester", limits=Limits(5.0, 1_000_000))
            assert own.store.head() == before


def test_what_breaks_a_shape_is_refused_by_the_gate(local: str) -> None:
    with answering(reply(STATEMENT.encode())) as url:
        settings = replace(Settings.read(local), endpoints=f"liar={url}")
        with EvidenceBase.open(settings, "write") as own:
            before = own.store.head()
            report = fetch(own, "liar", "remote/trial", {}, author="tester")
            assert not report.conforms
            assert own.store.head() == before


@pytest.mark.parametrize(("hold", "drip"), [(30.0, 0.0), (0.0, 0.05)])
def test_a_slow_remote_is_given_up(hold: float, drip: float) -> None:
    said = r"did not answer within 0\.5 s"
    with (
        answering(reply(STATEMENT.encode() * 10), hold=hold, drip=drip) as url,
        pytest.raises(EndpointFailed, match=said),
    ):
        asking.asked(Endpoint("slow", url), "CONSTRUCT {} {}", Limits(0.5))


def test_names_that_lead_to_private_addresses_are_refused() -> None:
    with answering(reply(STATEMENT.encode())) as url:
        port = url.rpartition(":")[2]
        assert asking.asked(Endpoint("own", url), "x") == STATEMENT.encode()
        with pytest.raises(EndpointFailed, match="is not public"):
            asking.asked(Endpoint("own", f"http://localhost:{port}"), "x")


@pytest.mark.parametrize(
    "setting",
    [
        "partner",
        "=http://127.0.0.1/",
        "Partner=http://127.0.0.1/",
        "partner=ftp://127.0.0.1/",
        "partner=http://",
        "partner=file:///etc/passwd",
        "partner=http://user:secret@127.0.0.1/",
        "partner=http://127.0.0.1:99999/",
        "partner=http://127.0.0.1/\r\nX: y",
        "reports=http://127.0.0.1/",
        "ontology=http://127.0.0.1/",
        "a=http://127.0.0.1/,a=http://127.0.0.1/",
    ],
)
def test_a_setting_that_names_no_endpoint_is_refused(setting: str) -> None:
    with pytest.raises(InputRefused):
        endpoints(setting)


def test_only_endpoints_of_the_settings_are_asked(base: EvidenceBase) -> None:
    with pytest.raises(UnknownTerm, match="which names none"):
        fetch(base, "http://127.0.0.1/", "remote/trial", {}, author="tester")
    assert set(endpoints("a=http://127.0.0.1/x, b=https://example.org/sparql,")) == {"a", "b"}
