"""Generalised linear mixed models of counts: exact likelihoods where events are rare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Array, Column, refuse_where, table
from kg.pooling.fit import known
from kg.pooling.marginal import Log, at_mode, binomial, hypergeometric, laplace_pair, poisson, quadrature
from kg.pooling.result import Result
from kg.pooling.search import maximum
from kg.pooling.wald import wald

FIELDS = {"OR": ("ai", "bi", "ci", "di"), "IRR": ("x1i", "t1i", "x2i", "t2i")}
FEW, MANY = 7, 41  # quadrature points: what metafor asks of lme4, and what the non-central hypergeometric needs


@dataclass(frozen=True)
class Glmm(Result):
    """A log odds ratio or log rate ratio; ``sigma2`` is the variance of random study effects (UM.RS).

    ``ll_marginal`` is the log-likelihood that was maximised. ``ll`` is what metafor prints: for UM.FS and the binomial
    conditional models the log-likelihood at the modes of the random effects, else the same.
    """

    measure: str
    model: str
    k: int
    beta: Array
    se: Array
    stat: Array
    pval: Array
    ci_lb: Array
    ci_ub: Array
    tau2: float
    sigma2: float | None
    ll: float
    ll_marginal: float
    level: float


def glmm(measure: str, model: str, data: dict[str, Column], *, level: float = 95.0, study: Sequence[str] = ()) -> Glmm:
    """Fit a random-effects model to the counts of two arms by maximum likelihood.

    ``measure`` OR takes the columns ai bi ci di, IRR takes x1i t1i x2i t2i. ``model``: UM.FS has a fixed effect for
    each study, UM.RS a random one, CM.EL conditions on the total of events (non-central hypergeometric, or binomial
    for rates), CM.AL approximates that by a binomial (Stijnen, Hamza & Ozdemir 2010). Studies without events in both
    arms, or with events only, carry no information and are left out. Raises NotPoolable and NotConverged.
    """
    known("measure", measure, tuple(FIELDS))
    known("model", model, tuple(FITTED))
    if missing := [name for name in FIELDS[measure] if name not in data]:
        raise NotPoolable(f"measure {measure} needs the columns {', '.join(FIELDS[measure])}; {missing[0]} is missing")
    columns = table({name: data[name] for name in FIELDS[measure]}, study)
    for name, column in columns.items():
        refuse_where(np.isnan(column), name, column, study, "a count is missing; fill it in or leave the study out")
    a, b, c, d = columns.values()
    told = (a + c > 0) & (b + d > 0)
    if told.sum() < 2:
        raise NotPoolable(f"{int(told.sum())} studies have both events and non-events; the model needs two")
    a, b, c, d = (column[told] for column in (a, b, c, d))
    if a.sum() == 0 or c.sum() == 0 or (measure == "OR" and (b.sum() == 0 or d.sum() == 0)):
        raise NotPoolable("An arm has no event (or only events) in any study; the estimate is infinite")
    order = np.lexsort((d, c, b, a))
    a, b, c, d = (column[order] for column in (a, b, c, d))
    fitted = FITTED[model](measure, a, b, c, d)
    at, H = maximum(fitted.marginal, fitted.start, [(None, None)] * fitted.start.size, f"model {model}")
    vb = np.linalg.inv(-H)
    beta, se = at[:1], np.sqrt(np.diagonal(vb)[:1])
    return Glmm(
        measure=measure,
        model=model,
        k=a.size,
        beta=beta,
        se=se,
        **wald(beta, se, None, level)._asdict(),
        tau2=float(at[1] ** 2),
        sigma2=float(at[3] ** 2) if model == "UM.RS" else None,
        ll=(fitted.at_modes or fitted.marginal)(at),
        ll_marginal=fitted.marginal(at),
        level=level,
    )


class Likelihood(NamedTuple):
    """A log-likelihood of (theta, tau, ...), where to start its search, and its value at the modes where printed."""

    marginal: Callable[[Array], float]
    start: Array
    at_modes: Callable[[Array], float] | None = None


def arms(measure: str, a: Array, b: Array, c: Array, d: Array) -> tuple[Log, Log]:
    """Return the log-probabilities of the two arms."""
    return (binomial(a, a + b), binomial(c, c + d)) if measure == "OR" else (poisson(a, b), poisson(c, d))


def crude(a: Array, b: Array, c: Array, d: Array) -> float:
    """Return the log ratio of the summed arms, where the search starts."""
    return float(np.log(a.sum() * d.sum() / (b.sum() * c.sum())))


def exact(measure: str, a: Array, b: Array, c: Array, d: Array) -> Likelihood:
    """Return the likelihood given the events of both arms: hypergeometric for odds, binomial for rates."""
    if measure == "IRR":
        return approximate(measure, a, b, c, d)
    log, order = hypergeometric(a, a + b, c + d, a + c), MANY
    return Likelihood(
        lambda at: float(np.sum(quadrature(log, np.full_like(a, at[0]), float(at[1]), order))),
        np.array([crude(a, b, c, d), 0.5]),
    )


def approximate(measure: str, a: Array, b: Array, c: Array, d: Array) -> Likelihood:
    """Return the likelihood of the events of arm 1 as a binomial part of the events of both arms."""
    log, offset = binomial(a, a + c), np.log((a + b) / (c + d) if measure == "OR" else b / d)
    return Likelihood(
        lambda at: float(np.sum(quadrature(log, offset + at[0], float(at[1]), FEW))),
        np.array([crude(a, b, c, d), 0.5]),
        lambda at: float(np.sum(at_mode(log, offset + at[0], float(at[1])))),
    )


def fixed_studies(measure: str, a: Array, b: Array, c: Array, d: Array) -> Likelihood:
    """Return the likelihood maximised over an effect of each study."""
    first, second = arms(measure, a, b, c, d)
    level = np.log((a + c) / (b + d))

    def both(level: Array) -> Log:
        def log(u: Array) -> tuple[Array, Array, Array]:
            one, two = first(level[:, None] + u / 2), second(level[:, None] - u / 2)
            return one[0] + two[0], (one[1] - two[1]) / 2, (one[2] + two[2]) / 4

        return log

    def best(at: Array) -> Array:
        nonlocal level  # the search moves little from one call to the next
        theta, tau = np.full_like(a, at[0]), float(at[1])
        level = levels(lambda level: quadrature(both(level), theta, tau, FEW), level)
        return level

    return Likelihood(
        lambda at: float(np.sum(quadrature(both(best(at)), np.full_like(a, at[0]), float(at[1]), FEW))),
        np.array([crude(a, b, c, d), 0.5]),
        lambda at: float(np.sum(at_mode(both(best(at)), np.full_like(a, at[0]), float(at[1])))),
    )


def levels(height: Callable[[Array], Array], start: Array) -> Array:
    """Return the level of each study where its own likelihood is largest, by Newton's method with differences."""
    x, h = start, 1e-2
    for _ in range(100):
        low2, low, here, high, high2 = (height(x + j * h) for j in range(-2, 3))
        slope = (8 * (high - low) - (high2 - low2)) / (12 * h)
        bend = (16 * (low + high) - low2 - high2 - 30 * here) / (12 * h * h)
        step = np.clip(np.where(bend < 0, -slope / np.minimum(bend, -1e-12), np.sign(slope)), -1.0, 1.0)
        x = x + step
        if np.all(np.abs(step) < 1e-7):
            break
    return x


def random_studies(measure: str, a: Array, b: Array, c: Array, d: Array) -> Likelihood:
    """Return the likelihood for (theta, tau, mean level, sd of levels), by Laplace's approximation as in lme4."""
    first, second = arms(measure, a, b, c, d)

    def marginal(at: Array) -> float:
        theta, tau, mean, sigma = map(float, at)
        return float(np.sum(laplace_pair(first, second, (mean + theta / 2, mean - theta / 2), tau, sigma, a.size)))

    return Likelihood(marginal, np.array([crude(a, b, c, d), 0.5, np.log((a + c).sum() / (b + d).sum()), 0.5]))


FITTED: dict[str, Callable[[str, Array, Array, Array, Array], Likelihood]] = {
    "UM.FS": fixed_studies,
    "UM.RS": random_studies,
    "CM.EL": exact,
    "CM.AL": approximate,
}
