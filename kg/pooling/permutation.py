"""Permutation test of the coefficients of a meta-regression."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Array
from kg.pooling.fit import Model
from kg.pooling.regression import Regression
from kg.pooling.regression_fit import fit_rows
from kg.pooling.result import Result
from kg.pooling.wald import omnibus
from kg.pooling.weighted_fit import Rows

SAME = 1 + 1e-9  # statistics this close count as equal, so that rounding does not decide


@dataclass(frozen=True)
class PermutationTest(Result):
    """Two-sided p-values by permutation, one a coefficient, and that of the omnibus test."""

    names: tuple[str, ...]
    pval: tuple[float, ...]
    QM_p: float
    permutations: int
    exact: bool


def permutation_test(fit: Regression, *, iterations: int = 1000, seed: int = 1) -> PermutationTest:
    """Permute the rows of the moderators, or the signs of the effects where there is none (Higgins & Thompson 2004).

    Exact where all arrangements are no more than ``iterations``; otherwise that many at random, with the observed
    one among them. Refits the model, tau2 included, for each; O(iterations k p^2).
    """
    if iterations < 20:
        raise NotPoolable(f"iterations is {iterations}; with fewer than 20 no p-value below 0.05 exists")
    rows, how = fit._fit.rows, Model(fit.method, fit.test, fit.level)
    if fit.method == "GENQ":
        raise NotPoolable("a permutation test refits without weights; use another method than GENQ")
    signs = fit.p == 1
    k = rows.y.size
    total = 2**k if signs else math.factorial(k)
    exact = total <= iterations
    arranged = _all(rows, signs=signs) if exact else _random(rows, iterations, seed, signs=signs)
    tested = fit._design.tested
    at_least = np.zeros(fit.p + 1)
    observed, count = _statistics(rows, how, tested), 0
    for again in arranged:
        at_least += _statistics(again, how, tested) * SAME >= observed
        count += 1
    pval = (at_least / count).tolist()
    return PermutationTest(fit.names, tuple(pval[:-1]), pval[-1], count, exact)


def _statistics(rows: Rows, how: Model, tested: tuple[int, ...]) -> Array:
    fit = fit_rows(rows, how)
    wald = np.abs(fit.beta) / np.sqrt(np.diagonal(fit.vb))
    return np.append(wald, omnibus(fit.beta, fit.vb, tested, fit.df).QM)


def _all(rows: Rows, *, signs: bool) -> Iterator[Rows]:
    if signs:
        for flip in product((1.0, -1.0), repeat=rows.y.size):
            yield Rows(rows.y * np.array(flip), rows.v, rows.X)
    else:
        for order in permutations(range(rows.y.size)):
            yield Rows(rows.y, rows.v, rows.X[list(order)])


def _random(rows: Rows, count: int, seed: int, *, signs: bool) -> Iterator[Rows]:
    yield rows
    draw = np.random.default_rng(seed)
    for _ in range(count - 1):
        if signs:
            yield Rows(rows.y * draw.choice((1.0, -1.0), rows.y.size), rows.v, rows.X)
        else:
            yield Rows(rows.y, rows.v, draw.permutation(rows.X))
