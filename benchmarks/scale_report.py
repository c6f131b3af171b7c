"""Writes what ``benchmarks.scale`` and ``benchmarks.answers_load`` found as ``docs/performance.md``, with a plot."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import vl_convert

from benchmarks.scale import PLACE

DOCS = Path(__file__).resolve().parent.parent / "docs"
_TASKS = {
    "narrow rows": "rows of the narrow question",
    "wide rows": "rows of the wide question",
    "narrow trial set": "everything that its answer is made from (ten queries)",
    "narrow answer": "its answer, in a warm process",
    "kg ask, cold": "`kg ask`, a process from its start to its end",
    "kg ask, busy": "the same, in processor time",
    "one more trial": "one more trial: gate and commit",
}
_WHO = ("evidence table", "kg", "import", "pyoxigraph", "Oxigraph server", "Virtuoso", "rdflib")
_HEAD = """# How fast a store answers

One run of `make bench-peers` on {date}: {machine}, under a load of {load}: other
programs shared the machine, so that the figures say more beside each other than by themselves. evigraph {evigraph},
pyoxigraph {pyoxigraph}, Oxigraph server {oxigraph}, Virtuoso {virtuoso}, rdflib {rdflib}, numpy {numpy}, scipy {scipy}.
Medians of five, after one that is not counted.

Stores hold the bundled evidence and generated trials, whose arms, risks, means, deviations and years are drawn from the
quantiles of the 37,611 study rows of 198 reviews (`benchmarks/distributions.py`). The narrow question is one drug, one
condition with all that is narrower, one outcome and one time band; the wide one is every drug, one outcome, all bands.
The rows of a question are the arm results that a pool needs: one SELECT for the engines, look-ups in the evidence table
for us. Every engine gave the same rows, or its place is empty.

![Rows of both questions, by size of the store](performance.svg)
"""


def table(figures: list[dict[str, Any]]) -> list[str]:
    """Return the lines of a table: tasks and sizes down, engines across."""
    found: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for figure in figures:
        found[figure["task"], figure["trials"]][figure["who"]] = figure["seconds"]
    who = [name for name in _WHO[3:] if any(name in cells for cells in found.values())]
    lines = [f"| | trials | evigraph | {' | '.join(who)} |", f"|---|--:|--:|{'--:|' * len(who)}"]
    for task, words in _TASKS.items():
        for (name, size), cells in sorted(found.items(), key=lambda item: item[0][1]):
            if name == task:
                own = next(cells[mine] for mine in _WHO[:3] if mine in cells)
                theirs = (_beside(cells.get(peer), own) for peer in who)
                lines.append(f"| {words} | {size:,} | {_told(own)} | {' | '.join(theirs)} |")
    return lines


def _told(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def _beside(seconds: float | None, own: float) -> str:
    return "-" if seconds is None else f"{_told(seconds)} ({seconds / own:.3g} times)"


def plot(figures: list[dict[str, Any]]) -> str:
    """Return the rows of both questions by size of the store, as SVG."""
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": [f for f in figures if f["task"].endswith("rows")]},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "column": {"field": "task", "title": None, "type": "nominal"},
            "x": {"field": "trials", "type": "quantitative", "scale": {"type": "log"}, "title": "trials in the store"},
            "y": {"field": "seconds", "type": "quantitative", "scale": {"type": "log"}, "title": "seconds"},
            "color": {"field": "who", "type": "nominal", "sort": list(_WHO), "title": None},
        },
        "width": 300,
        "height": 260,
    }
    return str(vl_convert.vegalite_to_svg(spec))


def main() -> None:
    """Write the report."""
    told = json.loads((PLACE / "scale.json").read_text(encoding="utf-8"))
    lines = [_HEAD.format(**told["about"]), *table(told["figures"]), ""]
    lines += [f"{note}." for note in told["notes"]] + [""] if told["notes"] else []
    load = PLACE / "answers.json"
    if load.exists():
        lines += _load(json.loads(load.read_text(encoding="utf-8")))
    lines.append("How fast pooling is, beside metafor and others: [pooling-performance.md](pooling-performance.md).")
    (DOCS / "performance.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (DOCS / "performance.svg").write_text(plot(told["figures"]), encoding="utf-8")


def _load(found: list[dict[str, Any]]) -> list[str]:
    lines = ["## `GET /answer` by eight clients", "", "wrk on the same machine, one worker of `kg serve`.", ""]
    lines += ["| trials | questions | answers a second | half within | 99 of 100 within |", "|--:|---|--:|--:|--:|"]
    lines += [
        f"| {f['trials']:,} | {f['questions']} | {f['rate']:,.0f} | {f['p50']:.1f} ms | {f['p99']:.1f} ms |"
        for f in found
    ]
    return [*lines, ""]


if __name__ == "__main__":
    main()
