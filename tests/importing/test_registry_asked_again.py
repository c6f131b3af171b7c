"""Values read by eye from registry records: found again in the store by SPARQL, and in answers where two arms fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import combinations
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from kg import evidence_base
from kg.evidence_base import EvidenceBase
from kg.importing import import_paths
from kg.iris import BASE, EV
from kg.settings import Settings

ROWS = """
PREFIX ev: <https://w3id.org/evigraph/ns#>
SELECT ?group ?arm ?studied ?outcome ?words ?class ?time ?locator ?figure ?value WHERE {
  ?result ev:ofTrial <%s> ; ev:groupId ?group ; ev:ofArm ?arm ; ev:outcome ?outcome ;
          ev:locator ?locator ; ?figure ?value .
  ?outcome <http://www.w3.org/2004/02/skos/core#prefLabel>|<http://www.w3.org/2000/01/rdf-schema#label> ?words .
  OPTIONAL { ?arm ev:studied ?studied }
  OPTIONAL { ?result ev:classText ?class }
  OPTIONAL { ?result ev:timepointText ?time }
  FILTER (?figure IN (ev:n, ev:total, ev:mean, ev:sd, ev:se, ev:median, ev:events, ev:percentage, ev:episodes))
}
"""
CENTRES = ("mean", "percentage", "events", "median")
Figures = dict[str, Any]


@pytest.fixture(scope="module")
def expected(shared: Path) -> list[Mapping[str, Any]]:
    return list(json.loads((shared / "data/ctgov/expected.json").read_text(encoding="utf-8"))["records"])


@pytest.fixture(scope="module")
def registry(
    tmp_path_factory: pytest.TempPathFactory, shared: Path, expected: list[Mapping[str, Any]]
) -> Iterator[EvidenceBase]:
    folder = tmp_path_factory.mktemp("registry")
    with EvidenceBase.open(Settings.read(f"oxigraph:{folder / 'store'}"), "write") as base:
        base.build()
        files = [shared / "data/ctgov" / record["file"] for record in expected]
        assert import_paths(base, files).counts == {"new": len(files)}
    with EvidenceBase.open(Settings.read(f"oxigraph:{folder / 'store'}")) as base:
        yield base


def trial_of(record: Mapping[str, Any]) -> str:
    return f"{BASE}trial/{Path(record['file']).stem.lower()}"


def figures(base: EvidenceBase, record: Mapping[str, Any]) -> list[Figures]:
    """Return the figures of every result of a record, by group and outcome."""
    found: dict[tuple[str, ...], Figures] = {}
    for row in base.store.select(ROWS % trial_of(record)).rows:
        group, arm, studied, outcome, words, of_class, time, locator, figure, value = (
            None if term is None else getattr(term, "value", str(term)) for term in row
        )
        one = found.setdefault(
            (str(group), str(outcome), str(of_class), str(locator)),
            {"group": group, "arm": arm, "studied": studied, "outcome": outcome, "words": words, "locator": locator},
        )
        one["class"], one["time"] = of_class or "", time or ""
        one[str(figure).removeprefix(EV)] = float(str(value))
    return list(found.values())


def arms_expected(record: Mapping[str, Any]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Yield the groups of figures that were read together: the class they stand in, empty for none, and the arms."""
    if "arms" in record["outcome"]:
        yield "", record["outcome"]["arms"]
    for one in record["outcome"].get("classes", ()):
        yield one["class"], one["arms"]


def match(found: list[Figures], record: Mapping[str, Any], row: str, arm: Mapping[str, Any]) -> Figures:
    """Return the one result that has the figures of an arm."""
    index = record["outcome"]["index"]
    places = (f"/outcomeMeasures/{index}/", f"/outcome[{index + 1}]/")
    own = [
        f
        for f in found
        if f["group"] == arm["group"]
        and (row == f["class"] or (row and f["time"].startswith(row)) or not row)
        and any(place in f["locator"] for place in places)
    ]
    assert len(own) == 1, f"{len(own)} results for {arm['group']} {row}"
    (one,) = own
    assert one.get("n", one.get("total")) == arm["n"]
    assert arm["value"] in [one[name] for name in CENTRES if name in one]
    if "dispersion" in arm:
        assert one[{"SD": "sd", "SE": "se"}[arm["dispersion"]]] == arm["spread"]
    return one


def test_every_figure_is_found_by_sparql(registry: EvidenceBase, expected: list[Mapping[str, Any]]) -> None:
    seen = 0
    for record in expected:
        found = figures(registry, record)
        for row, arms in arms_expected(record):
            for arm in arms:
                match(found, record, row, arm)
                seen += 1
        for term in record.get("adverse_events", {}).get("terms", ()):
            words = term["term"] if term["kind"] == "other" else f"serious: {term['term']}"
            for group, (affected, at_risk) in term["counts"].items():
                rows = [f for f in found if f["group"] == group and f.get("events") == affected]
                assert any(f["total"] == at_risk and f["words"].casefold() == words.casefold() for f in rows), words
                seen += 1
        for group in record.get("adverse_events", {}).get("groups", ()):
            for kind in ("serious", "other", "deaths"):
                if kind in group:
                    affected, at_risk = group[kind]
                    own = [f for f in found if f["group"] == group["group"] and kind[:5] in f["words"].casefold()]
                    assert any((f["events"], f["total"]) == (affected, at_risk) for f in own), (group, kind)
                    seen += 1
    assert seen > 70


def sd_of(arm: Mapping[str, Any]) -> float:
    return float(arm["spread"]) * (sqrt(arm["n"]) if arm["dispersion"] == "SE" else 1)


def test_every_pair_of_arms_that_differ_in_what_was_studied_is_answered(
    registry: EvidenceBase, expected: list[Mapping[str, Any]]
) -> None:
    asked = 0
    for record in expected:
        found = figures(registry, record)
        for row, arms in arms_expected(record):
            if row in ("Baseline", "Phase 2"):  # no effect: before treatment, and with the treatments exchanged
                continue
            for first, second in combinations(arms, 2):
                left, right = match(found, record, row, first), match(found, record, row, second)
                if left["studied"] is None or right["studied"] is None or left["studied"] == right["studied"]:
                    continue
                answer = registry.ask(
                    evidence_base.question(
                        intervention=left["studied"],
                        comparator=right["studied"],
                        outcome=left["outcome"],
                        protocol="none",
                        measure="MD" if "dispersion" in first else "RD",
                    )
                )
                (study,) = (s for s in answer.studies if s.trial == trial_of(record))
                if "dispersion" in first:
                    assert study.yi == pytest.approx(first["value"] - second["value"], rel=1e-12)
                    variance = sd_of(first) ** 2 / first["n"] + sd_of(second) ** 2 / second["n"]
                    assert study.vi == pytest.approx(variance, rel=1e-12)
                else:
                    risks = [arm.get("events", arm["value"]) / arm["n"] for arm in (first, second)]
                    assert study.yi == pytest.approx(risks[0] - risks[1], rel=1e-12)
                asked += 1
    assert asked >= 6
