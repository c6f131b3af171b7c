"""The studies of many analyses, laid end to end, and sums over each analysis.

One analysis is a batch of one, so that a batch and a loop give the same bits: `np.add.reduceat` adds up an analysis in
the same order wherever it stands. Studies are sorted by (variance, effect), so that the order of the caller's rows
cannot change a bit either, and effects are centred at the most precise study, so that a large common effect costs
no digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg.pooling.columns import Array, Mask

Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Studies:
    """Effects ``y``, variances ``v`` (total,), and where each analysis starts and how many studies it has (n,)."""

    y: Array
    v: Array
    starts: Ints
    sizes: Ints

    @property
    def k(self) -> Array:
        """The number of studies of each analysis, as floats."""
        return self.sizes.astype(np.float64)

    def sum(self, x: Array) -> Array:
        """The sum over the studies of each analysis."""
        return np.add.reduceat(x, self.starts)

    def spread(self, x: Array) -> Array:
        """A value of each analysis, repeated for its studies."""
        return x if x.size == 1 else np.repeat(x, self.sizes)

    def take(self, analyses: Ints) -> Studies:
        """The studies of the given analyses (indices, repeats allowed), laid end to end."""
        sizes = self.sizes[analyses]
        starts = np.cumsum(sizes) - sizes
        rows = np.arange(int(sizes.sum())) + np.repeat(self.starts[analyses] - starts, sizes)
        return Studies(self.y[rows], self.v[rows], starts, sizes)

    def where(self, keep: Mask) -> Studies:
        """The studies of the analyses that a mask keeps."""
        if keep.all():
            return self
        rows = np.repeat(keep, self.sizes)
        sizes = self.sizes[keep]
        return Studies(self.y[rows], self.v[rows], np.cumsum(sizes) - sizes, sizes)


@dataclass(frozen=True, eq=False)
class Sorted:
    """Studies in summing order; ``order`` leads from the caller's rows to it, ``centre`` was taken from each effect."""

    studies: Studies
    order: Ints
    centre: Array


def arrange(yi: Array, vi: Array, sizes: Ints) -> Sorted:
    """Sort the studies of each analysis by variance, then effect, and centre them at the first."""
    starts = np.cumsum(sizes) - sizes
    if sizes.size == 1:
        order = np.lexsort((yi, vi))
    else:
        order = np.lexsort((yi, vi, np.repeat(np.arange(sizes.size), sizes)))
    y, v = yi[order], vi[order]
    centre = y[starts]
    return Sorted(
        Studies(y - (centre if sizes.size == 1 else np.repeat(centre, sizes)), v, starts, sizes), order, centre
    )


@dataclass(frozen=True, eq=False)
class Weighted:
    """Studies weighted by ``w`` (total,): the sum of the weights, the weighted mean (n,), and the residuals (total,)."""

    studies: Studies
    w: Array
    total: Array
    mean: Array
    residual: Array

    def sum(self, x: Array) -> Array:
        """The sum over the studies of each analysis."""
        return self.studies.sum(x)

    def q(self) -> Array:
        """The weighted sum of squared residuals, the generalised Q statistic."""
        return self.sum(self.w * self.residual**2)

    def others(self, x: Array) -> Array:
        """For each study, the sum over the other studies of its analysis.

        The first study is the most precise one. When it outweighs all others the difference from the total would lose
        their digits, so for it they are added up.
        """
        starts = self.studies.starts
        rest = x.copy()
        rest[starts] = 0.0
        others = self.studies.spread(self.sum(x)) - x
        others[starts] = self.sum(rest)
        return others

    def trace_p(self) -> Array:
        """tr(P), with P = W - W11'W / 1'W1; 0 for one study."""
        return self.sum(self.w * self.others(self.w)) / self.total

    def trace_pp(self) -> Array:
        """tr(PP)."""
        return self.trace_pdpd(np.ones_like(self.w), np.ones_like(self.w))

    def trace_pdpd(self, d: Array, e: Array) -> Array:
        """tr(P D P E) for diagonal D and E: the sum of P_ij^2 d_i e_j, all of it positive, so that nothing cancels."""
        w2 = self.w * self.w
        diagonal = self.sum((self.w * self.others(self.w)) ** 2 * d * e)
        return (diagonal + self.sum(w2 * d * self.others(w2 * e))) / self.total**2


def weigh(studies: Studies, w: Array) -> Weighted:
    """Weight the studies and centre them at their weighted mean."""
    total = studies.sum(w)
    mean = studies.sum(w * studies.y) / total
    return Weighted(studies, w, total, mean, studies.y - studies.spread(mean))


def weigh_at(studies: Studies, tau2: Array) -> Weighted:
    """Weight the studies by the inverse of their variance with ``tau2`` of each analysis added."""
    return weigh(studies, 1.0 / (studies.v + studies.spread(tau2)))
