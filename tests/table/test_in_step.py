"""The table follows any commits, in memory and beside the store, and gives the rows that the queries give."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from benchmarks import generated
from kg import iris
from kg.evidence_base import EvidenceBase
from kg.model.records import ContinuousResult, IncludedTrial, Row, Trial
from kg.settings import Settings
from kg.store import Change, Store
from kg.table import EvidenceTable, QueriedRows, saved
from kg.table.segment import KEY
from kg.triples import key, triples

STEPS = 12
TRIALS = 30


def records(seed: int) -> Iterator[tuple[tuple[str, str], list[Row]]]:
    rows = (row for row in generated.trials(TRIALS, seed) if not isinstance(row, IncludedTrial))
    for own, found in groupby(rows, key):
        yield own, list(found)


def change_of(own: tuple[str, str], rows: list[Row]) -> Change:
    return Change(*own, {t for row in rows for t in triples(row)})


def altered(rows: list[Row], chance: random.Random) -> list[Row]:
    """Change a figure, a year or a label, or leave a result out."""
    made: list[Row] = []
    for row in rows:
        if isinstance(row, Trial):
            made.append(replace(row, year=chance.randint(1985, 2025), doi=f"10.1000/{chance.randrange(99)}"))
        elif not isinstance(row, ContinuousResult):
            made.append(row)
        elif chance.random() < 0.8:
            made.append(replace(row, n=row.n and row.n + chance.randrange(2)))
    return made


def commit(store: Store, chance: random.Random, pool: list[tuple[tuple[str, str], list[Row]]]) -> None:
    """Put, correct and retract some records at random."""
    live = {(head.source, head.id) for head in store.heads()}
    changes: dict[tuple[str, str], Change] = {}
    for own, rows in chance.sample(pool, chance.randint(1, 6)):
        if own in live and chance.random() < 0.3:
            changes[own] = Change(*own, None, reason="taken back")
        else:
            changes[own] = change_of(own, altered(rows, chance))
    if chance.random() < 0.3:  # a unit that results are measured in gets another name
        unit = NamedNode(f"{iris.BASE}unit/of-tests")
        named = Triple(unit, NamedNode(iris.SKOS + "prefLabel"), Literal(f"unit {chance.random()}", language="en"))
        changes["tests", "unit"] = Change("tests", "unit", [named])
        result = NamedNode(f"{iris.BASE}result/{generated.REVIEW}/generated-{chance.randrange(TRIALS)}/1")
        measured = Triple(result, NamedNode(iris.EV + "measuredIn"), unit)
        changes["tests", "measured"] = Change("tests", "measured", [measured])
    included = chance.randrange(TRIALS)
    stated = Triple(
        NamedNode(f"{iris.BASE}review/cd015373"),
        NamedNode(iris.EV + "includedTrial"),
        NamedNode(f"{iris.BASE}trial/generated-{included}"),
    )
    says = [stated] if ("tests", f"included-{included}") not in live else None
    changes["tests", "included"] = Change("tests", f"included-{included}", says)
    store.commit(changes.values(), "tests", "a step")


def check(table: EvidenceTable, base: EvidenceBase, chance: random.Random) -> None:
    queried = QueriedRows(base.catalog, base.store)
    trials = [f"{iris.BASE}trial/generated-{n}" for n in chance.sample(range(TRIALS), 7)]
    for name in table.names:
        whole = queried.rows(name)
        assert sorted(map(repr, table.rows(name).rows)) == sorted(map(repr, whole.rows)), name
        at = whole.columns.index(KEY)
        some = [row for row in whole.rows if row[at] in trials]
        assert sorted(map(repr, table.rows(name, trial=trials).rows)) == sorted(map(repr, some)), name


def begun(base: EvidenceBase, seed: int) -> list[tuple[tuple[str, str], list[Row]]]:
    pool = list(records(seed))
    base.store.commit([change_of(*each) for each in pool[: TRIALS // 2]], "tests", "begin")
    return pool


@pytest.mark.parametrize("seed", range(4))
def test_the_table_follows_random_commits(seed: int) -> None:
    chance = random.Random(seed)
    with EvidenceBase.open(Settings.read("memory:")) as base:
        pool = begun(base, seed)
        base.forget()
        check(base.table, base, chance)
        brought = 0
        for _ in range(STEPS):
            commit(base.store, chance, pool)
            before = base.table
            base.forget()
            brought += base.table.segments[0] is before.segments[0]
            check(base.table, base, chance)
        assert brought == STEPS, "the table was made anew where it should have been brought forward"
        assert len(base.table.segments) <= 4


@pytest.fixture
def address(tmp_path: Path) -> str:
    address = f"oxigraph:{tmp_path / 'store'}"
    with EvidenceBase.open(Settings.read(address), "write") as base:
        base.build()
        begun(base, 1)
    return address


def folder_of(address: str) -> Path:
    return Path(address.removeprefix("oxigraph:")) / "table"


def made_anew(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows whenever a table is made of a whole store."""
    told: list[int] = []
    original = EvidenceTable.of.__func__  # type: ignore[attr-defined]

    def of(cls: type[EvidenceTable], *given: object) -> object:
        told.append(1)
        return original(cls, *given)

    monkeypatch.setattr(EvidenceTable, "of", classmethod(of))
    return told


def test_who_reads_uses_the_table_beside_the_store(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = made_anew(monkeypatch)
    with EvidenceBase.open(Settings.read(address)) as base:
        check(base.table, base, random.Random(1))
    assert not told
    with EvidenceBase.open(Settings.read(address), "write") as base:
        for step in range(STEPS):
            commit(base.store, random.Random(step), list(records(1)))
            if step % 3 == 0:
                base.store.checkpoint()
                with EvidenceBase.open(Settings.read(address)) as reader:  # what is beside the store is behind it
                    check(reader.table, reader, random.Random(step))
    with EvidenceBase.open(Settings.read(address)) as base:
        check(base.table, base, random.Random(2))
    assert not told
    assert len(list(folder_of(address).glob("*.json"))) == 2
    named = {name for path in folder_of(address).glob("*.json") for name in json.loads(path.read_text())["segments"]}
    assert {path.name for path in folder_of(address).glob("*.rows")} == named


def cut_off(folder: Path) -> None:
    for path in folder.glob("*.rows"):
        path.write_bytes(path.read_bytes()[:-100])


def of_another_journal(folder: Path) -> None:
    for path in folder.glob("*.json"):
        path.write_text(path.read_text().replace('"hash": "', '"hash": "0'))


def of_other_queries(folder: Path) -> None:
    for path in folder.glob("*.json"):
        path.write_text(path.read_text().replace('"queries": "', '"queries": "0'))


def no_json(folder: Path) -> None:
    for path in folder.glob("*.json"):
        path.write_text("[")


def no_segment(folder: Path) -> None:
    for path in folder.glob("*.rows"):
        path.unlink()


@pytest.mark.parametrize("fault", [cut_off, of_another_journal, of_other_queries, no_json, no_segment])
def test_a_table_that_does_not_fit_is_made_anew(address: str, fault: object, monkeypatch: pytest.MonkeyPatch) -> None:
    told = made_anew(monkeypatch)
    fault(folder_of(address))  # type: ignore[operator]
    with EvidenceBase.open(Settings.read(address)) as base:
        check(base.table, base, random.Random(1))
    assert told == [1]
    with EvidenceBase.open(Settings.read(address), "write") as base:
        commit(base.store, random.Random(1), list(records(1)))
    with EvidenceBase.open(Settings.read(address)) as base:
        check(base.table, base, random.Random(1))
    assert told == [1, 1], "the writer did not put it right"


def test_where_there_is_no_room_for_the_table_nothing_else_is_lost(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("kg.table.arrays.os.fsync", full)
        with EvidenceBase.open(Settings.read(address), "write") as base:
            commit(base.store, random.Random(1), list(records(1)))
            head = base.store.head()
    assert saved.read(folder_of(address), {}, head.number, lambda _: "") is None
    assert not (folder_of(address) / f"{head.number}.json").exists()
    with EvidenceBase.open(Settings.read(address)) as base:
        assert base.store.head() == head
        check(base.table, base, random.Random(1))
