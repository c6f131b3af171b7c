"""A build that is killed leaves a store that opens, and the next build completes it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg.evidence_base import EvidenceBase

SHARES = (0.3, 0.85, 0.93, 0.97, 0.99)


def command(store: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "kg", "--quiet", "--json", "--store", f"oxigraph:{store}", *words]


@pytest.fixture(scope="module")
def seconds(tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long a build takes on this machine today."""
    start = time.monotonic()
    subprocess.run(command(tmp_path_factory.mktemp("timed") / "store", "build"), check=True, capture_output=True)
    return time.monotonic() - start


@pytest.mark.slow
@pytest.mark.parametrize("share", SHARES)
def test_a_killed_build_is_completed_by_the_next(
    share: float, seconds: float, tmp_path: Path, base: EvidenceBase
) -> None:
    store = tmp_path / "store"
    building = subprocess.Popen(command(store, "build"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        building.wait(timeout=seconds * share)
    except subprocess.TimeoutExpired:
        building.send_signal(signal.SIGKILL)
        building.wait()
    looked = subprocess.run(command(store, "stats"), capture_output=True, text=True, check=False)
    assert "Traceback" not in looked.stderr
    if looked.returncode == 0:
        seen = json.loads(looked.stdout)
        assert seen["fingerprint"] in (base.store.fingerprint(), empty()), "all of the evidence, or nothing"
    else:
        assert looked.returncode == 3
        assert "kg build" in looked.stderr
    again = subprocess.run(command(store, "build"), capture_output=True, text=True, check=True)
    assert json.loads(again.stdout)["fingerprint"] == base.store.fingerprint()


def empty() -> str:
    from kg.store import Store

    with Store.open("memory:", "write") as nothing:
        return nothing.fingerprint()
