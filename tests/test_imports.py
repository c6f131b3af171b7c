"""Who may import whom: the table of ARCHITECTURE.md, held against the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

ALLOWED: dict[str, set[str]] = {
    "kg.errors": set(),
    "kg.settings": set(),
    "kg.nearest": set(),
    "kg.moments": {"kg.errors"},
    "kg.keys": {"kg.settings", "kg.errors"},
    "kg.model": {"kg.model", "kg.iris"},
    "kg.iris": {"kg.errors"},
    "kg.pooling": {"kg.errors", "kg.nearest", "kg.pooling"},
    "kg.protocol": {"kg.model", "kg.errors"},
    "kg.sources": {"kg.model", "kg.errors", "kg.iris", "kg.nearest", "kg.sources"},
    "kg.writing": {
        "kg.errors",
        "kg.evidence_base",
        "kg.importing",
        "kg.intake",
        "kg.memory",
        "kg.referred",
        "kg.shapes",
        "kg.sources",
        "kg.store",
    },
    "kg.reading": {"kg.sources", "kg.importing", "kg.errors", "kg.nearest"},
    "kg.triples": {"kg.model", "kg.iris", "kg.errors", "kg.triples"},
    "kg.shapes": {"kg.iris", "kg.errors", "kg.lookalikes", "kg.shapes"},
    "kg.resolution": {"kg.catalog", "kg.lookalikes", "kg.model", "kg.iris"},
    "kg.lookalikes": set(),
    "kg.store": {"kg.iris", "kg.errors", "kg.settings", "kg.store"},
    "kg.catalog": {"kg.store", "kg.iris", "kg.errors", "kg.nearest"},
    "kg.query_collection": {"kg.catalog", "kg.store", "kg.iris"},
    "kg.closure": {"kg.catalog", "kg.iris", "kg.lookalikes"},
    "kg.graph": {"kg.graph", "kg.catalog", "kg.store", "kg.iris", "kg.errors", "kg.nearest"},
    "kg.referred": {"kg.store", "kg.iris", "kg.errors"},
    "kg.table": {"kg.catalog", "kg.store", "kg.iris", "kg.table"},
    "kg.vocabulary": {"kg.catalog", "kg.model", "kg.iris", "kg.errors", "kg.nearest", "kg.lookalikes"},
    "kg.asked": {"kg.vocabulary", "kg.protocol", "kg.moments", "kg.model", "kg.errors"},
    "kg.answer_log": {"kg.asked"},
    "kg.selection": {"kg.catalog", "kg.vocabulary", "kg.protocol", "kg.model", "kg.iris"},
    "kg.functions": {
        "kg.functions",
        "kg.evidence",
        "kg.selection",
        "kg.protocol",
        "kg.model",
        "kg.store",
        "kg.catalog",
        "kg.nearest",
        "kg.iris",
        "kg.errors",
    },
    "kg.harmonise": {"kg.harmonise", "kg.protocol", "kg.pooling", "kg.model", "kg.iris", "kg.errors"},
    "kg.charts": {"kg.charts", "kg.model", "kg.errors"},
    "kg.intake": {
        "kg.closure",
        "kg.referred",
        "kg.triples",
        "kg.shapes",
        "kg.store",
        "kg.protocol",
        "kg.model",
        "kg.iris",
        "kg.errors",
    },
}
ANY_OF_KG = (
    "kg.evidence",
    "kg.evidence_base",
    "kg.review",
    "kg.provenance",
    "kg.memory",
    "kg.importing",
    "kg.building",
    "kg.curation",
    "kg.federation",
    "kg.formats",
    "kg.export",
    "kg.cli",
    "kg",
)
FORBIDDEN = {
    "api": ("kg.sources", "kg.triples", "kg.intake", "kg.store.embedded", "kg.store.journal"),
    "kg": ("api",),
    "kg.pooling": ("rdflib", "pyoxigraph", "fastapi", "pandas"),
    "kg.harmonise": ("rdflib", "pyoxigraph", "fastapi"),
    "kg.charts": ("rdflib", "pyoxigraph", "fastapi"),
    "kg.model": ("rdflib", "pyoxigraph", "fastapi"),
    "kg.sources": ("rdflib", "kg.store"),
}
FILES = sorted([*(ROOT / "kg").rglob("*.py"), *(ROOT / "api").rglob("*.py")])


def module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def home(name: str) -> str:
    """The entry of the table that a module belongs to."""
    fitting = [entry for entry in (*ALLOWED, *ANY_OF_KG, "api") if within(name, entry)]
    return max(fitting, key=len)


@pytest.mark.parametrize("path", FILES, ids=module)
def test_a_module_imports_only_what_the_table_allows(path: Path) -> None:
    entry = home(module(path))
    for name in imported(path):
        for package, never in FORBIDDEN.items():
            if within(module(path), package):
                assert not any(within(name, other) for other in never), f"{path}: {name}"
        if entry in ALLOWED and within(name, "kg"):
            assert any(within(name, other) for other in ALLOWED[entry]), f"{path}: {name}"


def test_the_table_names_modules_that_exist() -> None:
    known = {module(path) for path in FILES}
    assert set(ALLOWED) <= known


@pytest.mark.parametrize("path", FILES, ids=module)
def test_no_file_has_an_empty_name(path: Path) -> None:
    assert path.stem not in {"utils", "util", "common", "core", "helpers", "misc"}


@pytest.mark.parametrize("path", FILES, ids=module)
def test_no_drug_of_the_evidence_is_named_in_code(path: Path) -> None:
    """Docstrings may give an example; code may not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
    drugs = re.compile(r"ketamine|memantine|dextromethorphan|amantadine|magnesium|fibromyalgia|nmda", re.IGNORECASE)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            assert not drugs.search(node.value), f"{path}:{node.lineno}: {node.value[:60]}"
