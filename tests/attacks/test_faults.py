"""What happens to processes, disks and clocks: nothing acknowledged is lost, nothing is half, the cause is named."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kg.evidence_base import EvidenceBase
from kg.settings import Settings
from tests.attacks import corpus, neutral
from tests.attacks.corpus import Item
from tests.attacks.server import KG, Server, state
from tests.attacks.test_trials import SOUND
from tests.attacks.test_writes import many
from tests.conftest import ROOT
from tests.engines import lying
from tests.engines.lying import Liar
from tests.engines.servers import oxigraph
from tests.engines.serving import running

pytestmark = [pytest.mark.server, pytest.mark.slow]
AHEAD = """
import datetime, sys
from kg.store import journal
class Ahead(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(hours=1)
journal.datetime = Ahead
from kg.cli.app import main
main(sys.argv[1:])
"""


MOST_MEMORY = 8 * 1024**3
"""Address space that a command may take: damage must not take the machine with it."""


def command(store: Path, *words: str) -> subprocess.CompletedProcess[str]:
    given = [str(KG), "--quiet", "--store", f"oxigraph:{store}", *words]
    bounded = ["prlimit", f"--as={MOST_MEMORY}", *given]
    return subprocess.run(bounded, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)


def trial_file(folder: Path, made: Any) -> Path:
    file = folder / "records.json"
    file.write_text(json.dumps(made), encoding="utf-8")
    return file


@contextmanager
def served(server: Server, store: Path) -> Iterator[Server]:
    """A server of its own on a copy of the store."""
    shutil.copytree(server.folder / "first", store)
    own = Server(store.parent, server.key)
    try:
        yield own
    finally:
        own.stop()


def clock_back(server: Server, folder: Path, item: Item) -> None:
    """An hour back: the store has a commit of a clock that is ahead, and the service goes on by the true one."""
    with served(server, folder / "store") as own:
        file = trial_file(folder, neutral.records(SOUND))
        words = ["--store", own.url, "import", str(file)]
        subprocess.run([sys.executable, "-c", AHEAD, *words], check=True, cwd=ROOT, capture_output=True)
        own.start()
        reply = own.post(neutral.records({**SOUND, "mean_age": 50}))
        assert reply.status == 200, reply.body
        versions = own.get("/records/attacks/nct00000001").json()["versions"]
        times = [version["time"] for version in versions]
        assert len(times) == 2
        assert times == sorted(times)
        ready = own.get("/health/ready").json()
        assert ready["committed_at"] == times[-1]
        wrong = httpx.post(f"{own.address}/records", headers={"authorization": "Bearer wrong"}, content=b"{}")
        assert wrong.status_code == 401


def flipped(server: Server, folder: Path, item: Item) -> None:
    """One byte of a data file: an answer is the right one, or there is none and the message says what helps."""
    question = ["--intervention", "x", "--comparator", "placebo", "--outcome", "response", "--protocol", "none"]
    right = json.loads(command(server.folder / "first", "ask", *question, "--format", "json").stdout)
    chance = random.Random(item.name)
    wanted = [p.relative_to(server.folder / "first") for p in (server.folder / "first").rglob("*") if p.is_file()]
    data = sorted(p for p in wanted if (server.folder / "first" / p).stat().st_size > 1000 and p.name != "LOG")
    for number, part in enumerate(chance.sample(data, min(6, len(data)))):
        store = folder / f"store-{number}"
        shutil.copytree(server.folder / "first", store)
        content = bytearray((store / part).read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        (store / part).write_bytes(content)
        told = command(store, "ask", *question, "--format", "json")
        assert "Traceback" not in told.stderr, (part, told.stderr)
        if told.returncode == 0:
            found = json.loads(told.stdout)
            assert (found["estimate"], found["id"]) == (right["estimate"], right["id"]), part
        else:
            assert told.returncode == 3
            assert "kg re" in told.stderr, told.stderr  # kg rebuild, or kg restore


def full_at_start(server: Server, folder: Path, item: Item) -> None:
    assert item.input["disk_free"] == 0
    place = folder / "disk"
    place.mkdir()
    size = sum(p.stat().st_size for p in (server.folder / "first").rglob("*") if p.is_file()) // 2**20 + 24
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system can be mounted by root only")
    try:
        shutil.copytree(server.folder / "first", place / "store")
        before = state(f"oxigraph:{place / 'store'}")
        ballast = place / "ballast"
        with ballast.open("wb") as file:
            try:
                while True:
                    file.write(bytes(65536))
                    file.flush()
            except OSError:
                pass
        own = Server(folder, server.key)
        env = {**os.environ, "EVIGRAPH_KEYS": str(server.folder / "first" / "keys")}
        started = subprocess.Popen(
            [str(KG), "--store", f"oxigraph:{place / 'store'}", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=env,
        )
        try:
            _, errors = started.communicate(timeout=20)
            assert started.returncode == 3, errors
            assert "Traceback" not in errors
            assert "room" in errors or "space" in errors, errors
        except subprocess.TimeoutExpired:  # it serves: then it must refuse to write, and read
            started.terminate()
            _, errors = started.communicate(timeout=20)
            assert "Traceback" not in errors
        ballast.unlink()
        assert state(f"oxigraph:{place / 'store'}") == before
        del own
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


def killed_in_bulk(server: Server, folder: Path, item: Item) -> None:
    """All of the file is there, or nothing, however early or late it ends; and the next opens at once."""
    file = trial_file(folder, many(20, 0))
    before = state(f"oxigraph:{server.folder / 'first'}")
    shutil.copytree(server.folder / "first", folder / "whole")
    words = ["import", str(file), "--all-or-nothing"]
    started = time.monotonic()
    done = command(folder / "whole", *words)
    assert done.returncode == 0, done.stderr
    lasted = time.monotonic() - started
    whole = state(f"oxigraph:{folder / 'whole'}").statements
    chance = random.Random(item.name)
    seen = set()
    for number in range(int(item.input["times"])):
        store = folder / "store"
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(server.folder / "first", store)
        running = subprocess.Popen(
            [str(KG), "--quiet", "--store", f"oxigraph:{store}", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        time.sleep(lasted * chance.uniform(0.5, 1.05) if number else lasted * 0.95)
        running.send_signal(signal.SIGKILL)
        running.wait()
        opened = time.monotonic()
        with EvidenceBase.open(Settings(store=f"oxigraph:{store}"), "write"):
            pass
        assert time.monotonic() - opened < 10
        found = state(f"oxigraph:{store}")
        seen.add(found.statements)
        assert found == before or found.statements == whole
    assert seen <= {before.statements, whole}


def log_cut(server: Server, folder: Path, item: Item) -> None:
    """A service that was killed in the middle of its work, and the newest log shorter than it was written."""
    with served(server, folder / "store") as own:
        own.start()
        assert own.post(neutral.records(SOUND)).status == 201
        after_one = state(own.url)
        assert own.post(neutral.records({**SOUND, "mean_age": 50})).status == 200
        os.kill(own.pid, signal.SIGKILL)
        own.stop()
    store = folder / "store"
    logs = [
        p
        for p in store.rglob("*")
        if p.is_file() and p.stat().st_size and (p.suffix == ".log" or p.name.endswith("-wal"))
    ]
    assert logs, "the store keeps no log"
    newest = max(logs, key=lambda p: p.stat().st_mtime_ns)
    with newest.open("r+b") as file:
        file.truncate(max(0, newest.stat().st_size - 100))
    told = command(store, "--json", "stats")
    assert "Traceback" not in told.stderr
    if told.returncode:
        assert told.returncode == 3
        assert "kg re" in told.stderr
        return
    with EvidenceBase.open(Settings(store=f"oxigraph:{store}"), "write") as base:
        assert base.store.verify() == []
        assert base.store.head().number
    found = state(f"oxigraph:{store}")
    assert found.statements in {after_one.statements, after_one.statements + 1, server.first.statements}


def two_servers(server: Server, folder: Path, item: Item) -> None:
    second = subprocess.run(
        [str(KG), "--store", server.url, "serve", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
    )
    assert second.returncode == 3, second.stdout
    assert str(server.pid) in second.stderr, second.stderr
    assert "Traceback" not in second.stderr
    assert server.post(neutral.records(SOUND)).status == 201


@contextmanager
def remote(folder: Path) -> Iterator[tuple[httpx.Client, Liar]]:
    """A service whose store is on an engine of its own, behind a server that can be told to misbehave."""
    (folder / "oxigraph").mkdir()
    (folder / "served").mkdir()
    data = folder / "data" / "evigraph"
    with oxigraph(folder / "oxigraph") as engine, lying.lying(engine) as liar:
        with EvidenceBase.open(liar.engine.settings(data), "write") as base:
            base.build()
        with running(liar.engine.environment(data, seconds="3"), folder / "served") as client:
            assert client.get("/health/ready").status_code == 200
            yield client, liar


def asked_in_vain(client: httpx.Client, status: int) -> None:
    """Every way that leads to the engine says the same, and does not say where the engine is."""
    query = {"query": "SELECT * { ?s ?p ?o } LIMIT 3", "timeout": "5"}
    for told in (
        client.post("/sparql", data=query),
        client.get("/health/ready"),
        client.get("/queries/explore/counts", headers={"Accept": "application/json"}),
    ):
        assert told.status_code == status, told.text
        assert "retry-after" in told.headers or status == 504
        assert told.headers["content-type"] == "application/problem+json"
        assert "127.0.0.1" not in told.text
        assert "Traceback" not in told.text


def recovered(client: httpx.Client, liar: Liar) -> None:
    liar.behave()
    assert client.get("/health/ready").status_code == 200
    found = client.post("/sparql", data={"query": "SELECT * { ?s ?p ?o } LIMIT 3"})
    assert len(found.json()["results"]["bindings"]) == 3


def remote_down(server: Server, folder: Path, item: Item) -> None:
    with remote(folder) as (client, liar):
        for lie in (lying.hung_up, lying.status(503)):
            liar.tell(lie)
            asked_in_vain(client, 503)
            recovered(client, liar)


def remote_garbage(server: Server, folder: Path, item: Item) -> None:
    with remote(folder) as (client, liar):
        for lie in (lying.html, lying.html_called_json, lying.truncated):
            liar.tell(lie)
            asked_in_vain(client, 502)
            recovered(client, liar)


def remote_slow(server: Server, folder: Path, item: Item) -> None:
    with remote(folder) as (client, liar):
        for lie in (lying.late, lying.dripping):
            liar.tell(lie)
            asked_in_vain(client, 504)
            recovered(client, liar)


HANDLERS: dict[str, Callable[[Server, Path, Item], None]] = {
    "set the clock back one hour": clock_back,
    "flip 1 byte in a data file": flipped,
    "start": full_at_start,
    "during a bulk load": killed_in_bulk,
    "cut the last 100 bytes of the newest log file": log_cut,
    "start a second process on the same data folder": two_servers,
    "the remote SPARQL engine stops answering": remote_down,
    "the remote engine sends HTML with status 200": remote_garbage,
    "the remote engine answers after 60 s": remote_slow,
}
LATER = {
    "a query worker": "free SPARQL, and the workers that run it, have tests of their own where they are",
}


@pytest.mark.parametrize("item", corpus.items("fault", "process"))
def test_a_fault_does_what_it_must(server: Server, item: Item, tmp_path: Path) -> None:
    what = str(item.input.get("op") or item.input.get("when") or item.input.get("target"))
    for words, why in LATER.items():
        if what.startswith(words):
            pytest.skip(why)
    assert what in HANDLERS, f"nobody knows how to {what}; give it a handler"
    HANDLERS[what](server, tmp_path, item)
    assert httpx.get(server.address + "/health/ready", timeout=10).status_code == 200
