"""What a first question costs: a process that answers one in words loads what it needs, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

ASK = ("ask", "--intervention", "ketamine", "--comparator", "placebo", "--outcome")
QUESTIONS = [(*ASK, "pain-intensity"), (*ASK, "nausea", "--protocol", "none")]
NEVER = (
    "altair",
    "fastapi",
    "kg.building",
    "kg.charts",
    "kg.functions",
    "kg.importing",
    "kg.intake",
    "kg.pooling.network",
    "kg.shapes",
    "kg.store.journal",
    "networkx",
    "numpy.f2py",
    "openpyxl",
    "pandas",
    "pydantic",
    "pyshacl",
    "rdflib",
    "scipy.optimize",
    "scipy.special",
    "scipy.stats",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "vl_convert",
)
_LOADED = re.compile(r"^import time:.*\| +(\S+)$", re.MULTILINE)


def loaded(store: str, *arguments: str) -> set[str]:
    command = [sys.executable, "-X", "importtime", "-m", "kg", "--store", store, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return set(_LOADED.findall(done.stderr))


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_in_words_loads_nothing_that_it_does_not_need(store_url: str, question: tuple[str, ...]) -> None:
    found = loaded(store_url, *question)
    assert "kg.evidence.answering" in found
    assert found.isdisjoint(NEVER)


def test_what_is_loaded_is_seen_where_it_is_needed(store_url: str) -> None:
    assert "kg.charts" in loaded(store_url, *QUESTIONS[0], "--format", "svg")
    assert "rdflib" in loaded(store_url, "validate")
