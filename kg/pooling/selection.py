"""Step-function selection models: the pooled effect when publication depends on the p-value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.errors import NotConverged, NotPoolable
from kg.pooling.columns import Array, Column
from kg.pooling.fit import known
from kg.pooling.given import given
from kg.pooling.pool import pool
from kg.pooling.quantiles import chi2_tail
from kg.pooling.result import Result
from kg.pooling.search import Bounds, gradient, maximum
from kg.pooling.special import ndtr, ndtri
from kg.pooling.wald import wald

HIGHEST, LOWEST = 100.0, 1e-8  # bounds of delta; the upper one is metafor's
NONE = 1e-4  # a delta below is taken as known to be 0 in the standard errors, as in metafor


@dataclass(frozen=True, eq=False)
class SelectionModel(Result):
    """A pooled effect adjusted for selection.

    ``delta`` are the chances of publication in each interval of p, relative to the first; ``at_bound`` says that one
    ended at its limit, 0 or 100, where the likelihood is flat and the estimate doubtful. LRT: against no selection.
    """

    alternative: str
    steps: tuple[float, ...]
    k: int
    beta: Array
    se: Array
    stat: Array
    pval: Array
    ci_lb: Array
    ci_ub: Array
    tau2: float
    delta: Array
    delta_se: tuple[float | None, ...]
    at_bound: bool
    ll: float
    LRT: float
    LRT_df: int
    LRT_p: float | None
    level: float


def step_selection(
    yi: Column,
    vi: Column,
    *,
    steps: Sequence[float] = (0.025,),
    alternative: str = "sign",
    level: float = 95.0,
    study: Sequence[object] | None = None,
) -> SelectionModel:
    """Fit a random-effects model with publication probabilities constant between steps of the one-sided p-value, by ML.

    Vevea & Hedges 1995. ``alternative`` greater, less, or sign: the direction of the ML estimate. An interval without
    a study sends a delta to its bound (``at_bound``). Raises NotConverged where the likelihood has no maximum.
    """
    known("alternative", alternative, ("greater", "less", "sign"))
    y, v, _ = given(yi, vi, study, least=3, what="a selection model")
    plain = pool(yi=y, vi=v, method="ML")
    if alternative == "sign":
        alternative = "less" if plain.beta[0] < 0 else "greater"
    ends = _ends(steps)
    order = np.lexsort((y, v))
    sign = -1.0 if alternative == "less" else 1.0
    unit = float(2.0 ** round(math.log2(math.sqrt(float(np.median(v))))))  # a power of two: scaling loses no digit
    y, v = sign * y[order] / unit, v[order] / unit**2
    interval = np.searchsorted(ends, ndtr(-y / np.sqrt(v)), side="left")
    cut = -np.sqrt(v)[:, None] * ndtri(np.array(ends[:-1]))

    def ll(x: Array) -> float:
        delta = np.exp(np.concatenate([[0.0], x[2:]]))
        variance = v + x[1] ** 2
        above = ndtr((x[0] - cut) / np.sqrt(variance)[:, None])
        share = np.diff(above, axis=1, prepend=0.0, append=1.0) @ delta
        log = np.log(delta[interval]) - np.log(share) - 0.5 * np.log(2 * np.pi * variance)
        return math.fsum(log - 0.5 * (y - x[0]) ** 2 / variance)

    start = np.array([sign * plain.beta[0] / unit, max(0.3, math.sqrt(plain.tau2) / unit), *[-0.1] * (len(ends) - 1)])
    limits: Bounds = [(None, None), (None, None), *[(math.log(LOWEST), math.log(HIGHEST))] * (len(ends) - 1)]
    at, H = maximum(ll, start, limits, "the selection model")
    delta = np.exp(np.concatenate([[0.0], at[2:]]))
    variances = _variances(_in_delta(H, gradient(ll, at), delta[1:]), delta)
    beta, se = sign * unit * at[:1], unit * np.sqrt(variances[:1])
    top = ll(at) - y.size * math.log(unit)
    LRT = max(0.0, 2 * (top - _likelihood(plain.ll_ml)))
    return SelectionModel(
        alternative=alternative,
        steps=ends,
        k=y.size,
        beta=beta,
        se=se,
        **wald(beta, se, None, level)._asdict(),
        tau2=float(at[1] * unit) ** 2,
        delta=delta,
        delta_se=(None, *(math.sqrt(x) if x > 0 else None for x in variances[2:].tolist())),
        at_bound=bool(((delta > 0.999 * HIGHEST) | (delta < NONE)).any()),
        ll=top,
        LRT=LRT,
        LRT_df=len(ends) - 1,
        LRT_p=chi2_tail(LRT, len(ends) - 1),
        level=level,
    )


def _ends(steps: Sequence[float]) -> tuple[float, ...]:
    ends = sorted({float(s) for s in steps} - {1.0})
    if not ends or not all(0 < s < 1 for s in ends):
        raise NotPoolable(f"steps are {list(steps)}; give p-values between 0 and 1, as 0.025")
    return (*ends, 1.0)


def _in_delta(H: Array, slope: Array, delta: Array) -> Array:
    """Return the Hessian in delta from that in log delta."""
    scale = np.concatenate([np.ones(2), 1 / delta])
    return np.asarray((H - np.diag(np.concatenate([np.zeros(2), slope[2:]]))) * np.outer(scale, scale))


def _variances(H: Array, delta: Array) -> Array:
    """Return the variances of beta, tau and delta; 0 for a delta at 0, which is taken as known."""
    free = np.concatenate([[0, 1], 2 + np.flatnonzero(delta[1:] >= NONE)])
    variances = np.zeros(H.shape[0])
    variances[free] = np.diagonal(np.linalg.inv(-H[np.ix_(free, free)]))
    if variances[0] <= 0:
        raise NotConverged("the selection model has no clear maximum of its likelihood; use fewer steps")
    return variances


def _likelihood(ll: float | None) -> float:
    assert ll is not None
    return ll
