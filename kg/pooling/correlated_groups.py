"""Whether groups of effects differ whose errors are correlated, as those of drugs against one control are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kg.errors import InputRefused, NotPoolable
from kg.pooling.columns import Array, Column
from kg.pooling.fit import known
from kg.pooling.mixed import Blocks, components, evaluate
from kg.pooling.multilevel import checked
from kg.pooling.result import Result
from kg.pooling.wald import omnibus, wald

METHODS = ("EE", "DL", "REML")


@dataclass(frozen=True, eq=False)
class GroupComparison(Result):
    """The effect of each group, sorted, with the covariance ``vb`` of all, and the test that they are equal.

    ``Q`` is what is left between the effects of a group, at tau2 = 0; ``QM`` is chi-squared.
    """

    k: int
    levels: tuple[str, ...]
    beta: Array
    se: Array
    ci_lb: Array
    ci_ub: Array
    vb: Array
    tau2: float
    method: str
    Q: float
    Q_df: int
    QM: float
    QM_df: int
    QM_p: float
    level: float


def compare_groups(
    yi: Column,
    V: ArrayLike,
    group: Sequence[str],
    trial: Sequence[str],
    *,
    method: str = "REML",
    level: float = 95.0,
) -> GroupComparison:
    """Fit an effect for each group by generalised least squares, and test whether they differ.

    ``V`` (k, k) has the covariances of effects of one trial, which a shared control arm makes. Effects of a trial have
    random effects with variance tau2 and correlation 1/2, as arms of equal variance give (Lu & Ades 2004). tau2 is 0
    by EE, and where no group has two effects; by DL that of the generalised method of moments; by REML.

    Raises NotPoolable for one group, or a V that is not positive definite or ties trials; InputRefused for lengths.
    """
    known("method", method, METHODS)
    y, S = checked(yi, V, ())
    if not len(group) == len(trial) == y.size:
        raise InputRefused(f"{len(group)} groups and {len(trial)} trials for {y.size} effects; give one of each a row")
    levels = tuple(sorted(set(group)))
    if len(levels) < 2:
        raise NotPoolable("one group alone is compared with none; give two groups or more")
    X = np.array([[float(own == name) for name in levels] for own in group])
    blocks = _blocks(y, X, S if S.ndim == 2 else np.diag(S), trial)
    tau2 = _tau2(blocks, y.size - len(levels), method)
    fit, fixed = (evaluate(blocks, np.array([t]), reml=False) for t in (tau2, 0.0))
    if fit is None or fixed is None:
        raise NotPoolable("V is not positive definite; check the covariances it was built from")
    against = np.hstack([-np.ones((len(levels) - 1, 1)), np.eye(len(levels) - 1)])
    test = omnibus(against @ fit.beta, against @ fit.vb @ against.T, tuple(range(len(levels) - 1)), None)
    se = np.sqrt(np.diagonal(fit.vb))
    shown = wald(fit.beta, se, None, level)
    return GroupComparison(
        k=y.size,
        levels=levels,
        beta=fit.beta,
        se=se,
        ci_lb=shown.ci_lb,
        ci_ub=shown.ci_ub,
        vb=fit.vb,
        tau2=tau2,
        method=method,
        Q=fixed.quadratic,
        Q_df=y.size - len(levels),
        QM=test.QM,
        QM_df=len(levels) - 1,
        QM_p=test.QM_p,
        level=level,
    )


def _blocks(y: Array, X: Array, V: Array, trial: Sequence[str]) -> list[Blocks]:
    names = sorted(set(trial))
    of = np.array([names.index(name) for name in trial], dtype=np.intp)
    if np.any(V[of[:, None] != of[None, :]]):
        raise NotPoolable("V has a covariance between trials; effects of two trials are of different people")
    block = components(y.size, [of])
    members = [np.flatnonzero(block == b) for b in range(int(block.max()) + 1)]
    made = []
    for size in sorted({m.size for m in members}):
        rows = np.array([m for m in members if m.size == size])
        K = np.broadcast_to((np.eye(size) + np.ones((size, size))) / 2, (1, len(rows), size, size))
        made.append(Blocks(rows, y[rows], X[rows], V[rows[:, :, None], rows[:, None, :]], K))
    return made


def _tau2(blocks: Sequence[Blocks], df: int, method: str) -> float:
    fixed = evaluate(blocks, np.zeros(1), reml=True)
    if method == "EE" or df < 1 or fixed is None:
        return 0.0
    if method == "DL":
        slope = 0.0
        for part in blocks:
            u = np.linalg.solve(part.V, (part.y - part.X @ fixed.beta)[:, :, None])
            slope += float(np.sum(u * (part.K[0] @ u)))
        return max(0.0, (fixed.quadratic - df) / (slope - 2 * float(fixed.score[0])))

    def score(tau2: float) -> float:
        fit = evaluate(blocks, np.array([tau2]), reml=True)
        assert fit is not None
        return float(fit.score[0])

    if score(0.0) <= 0:
        return 0.0
    high = math.fsum(float(np.trace(part.V, axis1=1, axis2=2).sum()) for part in blocks) / (df + 1)
    while score(high) > 0:
        high *= 4
    from scipy.optimize import brentq  # noqa: PLC0415  (loaded where a search is needed)

    return float(brentq(score, 0.0, high, xtol=1e-15 * high, rtol=1e-14))
