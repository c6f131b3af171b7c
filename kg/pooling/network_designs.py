"""Inconsistency between the designs of a network: Q decomposed, and the data of a net heat plot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Array
from kg.pooling.network import Network
from kg.pooling.network_graph import Solution, Trial, between_variance, connected, solve
from kg.pooling.quantiles import chi2_tail
from kg.pooling.result import Result


@dataclass(frozen=True)
class QTest(Result):
    """A Q statistic with its degrees of freedom; p is None without any."""

    name: str
    Q: float
    df: int
    p: float | None


@dataclass(frozen=True)
class Decomposition(Result):
    """Q of the network as heterogeneity within designs plus inconsistency between them.

    ``within`` has one test for each design; ``detached`` has Q between designs after detaching one design, where the
    rest stays connected. ``between_random`` is the test between designs at ``tau2_within``, the tau2 of the full
    design-by-treatment interaction model; None where no design has two studies.
    """

    total: QTest
    within_designs: QTest
    between_designs: QTest
    between_random: QTest | None
    tau2_within: float | None
    within: tuple[QTest, ...]
    detached: tuple[QTest, ...]


@dataclass(frozen=True)
class _Pooled:
    """The studies of one design pooled: its name, arms, pooled pseudo-study, and Q within with its df."""

    name: str
    trials: list[Trial]
    solution: Solution
    laplacian: Array
    df: int


def decompose(net: Network) -> Decomposition:
    """Decompose Q by design (Krahn, Binder & König 2013; Higgins et al. 2012)."""
    pooled = _designs(net, 0.0)
    within = math.fsum(p.solution.Q for p in pooled)
    df = sum(p.df for p in pooled)
    between, df_between = max(0.0, net.Q - within), net.df_Q - df
    tau2, random = None, None
    if df > 0:
        denominator = math.fsum(p.solution.denominator for p in pooled)
        tau2 = between_variance(Solution(np.zeros(0), np.zeros((0, 0)), within, denominator), df)
        whole = solve(net._trials, tau2, net.n).Q
        q = max(0.0, whole - math.fsum(p.solution.Q for p in _designs(net, tau2)))
        random = QTest("Between designs", q, df_between, chi2_tail(q, df_between))
    return Decomposition(
        total=QTest("Total", net.Q, net.df_Q, chi2_tail(net.Q, net.df_Q)),
        within_designs=QTest("Within designs", within, df, chi2_tail(within, df)),
        between_designs=QTest("Between designs", between, df_between, chi2_tail(between, df_between)),
        between_random=random,
        tau2_within=tau2,
        within=tuple(QTest(p.name, p.solution.Q, p.df, chi2_tail(p.solution.Q, p.df)) for p in pooled),
        detached=tuple(_detached(net, pooled, within, df)),
    )


def _designs(net: Network, tau2: float) -> list[_Pooled]:
    groups: dict[tuple[int, ...], list[Trial]] = {}
    for trial in net._trials:
        groups.setdefault(tuple(trial.arms.tolist()), []).append(trial)
    pooled = []
    for arms, trials in sorted(groups.items()):
        local = [Trial(t.label, np.arange(len(arms)), t.effect, t.variance) for t in trials]
        laplacian = np.sum([t.weighted(tau2).laplacian for t in local], axis=0)
        name = ":".join(net.trts[a] for a in arms)
        df = (len(trials) - 1) * (len(arms) - 1)
        pooled.append(_Pooled(name, trials, solve(local, tau2, len(arms)), laplacian, df))
    return pooled


def _detached(net: Network, pooled: Sequence[_Pooled], within: float, df: int) -> list[QTest]:
    """Return Q between designs with a deviating effect allowed for each design in turn."""
    tests = []
    for out in pooled:
        rest = [t for p in pooled if p is not out for t in p.trials]
        if not rest or len(set(connected([t.arms for t in rest], net.n).tolist())) > 1:
            continue
        q = max(0.0, solve(rest, 0.0, net.n).Q - (within - out.solution.Q))
        left = net.df_Q - df - (out.laplacian.shape[0] - 1)
        tests.append(QTest(out.name, q, left, chi2_tail(q, left)))
    return tests


@dataclass(frozen=True)
class NetHeat(Result):
    """The data of a net heat plot; rows and columns are the contrasts of designs with their first treatment.

    ``hat[i][j]``: how much the direct estimate of contrast j adds to the network estimate of contrast i (area).
    ``q_diff[i][j]``: the inconsistency of contrast i under consistency minus that with the design of j detached
    (colour; above 0: detaching j removes inconsistency at i).
    """

    contrasts: tuple[str, ...]
    designs: tuple[str, ...]
    hat: Array
    q_inc: Array
    q_diff: Array


def net_heat(net: Network, model: str = "common") -> NetHeat:
    """Return the data of the net heat plot (Krahn, Binder & König 2013); model random uses the tau2 within designs.

    Designs that another cannot contradict are left out. Raises NotPoolable where fewer than two remain.
    """
    net.estimates(model)
    tau2 = 0.0 if model == "common" else decompose(net).tau2_within or 0.0
    pooled = _designs(net, tau2)
    rows = [(p, j) for p in pooled for j in range(1, p.laplacian.shape[0])]
    X = np.zeros((len(rows), net.n))
    information = np.zeros((len(rows), len(rows)))
    direct = np.array([p.solution.effects[0, j] for p, j in rows])
    for i, (p, j) in enumerate(rows):
        X[i, p.trials[0].arms[0]], X[i, p.trials[0].arms[j]] = 1.0, -1.0
        for other, (same, jj) in enumerate(rows):
            if same is p:
                information[i, other] = p.laplacian[j, jj]
    X = X[:, 1:]
    A = X.T @ information
    hat = X @ np.linalg.solve(A @ X, A)
    residual = direct - hat @ direct
    q_inc = residual * (information @ residual)
    keep, q_diff = [], np.zeros_like(hat)
    for j, (out, _) in enumerate(rows):
        stay = np.array([p is not out for p, _ in rows])
        if np.linalg.matrix_rank(X[stay]) < net.n - 1:
            continue
        B = X[stay].T @ information[np.ix_(stay, stay)]
        gap = direct - X @ np.linalg.solve(B @ X[stay], B @ direct[stay])
        gap[~stay] = 0.0
        q_diff[:, j] = q_inc - gap * (information @ gap)
        if abs(q_inc[[p is out for p, _ in rows]]).max() > 1e-8:
            keep.append(j)
    if len(keep) < 2:
        raise NotPoolable(
            "Fewer than two designs can contradict each other, so there is no net heat; see the node split"
        )
    at = np.ix_(keep, keep)
    names = [f"{net.trts[p.trials[0].arms[0]]}:{net.trts[p.trials[0].arms[j]]}" for p, j in rows]
    return NetHeat(
        contrasts=tuple(names[i] for i in keep),
        designs=tuple(rows[i][0].name for i in keep),
        hat=hat[at],
        q_inc=q_inc[keep],
        q_diff=q_diff[at],
    )
