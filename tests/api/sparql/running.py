"""The service as a process of its own, started as its users start it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT

KG = Path(sys.executable).parent / "kg"


@contextmanager
def running(*arguments: str) -> Iterator[str]:
    """``kg`` with arguments that make it serve on a free port; yield its address."""
    with subprocess.Popen(
        [str(KG), "--quiet", *arguments, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line.startswith("serving on http://127.0.0.1:"), process.communicate(timeout=10)
            yield line.split()[-1].rstrip("/")
        finally:
            process.terminate()
            try:
                process.communicate(timeout=20)
            finally:
                process.kill()
