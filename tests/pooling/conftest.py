"""The reference numbers of metafor, meta and netmeta, one test each.

A test with an argument ``<kind>_case`` runs once for every reference case of that kind, whatever the data set.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"
FOLDER = SHARED / "reference" / "metafor"
Close = Callable[..., bool]


class Case(NamedTuple):
    """One reference result with what it was computed from."""

    dataset: str
    data: dict[str, Any]
    model_input: dict[str, Any]
    case: dict[str, Any]


@cache
def blocks() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Every set of cases with its name: one a file, one an edge case."""

    def read() -> Iterator[tuple[str, dict[str, Any]]]:
        for path in sorted(FOLDER.glob("*.json")):
            content = json.loads(path.read_text(encoding="utf-8"))
            yield content["dataset"], content
            for edge in content.get("edge", []):
                yield f"{content['dataset']}-{edge['id']}", edge

    return tuple(read())


def reference_cases(kind: str) -> list[Case]:
    """All cases of a kind for which the oracle gave numbers."""
    return [
        Case(name, block.get("data", {}), block.get("model_input", {}), case)
        for name, block in blocks()
        for case in block.get("cases", [])
        if case.get("kind") == kind and "error" not in case["output"]
    ]


def refusals() -> list[Case]:
    """The inputs that have to be refused."""
    return [
        Case(name, block["input"], {}, {"kind": "refuse"}) for name, block in blocks() if block.get("must") == "refuse"
    ]


def identity(case: Case) -> str:
    """A readable name for a test."""
    long = {"kind", "output", "note", "call", "input", "design", "group"}
    return "-".join([case.dataset, *(str(value) for key, value in case.case.items() if key not in long)])[:90]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for argument in metafunc.fixturenames:
        kind = argument.removesuffix("_case")
        if kind != argument:
            cases = refusals() if kind == "refuse" else reference_cases(kind)
            if not cases:
                assert os.environ.get("CI") != "true", f"{FOLDER} has no case of kind {kind}"
            absent = pytest.param(
                None, marks=pytest.mark.skip(reason=f"no case of kind {kind} in {FOLDER}"), id="absent"
            )
            metafunc.parametrize(argument, [pytest.param(c, id=identity(c)) for c in cases] or [absent])


@pytest.fixture
def close() -> Close:
    """Whether a number of ours is theirs."""
    return is_close


def is_close(ours: Any, theirs: Any, rtol: float = 1e-9, floor: float = 0.0) -> bool:
    """Within rtol or an absolute floor; None for null and for an infinity; text as it is; lists item by item."""
    if isinstance(theirs, list):
        ours = list(ours)
        return len(ours) == len(theirs) and all(is_close(a, b, rtol, floor) for a, b in zip(ours, theirs, strict=True))
    if theirs in {None, "Inf", "-Inf"}:
        return ours is None
    if isinstance(theirs, str):
        return bool(ours == theirs)
    return ours is not None and math.isclose(ours, theirs, rel_tol=rtol, abs_tol=floor)
