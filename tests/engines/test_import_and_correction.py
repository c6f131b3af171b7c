"""Import, correction and retraction on other engines: the same fingerprints and answers as on the embedded one."""

from __future__ import annotations

import shutil
from pathlib import Path

from kg.evidence_base import EvidenceBase, question
from kg.importing import import_paths
from kg.memory import retraction
from kg.settings import Settings
from tests.engines.servers import Engine
from tests.importing.table_files import together, trial, written

ASKED = question(intervention="ketamine", comparator="placebo", outcome="nausea", protocol="none")
BAD = trial("bad-2022", (50, 5))


def steps(base: EvidenceBase, folder: Path) -> list[tuple[str, str, int]]:
    """Import, import again, correct, retract; after each, the fingerprint, an answer, and the triples of the engine."""
    seen = []

    def look() -> None:
        base.forget()
        counts = base.store.engine.counts()
        seen.append((base.store.fingerprint(), base.ask(ASKED).id, counts[""]))

    first = written(folder / "first", together(trial("one-2020"), trial("two-2021", (9, 7)), BAD))
    report = import_paths(base, [first])
    assert {name: len(found) for name, found in report.names.items() if found} == {"new": 2, "refused": 1}
    look()
    again = import_paths(base, [first])
    assert again.names["unchanged"] == ["mine/one-2020", "mine/two-2021"]
    corrected = import_paths(base, [written(folder / "second", trial("one-2020", (11, 6)))])
    assert corrected.names["changed"] == ["mine/one-2020"]
    look()
    retraction.retract(base, {("mine", "two-2021")}, "tester", "made up")
    look()
    return seen


def test_import_correction_and_retraction_give_the_same(
    engine: Engine, data: Path, store_url: str, tmp_path: Path
) -> None:
    shutil.copytree(store_url.partition(":")[2], tmp_path / "embedded")
    with EvidenceBase.open(Settings.read(f"oxigraph:{tmp_path / 'embedded'}"), "write") as embedded:
        due = steps(embedded, tmp_path / "due")
    settings = engine.settings(data)
    with EvidenceBase.open(settings, "write") as base:
        base.build()
        found = steps(base, tmp_path / "found")
        assert found == due
        assert len(set(found)) == 3
        assert base.store.verify() == []
        base.store.rebuild()
        assert base.store.verify() == []
        base.forget()
        assert base.ask(ASKED).id == due[-1][1]
        report, _ = base.validate()
        assert report.conforms
    with EvidenceBase.open(settings) as base:
        assert base.ask(ASKED, "sparql").id == due[-1][1]
        first = base.store.commits()[0]
        assert base.as_of(first.time).ask(ASKED).id != due[-1][1]
