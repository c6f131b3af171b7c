"""Questions to stores of several sizes, each figure beside its peers in the same run.

Run with ``make bench`` or ``make bench-peers``, or ``python -m benchmarks.scale [--peers] [SIZE ...]``, on a quiet
machine. A store of SIZE generated trials beside the bundled evidence is built below ``build/bench`` when it is first
needed, or read where EVIGRAPH_BENCH_STORES has one. Figures are medians of five after one that is not counted, in
seconds; the rows of every engine are compared before one is timed. What is found goes to ``build/bench/scale.json``,
and with ``benchmarks.scale_report`` to ``docs/performance.md``.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from functools import partial
from importlib.metadata import version
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from benchmarks import peers
from benchmarks.importing import fill, opened, units
from kg import iris, question
from kg.evidence.answering import answer
from kg.evidence_base import EvidenceBase
from kg.importing import import_records
from kg.selection import trial_set
from kg.settings import Settings

RUNS = 5
SIZES = (1000, 10_000)
PLACE = Path(__file__).resolve().parent.parent / "build" / "bench"
ASKED = {
    "intervention": "generated-drug-7",
    "comparator": "placebo",
    "outcome": "pain-intensity",
    "condition": "chronic-pain",
    "band": "short-term",
    "protocol": "none",
}
_PROLOGUE = f"""BASE <{iris.BASE}>
PREFIX ev: <{iris.EV}>
PREFIX skos: <{iris.SKOS}>
"""
_RESULT = """  ?result ev:outcome <outcome/pain-intensity> ; ev:ofTrial ?trial ; ev:ofArm ?arm ; ev:band ?band ;
          ev:n ?n ; ev:mean ?mean ; ev:sd ?sd .
"""
NARROW = f"""{_PROLOGUE}SELECT ?trial ?arm ?result ?n ?mean ?sd WHERE {{
  ?treated ev:studied <drug/generated-drug-7> .
  ?trial ev:hasArm ?treated ; ev:condition ?condition .
  ?condition skos:broader* <condition/chronic-pain> .
{_RESULT}  FILTER (?band = <band/short-term>)
}}"""
WIDE = f"""{_PROLOGUE}SELECT ?trial ?arm ?result ?n ?mean ?sd WHERE {{
{_RESULT}}}"""


def store(size: int) -> str:
    """Return the address of a store with so many generated trials, which is built where there is none."""
    place = Path(os.environ.get("EVIGRAPH_BENCH_STORES") or PLACE / "stores") / str(size)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with opened(place) as base:
            fill(base, size)
    return f"oxigraph:{place}"


def median(run: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the median seconds of a call."""
    run()
    taken = []
    for _ in range(RUNS):
        start = clock()
        run()
        taken.append(clock() - start)
    return statistics.median(taken)


def _of_children() -> float:
    """Return the seconds of processor time of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def narrow(base: EvidenceBase) -> peers.Rows:
    """Return the rows of NARROW from the evidence table."""
    known, table = base.vocabulary, base.table
    conditions = known.closure(f"{iris.BASE}condition/chronic-pain")
    drugs = table.rows("trials/trials-of-drugs", drug=[f"{iris.BASE}drug/generated-drug-7"])
    trials = sorted({row["trial"] for row in drugs.records()})
    having = table.rows("trials/trial-conditions", trial=trials).records()
    kept = sorted({row["trial"] for row in having if row["condition"] in conditions})
    return _results(base, f"{iris.BASE}band/short-term", trial=kept)


def wide(base: EvidenceBase) -> peers.Rows:
    """Return the rows of WIDE from the evidence table."""
    return _results(base, None)


def _results(base: EvidenceBase, band: str | None, **values: list[str]) -> peers.Rows:
    found = base.table.rows("trials/arm-results", outcome=[f"{iris.BASE}outcome/pain-intensity"], **values)
    names = ("trial", "arm", "result", "n", "mean", "sd")
    at = [found.columns.index(name) for name in names]
    place = found.columns.index("band")
    rows = ([row[i] for i in at] for row in found.rows if row[place] is not None and band in {None, row[place]})
    return [tuple(map(str, row)) for row in rows if None not in row]


def same(rows: peers.Rows) -> set[tuple[str, ...]]:
    """Return rows as they can be compared, whatever an engine writes numbers like."""
    return {(*row[:3], *(str(Decimal(value).normalize()) for value in row[3:])) for row in rows}


def ours(url: str) -> Iterator[tuple[str, str, float]]:
    """Yield what was measured of a store: a task, who did it, and seconds."""
    with EvidenceBase.open(Settings.read(url)) as base:
        yield "narrow rows", "evidence table", median(lambda: narrow(base))
        yield "wide rows", "evidence table", median(lambda: wide(base))
        ground, protocol = base.ground(), base.protocol("none")
        asked = question(**ASKED).resolved(base.vocabulary, None)
        yield (
            "narrow trial set",
            "evidence table",
            median(lambda: trial_set(asked, protocol, ground.rows, ground.vocabulary)),
        )
        yield "narrow answer", "evidence table", median(lambda: answer(asked, protocol, ground))
    words = [word for name, value in ASKED.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "kg", "--store", url, "ask", *words]
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as installed
    asking = partial(subprocess.run, command, check=True, capture_output=True, env=plain)
    yield "kg ask, cold", "kg", median(asking)
    yield "kg ask, busy", "kg", median(asking, _of_children)
    yield "one more trial", "import", _one_more(url)


def _one_more(url: str) -> float:
    """Return the median seconds from a trial to its commit, in a copy of the store."""
    size = int(url.rpartition("/")[2])
    with TemporaryDirectory(prefix="evigraph-bench-") as folder:
        copytree(url.partition(":")[2], f"{folder}/store")
        with EvidenceBase.open(Settings.read(f"oxigraph:{folder}/store"), "write") as base:
            waiting = units(size + RUNS + 1, size)
            return median(lambda: import_records(base, [next(waiting)]))


def theirs(url: str, smallest: bool, notes: list[str]) -> Iterator[tuple[str, str, float]]:
    """Yield what was measured of other engines on the same statements."""
    with EvidenceBase.open(Settings.read(url)) as base:
        due = {"narrow rows": same(narrow(base)), "wide rows": same(wide(base))}
    with TemporaryDirectory(prefix="evigraph-bench-") as folder:
        file = Path(folder) / "statements.nt"
        print(f"{peers.statements(url, file)} statements", flush=True)
        engines: dict[str, Callable[[], AbstractContextManager[peers.Ask]]] = {
            "pyoxigraph": lambda: peers.pyoxigraph(url),
            "Oxigraph server": lambda: peers.oxigraph_server(file),
            "Virtuoso": lambda: peers.virtuoso(file),
        }
        if smallest:
            engines["rdflib"] = lambda: peers.in_rdflib(file)
        said: list[str] = []
        for name, opening in engines.items():
            try:
                with opening() as ask:
                    yield from _asked(name, ask, due, said)
            except FileNotFoundError as absent:
                said.append(str(absent))
    size = int(url.rpartition("/")[2])
    notes.extend(f"At {size:,} trials: {text}" for text in said)


def _asked(
    name: str, ask: peers.Ask, due: dict[str, set[tuple[str, ...]]], notes: list[str]
) -> Iterator[tuple[str, str, float]]:
    for task, query in (("narrow rows", NARROW), ("wide rows", WIDE)):
        try:
            found = same(ask(query))
            if found == due[task]:
                yield task, name, median(partial(ask, query))
            else:
                notes.append(f"{name} gives {len(found)} {task}, not {len(due[task])}")
        except TimeoutError as late:
            notes.append(f"{name} takes {late} for {task}")


def machine() -> dict[str, str]:
    """Return what the figures were taken on, and when."""
    names = ("evigraph", "pyoxigraph", "rdflib", "oxigraph", "numpy", "scipy")
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    return {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "load": f"{os.getloadavg()[1]:.1f}",
        **{name: version(name) for name in names},
        "virtuoso": peers.virtuoso_version(),
    }


def main(arguments: list[str]) -> None:
    """Measure, and write the figures."""
    sizes = [int(word) for word in arguments if word.isdecimal()] or list(SIZES)
    found: list[dict[str, object]] = []
    notes: list[str] = []
    for size in sizes:
        url = store(size)
        measured = ours(url) if "--peers" not in arguments else _both(url, size == min(sizes), notes)
        for task, who, seconds in measured:
            print(f"{size:>7}  {task:18} {who:16} {1000 * seconds:10.2f} ms", flush=True)
            found.append({"trials": size, "task": task, "who": who, "seconds": seconds})
    PLACE.mkdir(parents=True, exist_ok=True)
    told = {"about": machine(), "figures": found, "notes": notes}
    (PLACE / "scale.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def _both(url: str, smallest: bool, notes: list[str]) -> Iterator[tuple[str, str, float]]:
    yield from ours(url)
    yield from theirs(url, smallest, notes)


if __name__ == "__main__":
    main(sys.argv[1:])
