"""Rules are parsed right where several threads need them at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

TWO_THREADS = """
import sys
from threading import Barrier, Thread
from pathlib import Path
from kg.shapes import Shapes
from kg.sources import rdf
sys.setswitchinterval(1e-6)
shapes = Shapes.load(Path("ontology"))
stated = [t for path in sorted(Path("ontology/examples/valid").glob("study-*.ttl")) for t in rdf.read(path)]
begin, faults = Barrier(4), []
def work():
    begin.wait()
    try:
        shapes.validate(stated)
    except Exception as error:
        faults.append(repr(error))
threads = [Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
sys.exit("; ".join(faults) or 0)
"""


@pytest.mark.slow
def test_several_threads_validate_at_once_from_the_start() -> None:
    found = subprocess.run([sys.executable, "-c", TWO_THREADS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
