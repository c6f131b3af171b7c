"""The examples of docs/writing.md, run as they stand against a service of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.test_server import served
from tests.conftest import ROOT

pytestmark = pytest.mark.server
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "writing.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_examples_work(store_url: str, tmp_path: Path) -> None:
    store = tmp_path / "build" / "store"
    shutil.copytree(store_url.partition(":")[2], store)
    keys, record, changing = BLOCKS
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "EVIGRAPH_STORE": "oxigraph:build/store",
    }

    def run(script: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=env,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "kg serve" in keys
    key = run(keys.replace("kg serve", "echo $KEY #").split("\n", 1)[1]).strip()
    with served(f"oxigraph:{store}") as (address, _):

        def here(script: str) -> str:
            lines = script.replace("http://127.0.0.1:8000", address).split("\n")
            told = [
                line if "| sed" in line else re.sub(r"^curl ", "curl -w '\\n%{http_code}\\n' ", line) for line in lines
            ]
            return "\n".join([f"KEY={key}", 'curl() { command curl -sS "$@"; }', *told])

        told = run(here(record))
        assert re.findall(r"^(\d{3})$", told, re.MULTILINE) == ["200", "201", "200"], told
        assert '"dry_run":true' in told
        assert "Example 2020" in told
        told = run(here(changing))
        assert re.findall(r"^(\d{3})$", told, re.MULTILINE) == ["200", "200", "200", "200"], told
        assert '"action":"changed"' in told
        assert '"action":"retracted"' in told
