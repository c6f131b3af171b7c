"""Likelihood of a linear mixed model whose covariance is block-diagonal and linear in its parameters.

M = V + sum_j theta_j K_j. Blocks of equal size are factored together, so the cost is the sum of their cubes,
never that of a k x k matrix, and no difference of large terms appears when a variance component dominates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kg.pooling.columns import Array
from kg.pooling.studies import Ints


@dataclass(frozen=True)
class Blocks:
    """The n blocks of one size s: rows (n, s), y (n, s), X (n, s, p), V (n, s, s) and K (q, n, s, s)."""

    rows: Ints
    y: Array
    X: Array
    V: Array
    K: Array

    def covariance(self, theta: Array) -> Array:
        """Return the marginal covariance of every block."""
        return np.asarray(self.V + np.tensordot(theta, self.K, axes=1))


@dataclass(frozen=True)
class Likelihood:
    """The log-likelihood at one theta, its score and expected information in theta, and the coefficients there."""

    value: float
    score: Array
    information: Array
    beta: Array
    vb: Array
    quadratic: float


def components(k: int, links: Iterable[Ints]) -> Ints:
    """Return the block of each of k rows: rows that agree in any of the links share a block."""
    block, columns = np.arange(k), list(links)
    while True:
        before = block
        for column in columns:
            least = np.full(int(column.max()) + 1, k)
            np.minimum.at(least, column, block)
            block = least[column]
        if np.array_equal(before, block):
            return np.asarray(np.unique(block, return_inverse=True)[1])


def evaluate(blocks: Sequence[Blocks], theta: Array, *, reml: bool) -> Likelihood | None:
    """Return the likelihood at theta, restricted or not; None where a block is not positive definite.

    The restricted likelihood has the term log |X'X| / 2, as in metafor (Harville 1974).
    """
    k = sum(part.y.size for part in blocks)
    p, q = blocks[0].X.shape[2], theta.size
    logdet, XX, A, b = 0.0, np.zeros((p, p)), np.zeros((p, p)), np.zeros(p)
    weights = []
    for part in blocks:
        try:
            L = np.linalg.cholesky(part.covariance(theta))
        except np.linalg.LinAlgError:
            return None
        logdet += 2 * math.fsum(np.log(np.diagonal(L, axis1=1, axis2=2)).ravel())
        half = np.linalg.solve(L, np.broadcast_to(np.eye(L.shape[1]), L.shape))
        weights.append(half.transpose(0, 2, 1) @ half)
        WX = weights[-1] @ part.X
        XX += np.tensordot(part.X, part.X, axes=([0, 1], [0, 1]))
        A += np.tensordot(part.X, WX, axes=([0, 1], [0, 1]))
        b += np.einsum("nsp,ns->p", WX, part.y)
    beta, vb = np.asarray(np.linalg.solve(A, b)), np.asarray(np.linalg.inv(A))
    quadratic, slope, trace = 0.0, np.zeros(q), np.zeros(q)
    information, G, H = np.zeros((q, q)), np.zeros((q, p, p)), np.zeros((q, q, p, p))
    for part, W in zip(blocks, weights, strict=True):
        r = part.y - part.X @ beta
        u = (W @ r[:, :, None])[:, :, 0]
        quadratic += float(np.sum(u * r))
        WK = W @ part.K
        slope += np.einsum("ns,qns->q", u, (part.K @ u[:, :, None])[..., 0])
        trace += np.einsum("qnss->q", WK)
        information += np.einsum("qnst,rnts->qr", WK, WK)
        if reml:
            WX = W @ part.X
            KWX = part.K @ WX
            G += np.einsum("nsp,qnsr->qpr", WX, KWX)
            H += np.einsum("qnsp,rnst->qrpt", KWX, W @ KWX)
    value = -0.5 * (k * math.log(2 * math.pi) + logdet + quadratic)
    if reml:
        value += 0.5 * (p * math.log(2 * math.pi) + float(np.linalg.slogdet(XX)[1] - np.linalg.slogdet(A)[1]))
        VG = vb @ G
        trace -= np.einsum("qpp->q", VG)
        information += np.einsum("qpr,trp->qt", VG, VG) - 2 * np.einsum("qrpt,tp->qr", H, vb)
    return Likelihood(value, 0.5 * (slope - trace), 0.5 * information, beta, vb, quadratic)
