"""The service as a process on a store of its own, put back to its first state whenever a test wrote to it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
from pyoxigraph import RdfFormat

from kg.evidence_base import EvidenceBase
from kg.settings import Settings
from tests.attacks.wire import Reply, send
from tests.conftest import ROOT

KG = Path(sys.executable).parent / "kg"


@dataclass(frozen=True)
class State:
    """What a store holds: the number of its statements and the hash of them all, sorted."""

    statements: int
    hash: str


def state(url: str) -> State:
    """Return what a store holds now, read by a process beside the one that serves it."""
    with EvidenceBase.open(Settings(store=url)) as base:
        out = io.BytesIO()
        base.store.engine.serialise(out, RdfFormat.N_QUADS)
    lines = sorted(line for line in out.getvalue().splitlines() if line)
    return State(len(lines), hashlib.sha256(b"\n".join(lines)).hexdigest())


@dataclass
class Server:
    """``kg serve`` on a store, with a key to write."""

    folder: Path
    key: str
    _process: subprocess.Popen[str] | None = None
    address: str = ""
    first: State = field(default_factory=lambda: State(0, ""))

    @property
    def url(self) -> str:
        """The address of its store."""
        return f"oxigraph:{self.folder / 'store'}"

    @property
    def pid(self) -> int:
        """The id of its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it wrote to standard error since it started."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start the process, in a folder of its own, and wait until it answers and is warm."""
        place = self.folder / "cwd"
        place.mkdir(exist_ok=True)
        with (self.folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [str(KG), "--store", self.url, "serve", "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=place,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("serving on http://127.0.0.1:"), f"{line}{self.log}"
        self.address = line.split()[-1].rstrip("/")
        deadline = time.monotonic() + 60
        while len(self.processes()) < 2:  # the one that reads bodies is started last
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            finally:
                self._process.kill()
                assert self._process.stdout is not None
                self._process.stdout.close()
                self._process = None

    def keep(self) -> None:
        """Keep the present state of the store as the first one."""
        self.stop()
        shutil.copytree(self.folder / "store", self.folder / "first", dirs_exist_ok=True)
        self.start()
        self.first = state(self.url)

    def put_back(self) -> None:
        """Bring back the first state, where the store has another now."""
        if self._process is not None and self._process.poll() is None and state(self.url) == self.first:
            return
        self.stop()
        shutil.rmtree(self.folder / "store")
        shutil.copytree(self.folder / "first", self.folder / "store")
        self.start()

    def processes(self) -> list[int]:
        """Return the ids of the process and of those it started."""
        found = [self.pid]
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                parent = re.search(r"^PPid:\t(\d+)", status.read_text(), re.MULTILINE)
                if parent and int(parent[1]) == self.pid:
                    found.append(int(status.parent.name))
        return found

    def memory(self, processes: Iterable[int] | None = None) -> int:
        """Return the resident bytes of the process and of those it started."""
        total = 0
        for pid in self.processes() if processes is None else processes:
            with contextlib.suppress(OSError):
                resident = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
                total += int(resident[1]) * 1024 if resident else 0
        return total

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: Iterable[bytes] = (),
        length: int | None = None,
    ) -> Reply:
        """Send a request with the key."""
        given = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        return send(self.address, method, path, given, body, length)

    def post(self, made: Any, path: str = "/records", method: str = "POST") -> Reply:
        """Send JSON."""
        content = made if isinstance(made, bytes) else orjson.dumps(made)
        return self.send(method, path, {"Content-Type": "application/json"}, [content], len(content))

    def get(self, path: str, **params: str) -> httpx.Response:
        """Ask for something that needs no key."""
        return httpx.get(self.address + path, params=params, timeout=60, headers={"accept": "application/json"})
