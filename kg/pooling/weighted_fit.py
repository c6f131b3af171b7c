"""Weighted least squares on moderators, with the traces that estimators of tau2 need; O(k p^2), nothing k x k."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kg.pooling.columns import Array


@dataclass(frozen=True, eq=False)
class Rows:
    """Effects y and variances v (k,) with their design X (k, p), in summing order."""

    y: Array
    v: Array
    X: Array

    @property
    def df(self) -> int:
        """Residual degrees of freedom."""
        return int(self.X.shape[0] - self.X.shape[1])

    def at(self, tau2: float) -> WeightedFit:
        """Fit with the inverse of the variances plus tau2."""
        return self.weighted(1.0 / (self.v + tau2))

    def weighted(self, w: Array) -> WeightedFit:
        """Fit with weights w by a QR decomposition of the weighted design."""
        root = np.sqrt(w)
        Q, R = np.linalg.qr(root[:, None] * self.X)
        z = root * self.y
        along = Q.T @ z
        residual = (z - Q @ along) / root
        return WeightedFit(self, w, Q, R, np.linalg.solve(R, along), residual, np.einsum("kp,kp->k", Q, Q))


@dataclass(frozen=True, eq=False)
class WeightedFit:
    """A fit with weights w: QR of sqrt(w) X, coefficients, residuals and hat values.

    P = W - W X (X'WX)^-1 X'W; the traces below are those of products of P, through p x p matrices.
    """

    rows: Rows
    w: Array
    Q: Array
    R: Array
    beta: Array
    residual: Array
    hat: Array

    @property
    def q(self) -> float:
        """y'Py, the weighted sum of squared residuals."""
        return math.fsum(self.w * self.residual**2)

    @property
    def trace_p(self) -> float:
        """tr(P)."""
        return math.fsum(self.w * (1 - self.hat))

    def trace_pp(self, a: Array, b: Array) -> float:
        """tr(P A P B) for diagonal A and B, given as a = w A and b = w B."""
        inner = (self.Q.T @ (a[:, None] * self.Q)) * (self.Q.T @ (b[:, None] * self.Q))
        return math.fsum(a * b * (1 - 2 * self.hat)) + float(inner.sum())

    @property
    def unscaled(self) -> Array:
        """(X'WX)^-1."""
        half = np.linalg.inv(self.R)
        return np.asarray(half @ half.T)

    def sandwich(self, variance: Array) -> Array:
        """Return the covariance of the coefficients when the effects have these variances, whatever the weights."""
        half = np.linalg.solve(self.R, (self.Q * np.sqrt(self.w * variance)[:, None]).T)
        return np.asarray(half @ half.T)

    def log_likelihood(self, *, restricted: bool) -> float:
        """Return the log-likelihood where w are inverse variances; restricted with log |X'X| / 2 (Harville 1974)."""
        k, p = self.rows.X.shape
        ll = -0.5 * (k * math.log(2 * math.pi) - math.fsum(np.log(self.w)) + self.q)
        if restricted:
            _, xx = np.linalg.slogdet(self.rows.X.T @ self.rows.X)
            ll += 0.5 * p * math.log(2 * math.pi) + 0.5 * float(xx) - math.fsum(np.log(np.abs(np.diagonal(self.R))))
        return float(ll)
