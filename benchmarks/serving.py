"""Services to measure, each a process of its own on a free port of this machine."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

ROOT = Path(__file__).resolve().parent.parent
KG = Path(sys.executable).parent / "kg"
PEER = "rdflib-endpoint[web,oxigraph]==0.6.3"
PEER_PLACE = ROOT / "build" / "peers" / "rdflib-endpoint"
_SECONDS = 60.0
_WARM = 3.0


@contextmanager
def store() -> Iterator[str]:
    """Yield the address of a store with the bundled evidence, gone at the end."""
    with TemporaryDirectory(prefix="evigraph-bench-") as folder:
        url = f"oxigraph:{folder}/store"
        subprocess.run([str(KG), "--quiet", "--store", url, "build"], check=True, stdout=subprocess.DEVNULL)
        yield url


@contextmanager
def ours(url: str, *options: str) -> Iterator[str]:
    """Serve a store by ``kg serve``, and yield the address of its SPARQL."""
    command = [str(KG), "--store", url, "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line.startswith("serving on "):
                raise SystemExit(f"kg serve says {line!r}")
            time.sleep(_WARM)
            yield f"{line.split()[-1]}sparql"
        finally:
            process.terminate()


@contextmanager
def rdflib_endpoint(url: str) -> Iterator[str]:
    """Serve the same statements by rdflib-endpoint on Oxigraph, and yield its address.

    It is installed into an environment of its own below ``build/`` when it is first needed.
    """
    command = PEER_PLACE / "bin" / "rdflib-endpoint"
    if not command.exists():
        venv.create(PEER_PLACE, with_pip=True)
        pip = [str(PEER_PLACE / "bin" / "python"), "-m", "pip", "install", "--quiet", PEER]
        subprocess.run(pip, check=True)
    with TemporaryDirectory(prefix="evigraph-bench-") as folder:
        graph = Path(folder) / "graph.ttl"
        subprocess.run([str(KG), "--quiet", "--store", url, "export", "current", "--to", str(graph)], check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        serve = [str(command), "serve", "--host", "127.0.0.1", "--port", str(port), "--store", "Oxigraph", str(graph)]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(serve, stdout=quiet, stderr=quiet, env={**os.environ}) as process:
            try:
                address = f"http://127.0.0.1:{port}/"
                _wait(address)
                yield address
            finally:
                process.terminate()


def _wait(address: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(address, params={"query": "ASK {}"}, timeout=_SECONDS).raise_for_status()
            return
        time.sleep(0.2)
    raise SystemExit(f"nothing answers at {address}")
