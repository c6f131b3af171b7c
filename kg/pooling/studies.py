"""The studies of many analyses, laid end to end, and sums over each analysis.

One analysis is a batch of one, so that a batch and a loop give the same bits: `np.add.reduceat` adds up an analysis in
the same order wherever it stands. Studies are sorted by (variance, effect), so that the order of the caller's rows
cannot change a bit either, and effects are centred at the most precise study, so that a large common effect costs
no digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
        """Return the sum over the studies of each analysis."""
        return np.add.reduceat(x, self.starts)

    def spread(self, x: Array) -> Array:
        """Return a value of each analysis, repeated for its studies."""
        return x if x.size == 1 else x.repeat(self.sizes)

    @property
    def several(self) -> Any:
        """Whether an analysis has more than one study."""
        return self.sizes > 1

    def firsts(self, x: Array) -> Any:
        """Return the value of the first study of each analysis."""
        return x[self.starts]

    def lasts(self, x: Array) -> Any:
        """Return the value of the last study of each analysis."""
        return x[self.starts + self.sizes - 1]

    @property
    def batch(self) -> Studies:
        """The same studies, whose sums are arrays whatever the number of analyses."""
        return self

    def take(self, analyses: Ints) -> Studies:
        """Return the studies of the given analyses (indices, repeats allowed), laid end to end."""
        sizes = self.sizes[analyses]
        ends = sizes.cumsum()
        starts = ends - sizes
        rows = np.arange(ends[-1]) + (self.starts[analyses] - starts).repeat(sizes)
        return Studies(self.y[rows], self.v[rows], starts, sizes)

    def where(self, keep: Mask) -> Studies:
        """Return the studies of the analyses that a mask keeps."""
        sizes = self.sizes[keep]
        if sizes.size == keep.size:
            return self
        rows = keep.repeat(self.sizes)
        return Studies(self.y[rows], self.v[rows], sizes.cumsum() - sizes, sizes)


class Single(Studies):
    """One analysis, whose sums are numbers: the same operations in the same order as in a batch, so the same bits."""

    @property
    def k(self) -> Any:
        """The number of studies."""
        return np.float64(self.y.size)

    @property
    def several(self) -> Any:
        """Whether there is more than one study."""
        return self.y.size > 1

    def sum(self, x: Array) -> Any:
        """Return the sum over the studies."""
        return np.add.reduceat(x, self.starts)[0]

    def spread(self, x: Any) -> Any:
        """Return the value itself."""
        return x

    def firsts(self, x: Array) -> Any:
        """Return the value of the first study."""
        return x[0]

    def lasts(self, x: Array) -> Any:
        """Return the value of the last study."""
        return x[-1]

    @property
    def batch(self) -> Studies:
        """The same study data as a batch of one."""
        return Studies(self.y, self.v, self.starts, self.sizes)


@dataclass(frozen=True, eq=False)
class Sorted:
    """Studies in summing order; ``order`` leads from the caller's rows to it, ``centre`` was taken from each effect."""

    studies: Studies
    order: Ints
    centre: Array


def arrange(yi: Array, vi: Array, sizes: Ints) -> Sorted:
    """Sort the studies of each analysis by variance, then effect, and centre them at the first."""
    starts = np.cumsum(sizes) - sizes
    order = np.lexsort((yi, vi) if sizes.size == 1 else (yi, vi, np.repeat(np.arange(sizes.size), sizes)))
    y, v = yi[order], vi[order]
    centre = y[starts]
    return Sorted(
        Studies(y - (centre if sizes.size == 1 else np.repeat(centre, sizes)), v, starts, sizes), order, centre
    )


@dataclass(frozen=True, eq=False)
class Weighted:
    """Studies weighted by ``w`` (total,): ``total`` weight and weighted ``mean`` (n,), and ``residual`` (total,).

    The first study of an analysis is its most precise one. ``tail`` holds the weights with 0 for it, ``first`` its
    weight and ``rest`` the sum of the others (n,): where one study outweighs all others, a trace computed from the
    totals would lose the digits of the others.
    """

    studies: Studies
    w: Array
    tail: Array
    first: Array
    rest: Array
    total: Array
    mean: Array
    residual: Array

    def sum(self, x: Array) -> Array:
        """Return the sum over the studies of each analysis."""
        return self.studies.sum(x)

    def q(self) -> Array:
        """Return the weighted sum of squared residuals, the generalised Q statistic."""
        return self.sum(self.w * self.residual * self.residual)

    def trace_p(self) -> Array:
        """tr(P) = S1 - S2 / S1, with P = W - W11'W / 1'W1 and S the sums of powers of w; 0 for one study."""
        return ((self.first + self.total) * self.rest - self.sum(self.tail * self.tail)) / self.total

    def traces(self) -> tuple[Array, Array]:
        """tr(P), and tr(PP) = S2 - 2 S3 / S1 + (S2 / S1)^2."""
        t2 = self.tail * self.tail
        s2, s3, f2 = self.sum(t2), self.sum(t2 * self.tail), self.first * self.first
        square = f2 * (self.rest * self.rest + 2 * s2) + s2 * s2
        trace_p = ((self.first + self.total) * self.rest - s2) / self.total
        return trace_p, square / (self.total * self.total) + s2 - 2 * s3 / self.total

    def trace_pdpd(self, d: Array, e: Array) -> Array:
        """tr(P D P E) for diagonal D and E: the sum of P_ij^2 d_i e_j."""
        w2 = self.w * self.w
        diagonal = self.sum((self.w * self._others(self.w)) ** 2 * d * e)
        return (diagonal + self.sum(w2 * d * self._others(w2 * e))) / (self.total * self.total)

    def _others(self, x: Array) -> Array:
        """For each study, the sum over the other studies of its analysis."""
        starts = self.studies.starts
        rest = x.copy()
        rest[starts] = 0.0
        others = self.studies.spread(self.sum(x)) - x
        others[starts] = self.sum(rest)
        return others


def arrange_one(yi: Array, vi: Array) -> Sorted:
    """Sort and centre the studies of one analysis, as `arrange` does."""
    order = np.lexsort((yi, vi))
    y, v = yi[order], vi[order]
    return Sorted(Single(y - y[0], v, np.zeros(1, dtype=np.intp), np.array([y.size])), order, y[0])


def single(studies: Studies) -> Single:
    """Return the studies of one analysis with sums that are numbers."""
    return Single(studies.y, studies.v, studies.starts, studies.sizes)


def weigh(studies: Studies, w: Array) -> Weighted:
    """Weight the studies and take the residuals from their weighted mean."""
    y = studies.y
    tail = w.copy()
    tail[studies.starts] = 0.0
    first, rest = studies.firsts(w), studies.sum(tail)
    total = first + rest
    mean = studies.sum(w * y) / total
    return Weighted(studies, w, tail, first, rest, total, mean, y - studies.spread(mean))


def weigh_at(studies: Studies, tau2: Array) -> Weighted:
    """Weight the studies by the inverse of their variance with ``tau2`` of each analysis added."""
    return weigh(studies, 1.0 / (studies.v + studies.spread(tau2)))
