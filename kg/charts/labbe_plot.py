"""The plot of L'Abbé: risk in one group against risk in the other."""

from __future__ import annotations

from collections.abc import Sequence

from kg.charts.field import Field, Ruler
from kg.charts.layers import MUTED, Spec
from kg.charts.pooled_studies import PooledStudies
from kg.errors import InputRefused

SIDE = 360.0
STEPS = 100


def labbe(
    pool: PooledStudies,
    risks: Sequence[tuple[float, float]],
    groups: tuple[str, str] = ("group 1", "group 2"),
) -> Spec:
    """Return the plot of L'Abbé, Detsky & O'Rourke (1987); ``risks`` (0 to 1) are those of group 1 and group 2.

    The solid line is no effect, the dashed one the pooled effect. Raises InputRefused for a measure other than RR, OR
    (PETO) and RD, and where the risks are not those of the studies.
    """
    if pool.measure not in {"RR", "OR", "PETO", "RD"}:
        raise InputRefused(f"the plot of L'Abbé shows risks, not {pool.measure}; ask for measure RR, OR or RD")
    if len(risks) != len(pool.study):
        raise InputRefused(f"there are {len(risks)} pairs of risks for {len(pool.study)} studies; give one each")
    most = min(100.0, 108.0 * max(max(pair) for pair in risks)) or 1.0
    plot = Field(Ruler(0.0, most, SIDE), Ruler(0.0, most, SIDE))
    plot.line((0, 0), (most, most), "solid", MUTED)
    baseline = [most * i / STEPS for i in range(STEPS + 1)]
    plot.curve([(x, _treated(pool, x / 100) * 100) for x in baseline], "dashed")
    order = sorted(zip(pool.study, risks, pool.sizes, strict=True), key=lambda item: -item[2])
    for name, (first, second), size in order:
        plot.point(100 * second, 100 * first, size, name, risk1=first, risk2=second)
    plot.note("Solid: no effect. Dashed: pooled effect. Areas: weights.")
    names = (f"Risk in {groups[1]} (%)", f"Risk in {groups[0]} (%)")
    return plot.specification("L'Abbé plot", pool.described, names)


def _treated(pool: PooledStudies, baseline: float) -> float:
    """Return the risk in group 1 that the pooled effect gives for one in group 2."""
    effect = pool.shown(pool.estimate)
    if pool.measure == "RD":
        return baseline + effect
    if pool.measure == "RR":
        return baseline * effect
    return effect * baseline / (1 - baseline + effect * baseline)
