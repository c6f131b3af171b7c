"""Likelihoods of the studies of a generalised linear mixed model, with the random effects integrated out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import logsumexp

from kg.errors import NotPoolable
from kg.pooling.columns import Array
from kg.pooling.special import gammaln, log_expit

MOST_TERMS = 200_000

Log = Callable[[Array], tuple[Array, Array, Array]]
"""Log-probability of each study and its first two derivatives, at linear predictors (k, m)."""


def binomial(x: Array, n: Array) -> Log:
    """Return the log-probability of x of n events at a logit."""
    constant = (gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1))[:, None]
    events, others = x[:, None], (n - x)[:, None]

    def log(eta: Array) -> tuple[Array, Array, Array]:
        p = np.exp(log_expit(eta))
        q = np.exp(log_expit(-eta))
        value = constant + events * log_expit(eta) + others * log_expit(-eta)
        return value, events * q - others * p, -(events + others) * p * q

    return log


def poisson(x: Array, time: Array) -> Log:
    """Return the log-probability of x events in a time at a log rate."""
    constant = (x * np.log(time) - gammaln(x + 1))[:, None]
    events, time = x[:, None], time[:, None]

    def log(eta: Array) -> tuple[Array, Array, Array]:
        mean = time * np.exp(np.minimum(eta, 500.0))
        return constant + events * eta - mean, events - mean, -mean

    return log


def hypergeometric(x: Array, n1: Array, n2: Array, events: Array) -> Log:
    """Return the log-probability of x events in arm 1 given the events of both, at a log odds ratio."""
    low, sizes = np.maximum(0, events - n2), np.minimum(n1, events) - np.maximum(0, events - n2) + 1
    if sizes.sum() > MOST_TERMS:
        raise NotPoolable(f"the exact conditional likelihood has {sizes.sum():.0f} terms; use CM.AL for so many events")
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
    study = np.repeat(np.arange(x.size), sizes.astype(np.intp))
    s = low[study] + np.arange(study.size) - starts[study]
    w = -gammaln(s + 1) - gammaln(n1[study] - s + 1) - gammaln(events[study] - s + 1)
    w -= gammaln(n2[study] - events[study] + s + 1)
    own, shift = w[starts + (x - low).astype(np.intp)], s - x[study]

    def log(eta: Array) -> tuple[Array, Array, Array]:
        terms = w + shift * eta.T[:, study]
        top = np.maximum.reduceat(terms, starts, axis=1)
        p = np.exp(terms - top[:, study])
        total = np.add.reduceat(p, starts, axis=1)
        mean = np.add.reduceat(p * shift, starts, axis=1) / total
        square = np.add.reduceat(p * (shift - mean[:, study]) ** 2, starts, axis=1) / total
        return (own - top - np.log(total)).T, -mean.T, -square.T

    return log


def quadrature(log: Log, eta: Array, tau: float, order: int) -> Array:
    """Return each study's log-likelihood at eta + tau u, with u standard normal integrated out.

    Adaptive Gauss-Hermite quadrature around the mode (Pinheiro & Bates 1995), as in lme4.
    """
    at, curve = _mode(log, eta, tau)
    node, weight = np.polynomial.hermite.hermgauss(order)
    width = np.sqrt(2 / curve)
    u = at[:, None] + width[:, None] * node
    height = log(eta[:, None] + tau * u)[0] - 0.5 * u**2 + node**2 + np.log(weight)
    return np.asarray(logsumexp(height, axis=1) + np.log(width) - 0.5 * np.log(2 * np.pi))


def at_mode(log: Log, eta: Array, tau: float) -> Array:
    """Return each study's log-probability with its random effect at its mode."""
    u, _ = _mode(log, eta, tau)
    return log((eta + tau * u)[:, None])[0][:, 0]


def _mode(log: Log, eta: Array, tau: float) -> tuple[Array, Array]:
    """Return the u of the largest log(eta + tau u) - u^2 / 2, a concave function, and its curvature there."""
    u = np.zeros_like(eta)
    reach = np.full_like(eta, np.inf)
    for _ in range(100):
        _, slope, curve = (part[:, 0] for part in log((eta + tau * u)[:, None]))
        bend = 1 - tau * tau * curve
        step = (tau * slope - u) / bend
        reach = np.where(np.abs(step) > 0.9 * reach, 0.5 * reach, np.abs(step))
        step = np.clip(step, -np.minimum(reach, 2.0), np.minimum(reach, 2.0))
        u = u + step
        if np.all(np.abs(step) < 1e-11 * (1 + np.abs(u))):
            break
    return u, 1 - tau * tau * log((eta + tau * u)[:, None])[2][:, 0]


def laplace_pair(first: Log, second: Log, eta: tuple[float, float], tau: float, sigma: float, k: int) -> Array:
    """Return each study's log-likelihood with two independent random effects integrated out by Laplace.

    Arm 1 is at eta[0] + sigma r + tau u / 2 and arm 2 at eta[1] + sigma r - tau u / 2, r and u standard normal.
    """
    L = np.array([[sigma, tau / 2], [sigma, -tau / 2]])
    z = np.zeros((k, 2))
    bound = np.full(k, 2.0)
    for _ in range(100):
        value, slope, curve = _both(first, second, z @ L.T + eta)
        gradient = slope @ L - z
        bend = np.eye(2) - np.einsum("ai,ka,aj->kij", L, curve, L)
        step = np.linalg.solve(bend, gradient[:, :, None])[:, :, 0]
        length = np.sqrt((step * step).sum(axis=1))
        short = np.minimum(1.0, bound / np.maximum(length, 1e-300))
        bound = np.where(short < 1, 0.9 * bound, bound)
        z = z + step * short[:, None]
        if np.all(length < 1e-11 * (1 + np.abs(z).max())):
            break
    value, _, curve = _both(first, second, z @ L.T + eta)
    bend = np.eye(2) - np.einsum("ai,ka,aj->kij", L, curve, L)
    return np.asarray(value.sum(axis=1) - 0.5 * (z * z).sum(axis=1) - 0.5 * np.log(np.linalg.det(bend)))


def _both(first: Log, second: Log, eta: Array) -> tuple[Array, Array, Array]:
    one, two = first(eta[:, :1]), second(eta[:, 1:])
    value, slope, curve = (np.hstack(pair) for pair in zip(one, two, strict=True))
    return value, slope, curve
