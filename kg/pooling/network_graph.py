"""A network of treatments: studies as weighted graphs, and the least-squares solution on them.

Effects are potentials on the treatments and a study is a graph of resistors between its arms (Ruecker 2012). Everything
follows from the Laplacian of each study, so no matrix is larger than treatments by treatments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Array, Column, refuse_where, table
from kg.pooling.studies import Ints

CONSISTENT = 1e-3  # of a standard error or more: how far the contrasts of a multi-arm study may miss their sum


@dataclass(frozen=True)
class Trial:
    """One study: its arms (a,), sorted, and for each pair of arms the effect and variance, matrices (a, a)."""

    label: str
    arms: Ints
    effect: Array
    variance: Array

    def weighted(self, tau2: float) -> Weighted:
        """Return the Laplacian that reproduces the variances plus tau2, and the weighted effects.

        For more than two arms the weights are those of Ruecker & Schwarzer (2014), which account for correlation.
        """
        a = self.arms.size
        variance = self.variance + tau2 * (1 - np.eye(a))
        if a == 2:
            w = 1.0 / variance[0, 1]
            laplacian = np.array([[w, -w], [-w, w]])
        else:
            centre = np.eye(a) - 1.0 / a
            laplacian = inverse(-0.5 * centre @ variance @ centre)
        weights = -laplacian * (1 - np.eye(a))
        flow = (weights * self.effect).sum(axis=1)
        return Weighted(self.arms, laplacian, flow, 0.5 * float((weights * self.effect**2).sum()))


@dataclass(frozen=True)
class Weighted:
    """A study at one tau2: Laplacian, weighted sum of its effects at each arm, and weighted sum of their squares."""

    arms: Ints
    laplacian: Array
    flow: Array
    square: float


@dataclass(frozen=True)
class Solution:
    """Potentials of the treatments, the pseudo-inverse of the Laplacian, Q and the denominator of DerSimonian-Laird."""

    potential: Array
    inverse: Array
    Q: float
    denominator: float

    @property
    def effects(self) -> Array:
        """Row treatment minus column treatment."""
        return np.asarray(self.potential[:, None] - self.potential[None, :])

    @property
    def variances(self) -> Array:
        """The variances of the effects."""
        own = np.diagonal(self.inverse)
        return np.asarray(np.maximum(own[:, None] + own[None, :] - 2 * self.inverse, 0.0) * (1 - np.eye(own.size)))


def inverse(laplacian: Array) -> Array:
    """Return the pseudo-inverse of a matrix whose null space is the constant vectors."""
    n = laplacian.shape[0]
    scale = float(np.trace(laplacian)) / n
    return np.asarray(np.linalg.inv(laplacian + scale / n) - 1.0 / (scale * n))


def solve(trials: Sequence[Trial], tau2: float, n: int) -> Solution:
    """Return the least-squares potentials of n connected treatments (Ruecker 2012)."""
    weighted = [trial.weighted(tau2) for trial in trials]
    L, flow = np.zeros((n, n)), np.zeros(n)
    for w in weighted:
        L[np.ix_(w.arms, w.arms)] += w.laplacian
        flow[w.arms] += w.flow
    plus = inverse(L)
    potential = plus @ flow
    residual, left = [], []
    for w, trial in zip(weighted, trials, strict=True):
        gap = trial.effect - (potential[w.arms][:, None] - potential[w.arms][None, :])
        residual.append(-0.5 * float((w.laplacian * gap**2).sum()))
        square = w.laplacian @ w.laplacian
        left.append(0.5 * float(np.trace(w.laplacian) - (plus[np.ix_(w.arms, w.arms)] * square).sum()))
    return Solution(potential, plus, math.fsum(residual), math.fsum(left))


def between_variance(solution: Solution, df: int) -> float:
    """Return tau2 by the generalised method of moments (Jackson, White & Riley 2012)."""
    return max(0.0, (solution.Q - df) / solution.denominator) if df > 0 else 0.0


def read(
    studlab: Sequence[object], treat1: Sequence[object], treat2: Sequence[object], effect: Column, error: Column
) -> tuple[tuple[str, ...], list[Trial]]:
    """Return the treatments, sorted, and the studies, sorted by label; refuse what is no connected network."""
    names = [str(s) for s in studlab]
    columns = table({"TE": effect, "seTE": error}, names)
    for name, column in columns.items():
        refuse_where(np.isnan(column), name, column, names, "it is missing; fill it in or leave the study out")
    y, se = columns["TE"], columns["seTE"]
    refuse_where(se <= 0, "seTE", se, names, "it must be above zero; correct the study or leave it out")
    if missing := [name for name, *pair in zip(names, treat1, treat2, strict=False) if None in pair]:
        raise NotPoolable(f"study {missing[0]} has a contrast without a treatment; name both or leave it out")
    first, second = [str(t) for t in treat1], [str(t) for t in treat2]
    if not len(first) == len(second) == y.size:
        raise NotPoolable(f"treat1 has {len(first)}, treat2 {len(second)} and TE {y.size} values; give one a contrast")
    treatments = sorted({*first, *second}, key=lambda t: (t.casefold(), t))
    number = {t: i for i, t in enumerate(treatments)}
    contrasts: dict[str, dict[tuple[int, int], tuple[float, float]]] = {}
    for label, a, b, effect_, error_ in zip(names, first, second, y.tolist(), se.tolist(), strict=True):
        if a == b:
            raise NotPoolable(f"study {label} compares {a} with itself; a contrast needs two treatments")
        i, j = sorted((number[a], number[b]))
        pairs = contrasts.setdefault(label, {})
        if (i, j) in pairs:
            raise NotPoolable(f"study {label} has {a} against {b} twice; give each study a label of its own")
        pairs[i, j] = (effect_ if number[a] == i else -effect_, error_**2)
    trials = [trial(label, pairs, treatments) for label, pairs in sorted(contrasts.items())]
    check_connected(trials, treatments)
    return tuple(treatments), trials


def trial(label: str, pairs: dict[tuple[int, int], tuple[float, float]], treatments: Sequence[str]) -> Trial:
    """Return a study from its contrasts; a study of a arms needs all a (a - 1) / 2, consistent with each other."""
    arms = np.array(sorted({t for pair in pairs for t in pair}))
    place = {int(t): i for i, t in enumerate(arms)}
    effect, variance = np.zeros((arms.size, arms.size)), np.zeros((arms.size, arms.size))
    for i, j in combinations(map(int, arms), 2):
        if (i, j) not in pairs:
            raise NotPoolable(
                f"study {label} has {arms.size} arms and no contrast of {treatments[i]} with {treatments[j]}; "
                "a study with several arms needs all pairs"
            )
        a, b = place[i], place[j]
        effect[a, b], variance[a, b] = pairs[i, j]
        effect[b, a], variance[b, a] = -effect[a, b], variance[a, b]
    for a, b, c in combinations(range(arms.size), 3):
        gap = effect[a, b] + effect[b, c] - effect[a, c]
        if abs(gap) > CONSISTENT * max(1.0, math.sqrt(variance[a, c])):
            raise NotPoolable(
                f"study {label}: the effects of {', '.join(treatments[arms[x]] for x in (a, b, c))} do not add up "
                f"(they miss by {gap:.3g}); contrasts of one study come from the same arms"
            )
    if arms.size > 2:
        centre = np.eye(arms.size) - 1.0 / arms.size
        if np.linalg.eigvalsh(-0.5 * centre @ variance @ centre)[1] <= 1e-10 * variance.max():
            raise NotPoolable(
                f"study {label}: no variances of its arms give the standard errors of its contrasts; "
                "check seTE against the arms"
            )
    return Trial(label, arms, effect, variance)


def connected(arms: Sequence[Ints], n: int) -> Ints:
    """Return the part of the network that each of n treatments belongs to."""
    part = np.arange(n)
    for joined in arms:
        for other in joined[1:]:
            part[part == part[other]] = part[joined[0]]
    return part


def check_connected(trials: Sequence[Trial], treatments: Sequence[str]) -> None:
    """Refuse a network in several parts; the message lists them."""
    part = connected([t.arms for t in trials], len(treatments))
    if len(set(part.tolist())) > 1:
        parts = [", ".join(t for t, own in zip(treatments, part, strict=True) if own == p) for p in sorted(set(part))]
        raise NotPoolable(f"The network is in {len(parts)} parts ({'; '.join(parts)}); analyse each, or add a link")
