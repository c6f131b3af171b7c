"""Every rule has a graph that breaks it and a twin that keeps it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rdflib import URIRef
from rdflib.namespace import SH

from kg.iris import EV
from tests.ontology.ontology_files import FOLDER, INVALID, VALID, read, rules, shapes, world

BREAKS = re.compile(r"# Breaks ev:([\w-]+): .+\.\n(?:# Breaks too: (.+)\.\n)?")


def kebab(rule: str) -> str:
    """Return the name of a rule's example files."""
    shape, name = rule.split("Shape-", 1)
    return re.sub(r"(?<!^)(?=[A-Z])", "-", shape).lower() + "-" + re.sub(r"(?=[A-Z])", "-", name).lower()


def declared(rule: str) -> str:
    """Return the severity that the shapes give to a rule: its own, or that of the shape it is a constraint of."""
    graph, iri = shapes().graph, URIRef(EV + rule)
    owner = graph.value(None, SH.sparql, iri) or iri
    return "warning" if graph.value(owner, SH.severity) == SH.Warning else "violation"


@pytest.mark.parametrize("path", INVALID, ids=lambda p: p.stem)
def test_invalid_example_breaks_its_rule_and_the_twin_keeps_it(path: Path) -> None:
    first = BREAKS.match(path.read_text(encoding="utf-8"))
    assert first, "the first line says which rule is broken, and how: # Breaks ev:ArmShape-role: why."
    rule, others = first[1], set(re.findall(r"ev:([\w-]+)", first[2] or ""))
    assert path.stem == kebab(rule)
    report = shapes().validate(read(path), world())
    found = {f.shape.removeprefix(EV) for f in report.results}
    assert found == {rule, *others}
    of_rule = [f for f in report.results if f.shape == EV + rule]
    assert {f.severity for f in of_rule} == {declared(rule)}
    assert all(f.message and "{" not in f.message for f in of_rule)
    assert report.conforms == all(f.severity != "violation" for f in report.results)
    twin = shapes().validate(read(FOLDER / "examples" / "valid" / path.name), world())
    assert twin.results == ()


def test_every_rule_has_its_examples() -> None:
    expected = {kebab(rule) for rule in rules()}
    assert {p.stem for p in INVALID} == expected
    assert {p.stem for p in VALID} == expected


def test_the_world_of_the_examples_and_the_vocabularies_keep_every_rule() -> None:
    assert shapes().validate(world()).results == ()
