"""Other engines on the statements of a store, each ready to be asked: pyoxigraph, rdflib, Oxigraph server, Virtuoso."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pyoxigraph as ox
import rdflib

from kg.store import Folder

Rows = list[tuple[str, ...]]
Ask = Callable[[str], Rows]
_JSON = "application/sparql-results+json"
_SECONDS, _PATIENCE = 900.0, 60
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
NumberOfBuffers = 85000
MaxDirtyBuffers = 65000
CheckpointInterval = 0
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 10
[SPARQL]
ResultSetMaxRows = 10000000
MaxQueryCostEstimationTime = 0
"""
_GRAPH = "urn:evigraph:bench"


def statements(url: str, to: Path) -> int:
    """Write the present statements of a store as N-Triples, and return how many there are."""
    (checkpoint, *_) = Folder.at(url).published()
    ox.Store.read_only(str(checkpoint.place)).dump(str(to), ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
    with to.open("rb") as file:
        return sum(1 for _ in file)


@contextmanager
def pyoxigraph(url: str) -> Iterator[Ask]:
    """Ask the engine of a store itself, on its disk."""
    (checkpoint, *_) = Folder.at(url).published()
    engine = ox.Store.read_only(str(checkpoint.place))

    def ask(query: str) -> Rows:
        return [tuple(str(term.value) for term in row) for row in engine.query(query)]  # type: ignore

    yield ask


@contextmanager
def in_rdflib(file: Path) -> Iterator[Ask]:
    """Ask rdflib's own engine, in memory; an answer that takes longer than a minute raises TimeoutError."""
    graph = rdflib.Graph()
    graph.parse(file, format="nt")

    def ask(query: str) -> Rows:
        signal.alarm(_PATIENCE)
        try:
            return [tuple(map(str, row)) for row in graph.query(query)]  # type: ignore
        finally:
            signal.alarm(0)

    before = signal.signal(signal.SIGALRM, _too_long)
    try:
        yield ask
    finally:
        signal.signal(signal.SIGALRM, before)


def _too_long(*_: object) -> None:
    raise TimeoutError(f"more than {_PATIENCE} seconds")


@contextmanager
def oxigraph_server(file: Path) -> Iterator[Ask]:
    """Ask Oxigraph's server by HTTP."""
    program = str(Path(sys.executable).parent / "oxigraph")
    with TemporaryDirectory(prefix="evigraph-bench-") as place:
        location = ["--location", f"{place}/database"]
        subprocess.run([program, "load", *location, "--file", str(file)], check=True, capture_output=True)
        port = _free_port()
        serve = [program, "serve-read-only", *location, "--bind", f"127.0.0.1:{port}"]
        with _running(serve, place, f"http://127.0.0.1:{port}/query") as ask:
            yield ask


@contextmanager
def virtuoso(file: Path) -> Iterator[Ask]:
    """Ask Virtuoso by HTTP. Raises FileNotFoundError where it is not installed."""
    program = shutil.which("virtuoso-t")
    if program is None:
        raise FileNotFoundError("virtuoso-t is not installed")
    with TemporaryDirectory(prefix="evigraph-bench-") as place:
        http = _free_port()
        (Path(place) / "virtuoso.ini").write_text(_INI.format(sql=_free_port(), http=http), encoding="utf-8")
        serve = [program, "-f", "+configfile", "virtuoso.ini"]
        with _running(serve, place, f"http://127.0.0.1:{http}/sparql") as ask:
            crud = f"http://127.0.0.1:{http}/sparql-graph-crud-auth"
            for part in _parts(file):
                httpx.post(
                    crud,
                    params={"graph-uri": _GRAPH},
                    content=part,
                    headers={"content-type": "text/turtle"},
                    auth=httpx.DigestAuth("dba", "dba"),
                    timeout=_SECONDS,
                ).raise_for_status()
            yield lambda query: ask(query.replace("WHERE {", f"FROM <{_GRAPH}> WHERE {{", 1))


def virtuoso_version() -> str:
    """Return the version of Virtuoso, or that it is absent."""
    if not shutil.which("virtuoso-t"):
        return "absent"
    told = subprocess.run(["virtuoso-t", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"Version ([\d.]+)", told.stdout + told.stderr)
    return found[1] if found else "of unknown version"


def _parts(file: Path, lines: int = 50_000) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while part := b"".join(islice(opened, lines)):
            yield part


@contextmanager
def _running(command: list[str], place: str, address: str) -> Iterator[Ask]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=place, stdout=quiet, stderr=quiet) as process, httpx.Client() as client:

        def ask(query: str) -> Rows:
            told = client.get(address, params={"query": query}, headers={"accept": _JSON}, timeout=_SECONDS)
            told.raise_for_status()
            found: Any = told.json()
            return [tuple(row[name]["value"] for name in found["head"]["vars"]) for row in found["results"]["bindings"]]

        try:
            _wait(ask)
            yield ask
        finally:
            process.terminate()


def _wait(ask: Ask) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError, httpx.HTTPStatusError):
            ask("SELECT ?s WHERE { ?s ?p ?o } LIMIT 1")
            return
        time.sleep(0.2)
    raise SystemExit("the server does not answer")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
