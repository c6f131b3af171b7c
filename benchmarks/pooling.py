"""Pooling beside metafor, statsmodels and PyMARE, in one run.

Run with ``python -m benchmarks.pooling``; ``--to FILE.md`` writes the report. metafor is asked through Rscript (Debian:
r-cran-metafor), PyMARE through the interpreter that PYMARE_PYTHON names (a virtual environment with pymare in it). What
is not installed is left out, and the report says so.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import cochrane_library
from kg import __version__
from kg.pooling import escalc, pool, pool_many

Array = NDArray[np.float64]
SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
REPEATS = {10: 200, 100: 100, 1_000: 50, 10_000: 20, 100_000: 7, 1_000_000: 3}
METAFOR_REPEATS = {10: 200, 100: 50, 1_000: 3}
EVERY = 10
"""metafor pools every tenth analysis of the library; its time is scaled to all of them."""
R_SCRIPT = Path(__file__).with_name("metafor.R")
PYMARE = """
import json, sys, time, numpy as np
import pymare
from pymare import Dataset
from pymare.estimators import VarianceBasedLikelihoodEstimator
data = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1, ndmin=2)
def fit():
    set_ = Dataset(y=data[:, 0], v=data[:, 1], X=np.ones((len(data), 1)), add_intercept=False)
    found = VarianceBasedLikelihoodEstimator(method="REML").fit_dataset(set_).summary()
    found.get_re_stats(method="QP")
    return found
fit()
times = []
for _ in range(int(sys.argv[2])):
    began = time.perf_counter(); fit(); times.append(time.perf_counter() - began)
print(json.dumps({"version": pymare.__version__, "seconds": times}))
"""


def studies(k: int) -> tuple[Array, Array]:
    """Effects and variances of k simulated studies, heterogeneous."""
    draw = np.random.default_rng(20_000 + k)
    vi = draw.uniform(0.02, 0.4, k)
    return 0.3 + draw.normal(size=k) * np.sqrt(vi + 0.1), vi


def timed(call: Callable[[], Any], repeats: int) -> float:
    """Return the median seconds of a call, after one that does not count."""
    call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def peak(call: Callable[[], Any]) -> float:
    """Return the megabytes that a call holds at most, beside its input."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def written(folder: Path, name: str, head: list[str], lines: Iterator[list[Any]]) -> Path:
    """Write a CSV file and return its path."""
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(head)
        table.writerows(lines)
    return path


def rscript(*arguments: object) -> list[list[str]]:
    """Return the lines that the R script writes, each in words."""
    command = ["Rscript", str(R_SCRIPT), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines()]


def fits(folder: Path, versions: dict[str, str]) -> Iterator[dict[str, float]]:
    """Time one REML fit with Hartung-Knapp and Q-profile, for every number of studies and every peer."""
    from statsmodels.stats.meta_analysis import combine_effects  # noqa: PLC0415

    for k in SIZES:
        yi, vi = studies(k)

        def ours(yi: Array = yi, vi: Array = vi) -> Any:
            return pool(yi=yi, vi=vi, method="REML", test="knha", tau2_ci="QP")

        row = {"k": k, "ours": timed(ours, REPEATS[k]), "memory": peak(ours)}
        path = written(folder, f"{k}.csv", ["yi", "vi"], map(list, zip(yi.tolist(), vi.tolist(), strict=True)))
        if k in METAFOR_REPEATS and shutil.which("Rscript"):
            lines = rscript("fits", path, METAFOR_REPEATS[k])
            versions["metafor"] = f"{lines[0][1]} (R {lines[0][3]})"
            row["metafor"] = statistics.median(float(line[1]) for line in lines if line[0] == "fit")
            theirs = {line[0]: line for line in lines}["beta"]
            assert abs(float(theirs[1]) - ours().beta[0]) < 1e-4  # metafor stops within 1e-5 of the maximum
        if k <= 100_000:
            row["statsmodels"] = timed(
                lambda yi=yi, vi=vi: combine_effects(yi, vi, method_re="iterated", use_t=True),  # type: ignore[misc]
                min(REPEATS[k], 50),
            )
        row |= pymare(path, min(REPEATS[k], 30), versions) if k <= 100_000 else {}
        print({name: float(f"{value:.3g}") for name, value in row.items()}, file=sys.stderr)
        yield row


def pymare(path: Path, repeats: int, versions: dict[str, str]) -> dict[str, float]:
    """Time PyMARE in its own interpreter; nothing where that is not named."""
    python = os.environ.get("PYMARE_PYTHON")
    if not python:
        return {}
    command = [python, "-W", "ignore", "-c", PYMARE, str(path), str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    versions["PyMARE"] = found["version"]
    return {"pymare": statistics.median(found["seconds"])}


def whole_library(folder: Path) -> dict[str, float] | None:
    """Time the library of reviews: both models of every analysis in one call, and metafor's loop over a part."""
    if not cochrane_library.FOLDER.is_dir():
        return None
    analyses, _ = cochrane_library.library()
    both = [{**a, "method": "DL"} for a in analyses] + [{**a, "method": "REML", "test": "knha"} for a in analyses]
    row = {
        "analyses": float(len(analyses)),
        "studies": float(sum(_rows(a) for a in analyses)),
        "ours": timed(lambda: pool_many(both), 15),
        "read": timed(lambda: list(pool_many(both)), 5),
        "alone": timed(lambda: [pool(**a) for a in both[:: 2 * EVERY]], 3) * 2 * EVERY,
    }
    if shutil.which("Rscript"):
        part = analyses[::EVERY]
        path = written(folder, "library.csv", ["analysis", "kind", *METAFOR_COLUMNS], _lines(part))
        _, loop = rscript("loop", path)
        row |= {"metafor_part": float(loop[1]), "part": float(len(part)), "failed": float(loop[3])}
        row["metafor"] = float(loop[1]) * len(analyses) / len(part)
    return row


METAFOR_COLUMNS = ("ai", "n1i", "ci", "n2i", "m1i", "sd1i", "m2i", "sd2i", "yi", "vi")


def _rows(analysis: dict[str, Any]) -> int:
    return next(len(column) for column in analysis.values() if isinstance(column, np.ndarray))


def _lines(analyses: list[dict[str, Any]]) -> Iterator[list[Any]]:
    for index, analysis in enumerate(analyses):
        columns = dict(analysis)
        if columns["measure"] in {"GEN", "OE"}:  # escalc has no O - E; both are effects with variances there
            effects = escalc(**columns)
            columns |= {"yi": effects.yi, "vi": effects.vi}
        for row in range(_rows(columns)):
            cells = [columns[name][row] if name in columns else "NA" for name in METAFOR_COLUMNS]
            yield [index, columns["measure"], *cells]


def machine() -> str:
    """Return the processor and the number of cores."""
    names = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    name = next((line.partition(":")[2].strip() for line in names if line.startswith("model name")), platform.machine())
    return f"{name}, {os.cpu_count()} cores, {platform.system()}"


def seconds(value: float | None) -> str:
    """Return a time with three significant digits and its unit."""
    if value is None:
        return "-"
    for limit, factor, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if value < limit:
            return f"{value * factor:.3g} {unit}"
    return f"{value:.3g} s"


def ratio(theirs: float | None, ours: float) -> str:
    """Return how many times longer a peer takes."""
    return "-" if theirs is None else f"{theirs / ours:,.0f}" if theirs >= 10 * ours else f"{theirs / ours:.1f}"


def report(rows: list[dict[str, float]], library: dict[str, float] | None, versions: dict[str, str]) -> str:
    """Return the report as Markdown."""
    python = f"Python {platform.python_version()}, numpy {version('numpy')}, scipy {version('scipy')}"
    peers = {"metafor": "not installed", "PyMARE": "not installed"} | versions
    peers["statsmodels"] = version("statsmodels")
    named = "; ".join(f"{name} {number}" for name, number in sorted(peers.items()))
    lines = [
        "# How fast pooling is",
        "",
        f"One run of `python -m benchmarks.pooling` on {datetime.now(tz=UTC).date()}: {machine()}. "
        f"evigraph {__version__}, {python}. {named}.",
        "",
        "## One fit: REML, Hartung-Knapp, Q-profile interval",
        "",
        "Medians of repeated calls in a warm process, data in memory. statsmodels has no REML and no Q-profile: it",
        "fits Paule-Mandel with Hartung-Knapp. metafor stops at k = 1,000, because it works with k x k matrices.",
        "",
        "| k | evigraph | peak memory | metafor | times | statsmodels | times | PyMARE | times |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        peers_of = [row.get(name) for name in ("metafor", "statsmodels", "pymare")]
        cells = [cell for time_ in peers_of for cell in (seconds(time_), ratio(time_, row["ours"]))]
        lines.append(f"| {row['k']:,} | {seconds(row['ours'])} | {row['memory']:.3g} MB | {' | '.join(cells)} |")
    lines += ["", *_library_lines(library)]
    return "\n".join(lines) + "\n"


def _library_lines(row: dict[str, float] | None) -> list[str]:
    if row is None:
        return ["The library of Cochrane reviews is not beside the repository; it was not timed."]
    lines = [
        f"## A library: {row['analyses']:,.0f} analyses of 198 Cochrane reviews, {row['studies']:,.0f} studies",
        "",
        "Effects, DerSimonian-Laird, and REML with Hartung-Knapp of every analysis: two poolings each. `pool_many` has",
        "computed every number when it returns; the result object of an analysis is made when its place is read.",
        "",
        "| | seconds | times |",
        "|---|--:|--:|",
        f"| evigraph, one `pool_many` call | {row['ours']:.3f} | 1 |",
        f"| the same, and every result object read | {row['read']:.3f} | {ratio(row['read'], row['ours'])} |",
        f"| evigraph, one `pool` call each (part, scaled) | {row['alone']:.2f} | {ratio(row['alone'], row['ours'])} |",
    ]
    if "metafor" in row:
        lines += [
            f"| metafor, a loop | {row['metafor']:.1f} | {ratio(row['metafor'], row['ours'])} |",
            "",
            f"metafor pooled every {EVERY}th analysis ({row['part']:.0f}, {row['metafor_part']:.2f} s, "
            f"{row['failed']:.0f} fits did not converge); its time is scaled to all.",
        ]
    return lines


def main() -> None:
    """Run the benchmark and print the report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--to", type=Path, metavar="FILE.md", help="also write the report there")
    given = arguments.parse_args()
    versions: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        rows = list(fits(Path(folder), versions))
        library = whole_library(Path(folder))
    text = report(rows, library, versions)
    print(text)
    if given.to is not None:
        given.to.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
