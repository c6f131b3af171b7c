"""Direct against indirect evidence in a network, and the league table that shows both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

from kg.pooling.network import Network
from kg.pooling.quantiles import normal_quantile
from kg.pooling.result import Result
from kg.pooling.special import ndtr

ONLY = 5e-4  # a share of direct evidence this close to 1 leaves no indirect evidence to speak of


@dataclass(frozen=True, kw_only=True)
class Split(Result):
    """One comparison, ``treat1`` minus ``treat2``: direct, indirect and network estimate, and how they differ.

    ``k`` studies compare the two directly and give the share ``prop_direct`` of the network estimate. Without direct
    evidence the indirect estimate is the network's; what does not exist is None.
    """

    treat1: str
    treat2: str
    k: int
    nma: float
    nma_se: float
    direct: float | None = None
    direct_se: float | None = None
    indirect: float | None = None
    indirect_se: float | None = None
    diff: float | None = None
    diff_se: float | None = None
    diff_p: float | None = None
    prop_direct: float = 0.0


def split(net: Network, model: str = "random") -> list[Split]:
    """Separate direct from indirect evidence for every pair of treatments by back-calculation.

    König, Krahn & Binder 2013; Dias et al. 2010. Direct evidence is pooled with the tau2 of the network.
    """
    effects, errors = net.estimates(model)
    tau2 = net.tau2 if model == "random" else 0.0
    return [
        _separated(net, i, j, float(effects[i, j]), float(errors[i, j]), tau2) for i, j in combinations(range(net.n), 2)
    ]


def _separated(net: Network, i: int, j: int, nma: float, nma_se: float, tau2: float) -> Split:
    found = []
    for trial in net._trials:
        arms = trial.arms.tolist()
        if i in arms and j in arms:
            a, b = arms.index(i), arms.index(j)
            found.append((float(trial.effect[a, b]), 1.0 / (float(trial.variance[a, b]) + tau2)))
    whole = Split(treat1=net.trts[i], treat2=net.trts[j], k=len(found), nma=nma, nma_se=nma_se)
    if not found:
        return Split(**{**vars(whole), "indirect": nma, "indirect_se": nma_se})
    total = math.fsum(w for _, w in found)
    direct, direct_se = math.fsum(w * y for y, w in found) / total, 1.0 / math.sqrt(total)
    share = nma_se**2 * total
    known = {**vars(whole), "direct": direct, "direct_se": direct_se, "prop_direct": share}
    if abs(1 - share) < ONLY:
        return Split(**known)
    indirect, indirect_se = (nma - share * direct) / (1 - share), nma_se / math.sqrt(1 - share)
    diff, diff_se = direct - indirect, math.hypot(direct_se, indirect_se)
    return Split(
        **{
            **known,
            "indirect": indirect,
            "indirect_se": indirect_se,
            "diff": diff,
            "diff_se": diff_se,
            "diff_p": float(2 * ndtr(-abs(diff) / diff_se)),
        }
    )


@dataclass(frozen=True)
class Cell(Result):
    """One estimate of a league table with its interval."""

    estimate: float
    ci_lb: float
    ci_ub: float


def league(net: Network, model: str = "random") -> list[list[Cell | None]]:
    """Return the league table: network estimates below the diagonal, direct ones above; None where there is none.

    Below, a cell is column treatment minus row treatment, above row minus column, so both read alike.
    """
    z = normal_quantile(net.level)
    table: list[list[Cell | None]] = [[None] * net.n for _ in range(net.n)]
    for (i, j), pair in zip(combinations(range(net.n), 2), split(net, model), strict=True):
        table[j][i] = Cell(pair.nma, pair.nma - z * pair.nma_se, pair.nma + z * pair.nma_se)
        if pair.direct is not None and pair.direct_se is not None:
            table[i][j] = Cell(pair.direct, pair.direct - z * pair.direct_se, pair.direct + z * pair.direct_se)
    return table
