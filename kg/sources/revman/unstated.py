"""The settings of analyses whose table has rows alone: measure and totals are told by the rows, the method is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kg.sources.revman import inferred
from kg.sources.revman.codes import ratio
from kg.sources.revman.data_rows import Line
from kg.sources.revman.reviewed import Settings, Totals


def settings(lines: Sequence[Line]) -> Settings:
    """Return settings for rows that come without: the measure from the effects displayed, the method as it is usual."""
    kinds = Counter(line.row.kind for line in lines)
    usual = kinds.most_common(1)[0][0]
    shown = [(line.row, line.effect) for line in lines]
    measure, swapped = inferred.measure(shown)
    method = "DL"
    if usual in ("giv", "oe"):
        measure, swapped = ("RATIO" if usual == "oe" or _on_log_scale(lines) else "GEN"), False
    known = measure is not None
    if measure == "PETO":
        method = "PETO"
    measure = measure or ("MD" if usual == "continuous" else "RR")
    whence = "it gives the effects displayed beside the rows" if known else "taken as usual for such rows"
    taken = "that of Peto odds ratios" if method == "PETO" else "DerSimonian-Laird taken"
    return Settings(
        measure=measure,
        method=method,
        totals=_totals(lines),
        swapped=swapped,
        basis=f"measure: not in the file; {whence} | method: not in the file; {taken}",
    )


def _on_log_scale(lines: Sequence[Line]) -> bool:
    """Tell whether generic estimates are logarithms: the effects displayed are then their exponents."""
    told = [(line.row.estimate, line.effect) for line in lines if line.row.estimate and line.effect]
    return bool(told) and all(abs(float(ratio(e)) - float(s)) <= 1e-5 * max(1.0, abs(float(s))) for e, s in told)


def _totals(lines: Sequence[Line]) -> Totals:
    """Return which pools the review shows, as its weights tell: they add up to 100 in each pool."""
    weights = [float(line.row.weight or 0) for line in lines]
    total = sum(weights)
    groups: dict[str | None, float] = {}
    for line, weight in zip(lines, weights, strict=True):
        groups[line.row.subgroup] = groups.get(line.row.subgroup, 0.0) + weight
    if total > 101 and len(groups) > 1 and all(abs(w - 100) < 0.5 or w == 0 for w in groups.values()):
        return "subgroups"
    return "all"
