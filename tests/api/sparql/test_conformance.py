"""The W3C suites, over HTTP against a scratch store; which tests fail stands in the documentation, and no other may."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.api.sparql.running import running
from tests.conftest import ROOT

pytestmark = [pytest.mark.server, pytest.mark.slow]
_PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
COUNTS = {
    kind: (int(passed), int(all_)) for kind, passed, all_ in re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \|", _PAGE, re.M)
}
FAILING = set(re.findall(r"^\| `([\w-]+#[\w-]+)` \|", _PAGE, re.MULTILINE))


@pytest.fixture(scope="module")
def results(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What became of each test, by kind and name."""
    told = tmp_path_factory.mktemp("conformance") / "results.json"
    with running("serve", "--scratch") as address:
        runner = [
            sys.executable,
            str(shared / "conformance" / "run.py"),
            "http",
            "--suites",
            "sparql11",
            "--gsp-direct",
        ]
        places = ["--query", f"{address}/sparql", "--update", f"{address}/sparql/update"]
        places += ["--gsp", f"{address}/rdf-graph-store", "--json", str(told)]
        done = subprocess.run([*runner, *places], capture_output=True, text=True, check=False, timeout=600)
    assert told.is_file(), done.stderr
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for test in json.loads(told.read_text(encoding="utf-8")):
        found[test["kind"]][test["test"].removeprefix("sparql/sparql11/")] = test["result"]
    return found


@pytest.mark.parametrize(("kind", "passed", "of"), [(kind, *counts) for kind, counts in COUNTS.items()])
def test_as_many_pass_as_the_documentation_says(
    results: dict[str, dict[str, str]], kind: str, passed: int, of: int
) -> None:
    good = [name for name, result in results[kind].items() if result == "pass" or result.startswith("lax")]
    assert (len(good), len(results[kind])) == (passed, of)


def test_those_that_fail_are_those_that_the_documentation_explains(results: dict[str, dict[str, str]]) -> None:
    failing = {name for tests in results.values() for name, result in tests.items() if result.startswith("fail")}
    assert failing == FAILING


def test_the_documentation_counts_all_suites() -> None:
    assert set(COUNTS) == {"protocol", "gsp", "update", "syntax", "query"}
    assert sum(of - passed for passed, of in COUNTS.values()) == len(FAILING)
