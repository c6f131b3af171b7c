"""The service as a process, by its environment alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.conftest import ROOT

KG = Path(sys.executable).parent / "kg"


@contextmanager
def running(environment: dict[str, str], folder: Path) -> Iterator[httpx.Client]:
    """Run ``kg serve``, and yield a client of it."""
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(
            [str(KG), "serve", "--port", "0"],
            stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder,
            env={**environment, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("serving on http://127.0.0.1:"), f"{line}{(folder / 'log').read_text()}"
        with httpx.Client(base_url=line.split()[-1], timeout=60) as client:
            yield client
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()
            process.stdout.close()
