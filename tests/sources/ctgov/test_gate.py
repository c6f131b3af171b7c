"""The records through the gate into a store: all of them enter, and entering again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.evidence_base import EvidenceBase
from kg.importing import import_paths
from kg.iris import BASE, EV
from kg.settings import Settings

SMALL = ("NCT05126836.json", "NCT00183339.xml", "NCT02251431.json", "NCT02699827.xml", "NCT05594173.json")


@pytest.fixture(scope="module")
def store() -> Iterator[EvidenceBase]:
    """The bundled evidence in memory, for writing."""
    with EvidenceBase.open(Settings.read("memory:"), "write") as opened:
        opened.build()
        yield opened


def asked(base: EvidenceBase, query: str) -> list[list[str]]:
    return [[str(getattr(v, "value", v)) for v in row] for row in base.store.select(query).rows]


def test_records_of_every_kind_enter_and_are_unchanged_the_second_time(store: EvidenceBase, folder: Path) -> None:
    paths = [folder / name for name in SMALL]
    seen: list[tuple[str, str]] = []
    import_paths(store, paths, on_record=lambda r: seen.append((r.place.split(":")[0], r.action)))
    assert seen == [(name, "new") for name in SMALL]
    seen.clear()
    import_paths(store, paths, on_record=lambda r: seen.append((r.place.split(":")[0], r.action)))
    assert seen == [(name, "unchanged") for name in SMALL]
    galectin = asked(
        store,
        f"SELECT ?days ?mean ?sd ?n {{ ?r <{EV}ofTrial> <{BASE}trial/nct02251431> ; <{EV}outcomeText> 'Galectin-3' ; "
        f"<{EV}groupId> 'OG000' ; <{EV}timepointDays> ?days ; <{EV}mean> ?mean ; <{EV}sd> ?sd ; <{EV}n> ?n }} "
        "ORDER BY ?days",
    )
    assert galectin == [["0", "9570.91", "4990.06", "29"], ["266", "9539.21", "3893.04", "29"]]
    kinds = asked(
        store, f"SELECT ?t ?c {{ ?t a ?c . FILTER (?t IN (<{BASE}trial/nct05594173>, <{BASE}trial/nct05126836>)) }}"
    )
    assert sorted(kinds) == [
        [f"{BASE}trial/nct05126836", f"{EV}RandomisedTrial"],
        [f"{BASE}trial/nct05594173", f"{EV}Study"],
    ]


@pytest.mark.slow
def test_all_37_records_enter(store: EvidenceBase, folder: Path) -> None:
    actions: Counter[str] = Counter()
    faults: list[str] = []

    def hear(report: object) -> None:
        actions[report.action] += 1  # type: ignore[attr-defined]
        faults.extend(str(fault) for fault in report.faults)  # type: ignore[attr-defined]

    import_paths(store, [folder], on_record=hear)
    assert not faults
    assert actions["new"] + actions["unchanged"] == 37
