"""What it costs to import records: beside the validator and a bare load, beside few and many others, and in memory.

Run with ``python -m benchmarks.importing [FEW MANY [MORE]]``. Stores with FEW and MANY generated trials are filled past
the gate; MORE trials are then imported into each as ``kg import`` does it, and the times are compared. Then N and ten
times N trials are imported into an empty store, each in a process of its own, whose peak of memory is told.

``python -m benchmarks.importing --against [COUNT [JUDGED]]`` imports COUNT generated trials, and beside it lets pySHACL
judge JUDGED of them by the shapes without SPARQL, and loads the quads of all into a bare Oxigraph.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import groupby, islice
from pathlib import Path

import pyoxigraph as ox
import pyshacl
from pyoxigraph import Literal, NamedNode, Triple
from rdflib import Graph
from rdflib.namespace import SH

from benchmarks import generated
from kg import iris
from kg.evidence_base import EvidenceBase
from kg.importing import RecordReport, import_records
from kg.intake import candidate, surroundings
from kg.model.records import IncludedTrial
from kg.settings import Settings
from kg.sources.incoming import Unit
from kg.store import Change
from kg.store.canonical import canonical
from kg.store.projection import parts_of
from kg.triples import key, triples

_BATCH = 500
_WARM = 5


def units(count: int, start: int = 0) -> Iterator[Unit]:
    """Yield generated trials as a source does, from one number on."""
    rows = (row for row in generated.trials(count) if not isinstance(row, IncludedTrial))
    for number, (own, found) in enumerate(groupby(rows, key)):
        if number >= start:
            yield Unit(*own, tuple(found), own[1])


def opened(folder: Path) -> EvidenceBase:
    """Return a new store on disk with the bundled evidence and the drugs of the generated trials."""
    base = EvidenceBase.open(Settings.read(f"oxigraph:{folder}"), "write")
    base.build()
    base.store.commit(drugs(), "benchmark", "drugs of generated trials")
    return base


def drugs() -> list[Change]:
    """Return the records of the drugs that generated trials study."""
    label, kind = NamedNode(iris.RDFS + "label"), NamedNode(iris.RDF + "type")
    names = [f"generated-drug-{number}" for number in range(generated.DRUGS)]
    return [
        Change(
            "drugs",
            name,
            [
                Triple(NamedNode(iris.thing("drug", name)), kind, NamedNode(iris.EV + "Drug")),
                Triple(NamedNode(iris.thing("drug", name)), label, Literal(name, language="en")),
            ],
        )
        for name in names
    ]


def fill(base: EvidenceBase, count: int) -> None:
    """Put generated trials into a store, past the gate."""
    waiting = units(count)
    while batch := list(islice(waiting, _BATCH)):
        changes = [Change(u.source, u.name, {t for row in u.rows for t in triples(row)}) for u in batch]
        base.store.commit(changes, "benchmark", "generated trials", checkpoint=False)
    base.store.checkpoint()


def cost(base: EvidenceBase, there: int, more: int) -> tuple[float, float]:
    """Return the median seconds of a record, of the clock and of the processor."""
    wall: list[float] = []
    busy: list[float] = []
    last = [time.perf_counter(), time.process_time()]

    def on_record(found: RecordReport) -> None:
        assert found.action == "new", found
        now = [time.perf_counter(), time.process_time()]
        wall.append(now[0] - last[0])
        busy.append(now[1] - last[1])
        last[:] = now

    import_records(base, units(there + more + _WARM, there), on_record=on_record)
    return statistics.median(wall[_WARM:]), statistics.median(busy[_WARM:])


def peak(count: int) -> float:
    """Return the peak of memory, in MiB, of a process that imports so many trials."""
    with tempfile.TemporaryDirectory() as folder:
        opened(Path(folder) / "store").close()
        call = [sys.executable, "-m", "benchmarks.importing", "--only", folder, str(count)]
        return float(subprocess.run(call, check=True, capture_output=True, text=True).stdout)


def _only(folder: str, count: int) -> None:
    with EvidenceBase.open(Settings.read(f"oxigraph:{folder}/store"), "write") as base:
        import_records(base, units(count))
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    print(int(status["VmHWM"].split()[0]) / 1024)  # the highest of this program; rusage counts what started it too


def against(count: int = 10_000, judged: int = 1000) -> None:
    """Print what a record costs here, with pySHACL alone, and in a load without gate and journal, in one run."""
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "store") as base:
        import_records(base, units(_WARM))
        graph, rules = _judged(base, judged)
        ours = _timed(lambda: import_records(base, units(count + _WARM, _WARM)).counts["new"], count)
        written = _timed(lambda: sum(len(canonical(_said(unit))) for unit in units(judged)), judged)
        loads = _quads(base)
        bare = _timed(lambda: _loaded(Path(folder) / "bare", loads), count)
        shacl = _timed(lambda: pyshacl.validate(graph, shacl_graph=rules, inference="none")[1], judged)
    for name, (wall, busy) in {
        f"kg import of {count} trials": ours,
        f"  of it, making the records ({judged} trials)": written,
        f"pySHACL, shapes without SPARQL ({judged} trials)": shacl,
        f"bare load ({count} trials)": bare,
    }.items():
        print(f"{name:50} {1000 * wall:7.2f} ms a record ({1000 * busy:.2f} ms of processor time)")
    print(f"pySHACL takes {shacl[0] / ours[0]:.1f} times as long; kg import {ours[0] / bare[0]:.1f} times a bare load")
    print(f"(by processor time {shacl[1] / ours[1]:.1f} and {ours[1] / bare[1]:.1f})")


def _timed(run: Callable[[], object], count: int) -> tuple[float, float]:
    """Return seconds a record, of the clock and of the processor; what is run returns something true."""
    wall, busy = time.perf_counter(), time.process_time()
    assert run(), "it did not do what it was to do"
    return (time.perf_counter() - wall) / count, (time.process_time() - busy) / count


def _said(unit: Unit) -> set[Triple]:
    return {t for row in unit.rows for t in triples(row)}


def _judged(base: EvidenceBase, count: int) -> tuple[Graph, Graph]:
    """Return trials with what the gate sees around them, and the shapes without SPARQL, as graphs of rdflib."""
    made = candidate(row for unit in units(count) for row in unit.rows)
    said = {t for statements in made.triples.values() for t in statements} | surroundings(base.store, made.triples)
    graph = Graph().parse(data=canonical(said).decode(), format="nt")
    graph.parse(base.settings.ontology / "evidence.ttl", format="turtle")
    rules = Graph()
    for triple in base.shapes.graph:
        if triple[1] != SH.sparql:
            rules.add(triple)
    return graph, rules


def _quads(base: EvidenceBase) -> dict[str, str]:
    """Return what the engine holds of generated trials, as N-Triples by graph."""
    made: dict[str, list[str]] = defaultdict(list)
    heads = [head for head in base.store.heads() if head.source == generated.REVIEW]
    for graph, text in parts_of((head, base.store.content_of(head)) for head in heads):
        made[graph].append(text)
    return {graph: "".join(texts) for graph, texts in made.items()}


def _loaded(folder: Path, loads: dict[str, str]) -> bool:
    store = ox.Store(str(folder))
    for graph, text in loads.items():
        to_graph = NamedNode(graph) if graph else ox.DefaultGraph()
        store.bulk_load(text.encode(), ox.RdfFormat.N_TRIPLES, to_graph=to_graph)
    store.flush()
    return True


def main(few: int = 1000, many: int = 50_000, more: int = 50) -> None:
    """Print what a record costs beside few and many others, and the memory of small and large imports."""
    told: dict[int, tuple[float, float]] = {}
    for there in (few, many):
        with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "store") as base:
            fill(base, there)
            told[there] = cost(base, there, more)
        wall, busy = (1000 * seconds for seconds in told[there])
        print(f"{there:>7} trials in the store: {wall:6.1f} ms a record ({busy:.1f} ms of processor time)", flush=True)
    ratios = [late / early for early, late in zip(told[few], told[many], strict=True)]
    print(f"   ratio: {ratios[0]:.2f} ({ratios[1]:.2f} of processor time)")
    small, large = peak(few // 2), peak(5 * few)
    print(f"memory: {small:.0f} MiB for {few // 2} records, {large:.0f} MiB for {5 * few}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--only"]:
        _only(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["--against"]:
        against(*map(int, sys.argv[2:]))
    else:
        main(*map(int, sys.argv[1:]))
