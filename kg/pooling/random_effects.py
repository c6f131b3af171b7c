"""Which random effects rows share, and the values of their variances at the maximum of the likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg.errors import NotConverged, NotPoolable
from kg.pooling.columns import Array
from kg.pooling.mixed import Blocks, Likelihood, components, evaluate
from kg.pooling.search import lowest
from kg.pooling.studies import Ints

Labels = Sequence[Any] | NDArray[Any]
NEAR_ZERO = 0.1  # of a typical standard error: where a root is tried at 0


@dataclass(frozen=True)
class Structure:
    """Groupings from outer to inner, each with one variance, and an unstructured covariance of ``inner`` in ``outer``.

    theta holds the variances of the groupings, then the lower triangle of that covariance, row by row. phi, where
    the search goes on, holds their square roots, then the lower triangle of its Cholesky factor.
    """

    groupings: tuple[Ints, ...]
    inner: Ints
    outer: Ints
    levels: int

    @classmethod
    def of(cls, k: int, nested: Sequence[Labels], inner: Labels | None, outer: Labels | None) -> Structure:
        """Read the groupings from columns of labels; the same inner label in two outer groups is two groups."""
        if not nested and inner is None:
            raise NotPoolable("A multilevel model needs random effects; give nested, or inner and outer")
        if (inner is None) != (outer is None):
            raise NotPoolable("inner and outer describe one covariance; give both or neither")
        groupings = [coded(k, f"nested[{i}]", labels) for i, labels in enumerate(nested)]
        for i in range(1, len(groupings)):
            groupings[i] = np.unique(np.column_stack(groupings[i - 1 : i + 1]), axis=0, return_inverse=True)[1]
        if inner is None or outer is None:
            return cls(tuple(groupings), np.zeros(k, dtype=np.intp), np.arange(k), 0)
        within, between = coded(k, "inner", inner), coded(k, "outer", outer)
        if np.unique(np.column_stack([within, between]), axis=0).shape[0] == np.unique(between).size:
            raise NotPoolable("No group of outer holds two levels of inner, so their correlation cannot be estimated")
        return cls(tuple(groupings), within, between, int(within.max()) + 1)

    @property
    def size(self) -> int:
        """The number of variances and covariances."""
        return len(self.groupings) + self.levels * (self.levels + 1) // 2

    def sorted(self, order: Ints) -> Structure:
        """Return the same structure with the rows in another order."""
        return Structure(tuple(g[order] for g in self.groupings), self.inner[order], self.outer[order], self.levels)

    @property
    def links(self) -> tuple[Ints, ...]:
        """The columns whose equal values make rows dependent."""
        return (*self.groupings, *([self.outer] if self.levels else []))

    def patterns(self, rows: Ints) -> Array:
        """Return d M / d theta for stacked rows (n, s): an array (q, n, s, s)."""
        same = [self._same(column, rows) for column in self.groupings]
        for a, b in zip(*np.tril_indices(self.levels), strict=True):
            left, right = self.inner[rows][:, :, None], self.inner[rows][:, None, :]
            pair = ((left == a) & (right == b)) | ((left == b) & (right == a))
            same.append(pair & self._same(self.outer, rows))
        return np.array(same, dtype=np.float64)

    @staticmethod
    def _same(column: Ints, rows: Ints) -> NDArray[np.bool_]:
        return np.asarray(column[rows][:, :, None] == column[rows][:, None, :])

    def theta(self, phi: Array) -> Array:
        """Return the variances and covariances for their square roots."""
        n = len(self.groupings)
        L = self._factor(phi)
        return np.concatenate([phi[:n] ** 2, (L @ L.T)[np.tril_indices(self.levels)]])

    def jacobian(self, phi: Array) -> Array:
        """Return d theta / d phi."""
        n = len(self.groupings)
        J = np.zeros((phi.size, phi.size))
        J[:n, :n] = np.diag(2 * phi[:n])
        L, lower = self._factor(phi), np.tril_indices(self.levels)
        for j, (a, b) in enumerate(zip(*lower, strict=True)):
            D = np.zeros_like(L)
            D[a, b] = 1.0
            J[n:, n + j] = (D @ L.T + L @ D.T)[lower]
        return J

    def _factor(self, phi: Array) -> Array:
        L = np.zeros((self.levels, self.levels))
        L[np.tril_indices(self.levels)] = phi[len(self.groupings) :]
        return L

    def named(self, theta: Array) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        """Return sigma2 of the groupings, and tau2 and rho of the unstructured covariance."""
        n = len(self.groupings)
        G = np.zeros((self.levels, self.levels))
        G[np.tril_indices(self.levels)] = theta[n:]
        tau2 = np.diagonal(G)
        pairs = [(a, b) for a, b in zip(*np.tril_indices(self.levels, -1), strict=True)]
        rho = [G[a, b] / np.sqrt(tau2[a] * tau2[b]) if tau2[a] * tau2[b] > 0 else 0.0 for a, b in pairs]
        return tuple(map(float, theta[:n])), tuple(map(float, tau2)), tuple(map(float, rho))


def coded(k: int, name: str, labels: Labels) -> Ints:
    """Return a number for each label."""
    if len(labels) != k:
        raise NotPoolable(f"{name} has {len(labels)} labels for {k} effects; give one for each")
    if missing := [i for i, label in enumerate(labels) if label is None]:
        raise NotPoolable(f"{name} of row {missing[0] + 1} is missing; label every effect or leave it out")
    known: dict[Any, int] = {label: i for i, label in enumerate(sorted(set(labels), key=lambda v: (str(type(v)), v)))}
    return np.array([known[label] for label in labels], dtype=np.intp)


def stacked(y: Array, X: Array, V: Array, structure: Structure) -> list[Blocks]:
    """Return the independent blocks of rows, those of one size together; V is (k,) or (k, k)."""
    tied = np.arange(y.size)
    for i, j in np.argwhere(np.tril(V, -1)) if V.ndim == 2 else ():
        tied[tied == tied[i]] = tied[j]
    block = components(y.size, [*structure.links, tied])
    members = [np.flatnonzero(block == b) for b in range(int(block.max()) + 1)]
    parts = []
    for size in sorted({m.size for m in members}):
        rows = np.array([m for m in members if m.size == size])
        inside = V[rows[:, :, None], rows[:, None, :]] if V.ndim == 2 else V[rows][:, :, None] * np.eye(size)
        parts.append(Blocks(rows, y[rows], X[rows], inside, structure.patterns(rows)))
    return parts


def maximised(blocks: Sequence[Blocks], structure: Structure, *, reml: bool) -> tuple[Array, Likelihood]:
    """Return theta at the maximum, and the likelihood there.

    L-BFGS on square roots finds the place, Fisher scoring the last digits. A root found at 0, where its slope is
    always 0, is tried again from above when the likelihood rises there.
    """
    n = len(structure.groupings)
    roots = [*range(n), *(n + a * (a + 3) // 2 for a in range(structure.levels))]
    phi = np.zeros(structure.size)
    phi[roots] = 1.0
    phi, fit = climbed(blocks, structure, phi, roots, reml=reml)
    for _ in roots:
        up = [phi + 1e-3 * (np.arange(phi.size) == j) for j in roots if phi[j] == 0]
        above = [evaluate(blocks, structure.theta(at), reml=reml) for at in up]
        rising = [at for at, there in zip(up, above, strict=True) if there and there.value > fit.value + 1e-10]
        if not rising:
            break
        phi, fit = climbed(blocks, structure, rising[0] + 0.1 * (rising[0] != phi), roots, reml=reml)
    return structure.theta(phi), fit


def climbed(
    blocks: Sequence[Blocks], structure: Structure, start: Array, roots: Sequence[int], *, reml: bool
) -> tuple[Array, Likelihood]:
    """Return phi at a local maximum above the start, and the likelihood there; the sign of a root means nothing."""

    def objective(phi: Array) -> tuple[float, Array]:
        fit = evaluate(blocks, structure.theta(phi), reml=reml)
        if fit is None:
            return 1e300, np.zeros_like(phi)
        return -fit.value, -structure.jacobian(phi).T @ fit.score

    phi = lowest(objective, start, [(None, None)] * start.size)
    phi[np.abs(phi) < 1e-6] = 0.0
    fit, decrement = evaluate(blocks, structure.theta(phi), reml=reml), np.inf
    for _ in range(200):
        if fit is None:
            break
        for j in (j for j in roots if 0 < abs(phi[j]) < NEAR_ZERO):
            without = np.where(np.arange(phi.size) == j, 0.0, phi)
            there = evaluate(blocks, structure.theta(without), reml=reml)
            if there is not None and there.value >= fit.value - 1e-13 * abs(fit.value):
                phi, fit = without, there
        J = structure.jacobian(phi)
        slope = J.T @ fit.score
        step = np.asarray(np.linalg.lstsq(J.T @ fit.information @ J, slope, rcond=1e-12)[0], dtype=np.float64)
        decrement = float(slope @ step)
        if decrement < 1e-24:
            break
        better = _stepped(blocks, structure, phi, step, fit.value, reml=reml)
        if better is None:
            break
        phi, fit = better
    if fit is None or decrement > 1e-8 + 1e-11 * abs(fit.value):
        raise NotConverged("the likelihood of the multilevel model has no clear maximum; use fewer random effects")
    return phi, fit


def _stepped(
    blocks: Sequence[Blocks], structure: Structure, phi: Array, step: Array, top: float, *, reml: bool
) -> tuple[Array, Likelihood] | None:
    """Return the first of ever shorter steps that does not lower the likelihood."""
    for shorter in 0.5 ** np.arange(12):
        fit = evaluate(blocks, structure.theta(phi + shorter * step), reml=reml)
        if fit is not None and fit.value >= top - 1e-13 * abs(top):
            return phi + shorter * step, fit
    return None
