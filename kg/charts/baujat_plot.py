"""The plot of Baujat: what each study contributes to heterogeneity, against its influence on the pooled effect."""

from __future__ import annotations

from collections.abc import Sequence

from kg.charts.field import Field, Ruler
from kg.charts.layers import Spec
from kg.charts.layout import FONT_SIZE
from kg.charts.pooled_studies import PooledStudies, named
from kg.errors import InputRefused

WIDE, HIGH = 440.0, 320.0
MOST_NAMED = 25


def baujat(pool: PooledStudies, without: Sequence[tuple[float, float]]) -> Spec:
    """Return the plot of Baujat et al. (2002); ``without`` has estimate and standard error without each study.

    Across: the squared Pearson residual, (y - estimate)^2 / (v + tau2). Up: the squared difference between the
    estimates with and without the study over the variance of the latter.
    """
    if len(without) != len(pool.study):
        raise InputRefused(f"{len(without)} estimates without a study for {len(pool.study)} studies; give one each")
    if not all(se > 0 for _, se in without):
        raise InputRefused("a standard error without a study is 0, so its influence is not defined; ask for test z")
    across = [(y - pool.estimate) ** 2 / (v + pool.tau2) for y, v in zip(pool.yi, pool.vi, strict=True)]
    up = [((estimate - pool.estimate) / se) ** 2 for estimate, se in without]
    plot = Field(Ruler(0.0, 1.06 * max(across) or 1.0, WIDE), Ruler(0.0, 1.06 * max(up) or 1.0, HIGH))
    for name, x, y in zip(pool.study, across, up, strict=True):
        plot.point(x, y, 44.0, name, contribution=x, influence=y)
    distance = [plot.x.share(x) ** 2 + plot.y.share(y) ** 2 for x, y in zip(across, up, strict=True)]
    far = sorted(range(len(distance)), key=lambda row: -distance[row])[:MOST_NAMED]
    points = [(pool.study[row], *plot.at(across[row], up[row])) for row in far]
    for beside in named(points, (WIDE, HIGH), FONT_SIZE - 1):
        plot.text(beside.text, beside.x, beside.y, beside.align, size=FONT_SIZE - 1)
    names = ("Contribution to heterogeneity (squared Pearson residual)", "Influence on the pooled effect")
    return plot.specification("Baujat plot", pool.described, names)
