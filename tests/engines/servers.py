"""Real servers for tests: Oxigraph, Virtuoso and PostgreSQL, each in a folder of its own, on ports of this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from kg.settings import Remote, Settings

_INI = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DirsAllowed = .
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
CheckpointInterval = 0
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 10
[SPARQL]
ResultSetMaxRows = 40000
MaxQueryCostEstimationTime = 0
"""
MOST_ROWS = 40_000
"""Rows that the Virtuoso of the tests gives at most, without saying so."""


@dataclass(frozen=True)
class Engine:
    """A server that holds a store: the address of the store, and how it is reached."""

    name: str
    url: str
    remote: Remote

    def settings(self, data: Path, **changed: str | float) -> Settings:
        """Return the settings of a store on it whose journal is below a folder, unless another is named."""
        settings = Settings.read(self.url)
        return replace(settings, remote=replace(self.remote, data=data, **changed))  # type: ignore[arg-type]

    def environment(self, data: Path, **changed: str) -> dict[str, str]:
        """Return the environment of a process that works on it."""
        said = {**vars(self.remote), **changed}
        own = {f"EVIGRAPH_ENGINE_{k.upper()}": str(v) for k, v in said.items() if k not in {"journal", "data"} and v}
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("EVIGRAPH_")},
            **own,
            "EVIGRAPH_STORE": changed.get("store", self.url),
            "EVIGRAPH_JOURNAL": str(said["journal"]),
            "XDG_DATA_HOME": str(data.parent),
        }

    def empty(self) -> None:
        """Take away what it holds of a store."""
        from kg.store.names import STATE
        from kg.store.remote import HELD
        from kg.store.remote_service import RemoteService

        service = RemoteService(self.url, self.remote)
        for graph in (*HELD, STATE):
            service.update(f"CLEAR SILENT GRAPH <{graph}>")
        service.close()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def found(command: str, package: str) -> str:
    """Return the path of a program; without it the test is skipped, and fails in CI."""
    path = shutil.which(command) or shutil.which(command, path=str(Path(sys.executable).parent))
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{command} is absent, and CI must run these tests; install {package}")
        pytest.skip(f"{command} is absent; install {package}")
    return path


def until_answered(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(address, timeout=2)
            return
        time.sleep(0.1)
    raise AssertionError(f"{address} does not answer: {log.read_text(errors='replace')}")


def ended(process: subprocess.Popen[bytes]) -> None:
    """End a server."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def oxigraph(folder: Path, port: int | None = None) -> Iterator[Engine]:
    """Run ``oxigraph serve`` on a database in a folder."""
    program, log = found("oxigraph", "the package oxigraph"), folder / "log"
    port = port or free_port()
    with log.open("ab") as file:
        command = [program, "serve", "--location", str(folder / "database"), "--bind", f"127.0.0.1:{port}"]
        process = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        until_answered(f"http://127.0.0.1:{port}/", process, log)
        yield Engine(
            "oxigraph", f"sparql+http://127.0.0.1:{port}/query", Remote(graph_store=f"http://127.0.0.1:{port}/store")
        )
    finally:
        ended(process)


@contextmanager
def virtuoso(folder: Path) -> Iterator[Engine]:
    """Run Virtuoso on a database in a folder: anybody reads, and its administrator writes, by digest."""
    program, log = found("virtuoso-t", "virtuoso-opensource-7"), folder / "log"
    http = free_port()
    (folder / "virtuoso.ini").write_text(_INI.format(sql=free_port(), http=http), encoding="utf-8")
    with log.open("ab") as file:
        command = [program, "-f", "+configfile", "virtuoso.ini"]
        process = subprocess.Popen(command, stdout=file, stderr=file, cwd=folder)
    try:
        until_answered(f"http://127.0.0.1:{http}/sparql?query=ASK%20%7B%7D", process, log)
        update = f"http://127.0.0.1:{http}/sparql-auth"
        remote = Remote(update=update, auth="digest", user="dba", password="dba")
        yield Engine("virtuoso", f"sparql+http://127.0.0.1:{http}/sparql", remote)
    finally:
        ended(process)


@contextmanager
def postgresql() -> Iterator[str]:
    """Run PostgreSQL on a cluster of its own; yield the address of an empty database.

    Its folder is not one of pytest's, which nobody but their owner may enter: the server does not run as root.
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    initdb = str(folders[-1] / "initdb") if folders else found("initdb", "postgresql")
    server = str(Path(initdb).parent / "postgres")
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="evigraph-postgresql-") as place:
        folder = Path(place)
        if user:
            shutil.chown(folder, user)
        secret = folder / "secret"
        secret.write_text("a secret\n", encoding="utf-8")
        secret.chmod(0o644)
        yield from _postgresql(folder, initdb, server, user)


def _postgresql(folder: Path, initdb: str, server: str, user: str | None) -> Iterator[str]:
    data, secret, log = folder / "data", folder / "secret", folder / "log"
    made = [initdb, "--pgdata", str(data), "--username", "evigraph", "--pwfile", str(secret), "--no-sync"]
    made += ["--auth", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8"]
    subprocess.run(made, check=True, user=user, capture_output=True, cwd="/")
    port = free_port()
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
    with log.open("ab") as file:
        process = subprocess.Popen([server, "-D", str(data), *options], stdout=file, stderr=file, user=user, cwd="/")
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, log.read_text(errors="replace")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield f"postgresql://evigraph:a%20secret@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(2)  # at once, without waiting for those who are connected
        ended(process)
