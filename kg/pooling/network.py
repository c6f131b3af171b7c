"""Network meta-analysis of contrasts, with the weights of multi-arm studies, by graph theory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Array, Column
from kg.pooling.fit import known
from kg.pooling.network_graph import Solution, Trial, between_variance, read, solve
from kg.pooling.quantiles import chi2_tail, normal_quantile, t_quantile
from kg.pooling.result import Result
from kg.pooling.special import ndtr


@dataclass(frozen=True, eq=False, kw_only=True)
class Network(Result):
    """A fitted network in the words of netmeta; matrices (n, n) are row minus column treatment, in the order of trts.

    k studies, m contrasts, n treatments, d designs. tau2 by the generalised method of moments unless given.
    ``pi_df``, those of Q, is None (and the prediction limits too) without degrees of freedom for them.
    """

    k: int
    m: int
    n: int
    d: int
    trts: tuple[str, ...]
    TE_common: Array
    seTE_common: Array  # noqa: N815
    TE_random: Array
    seTE_random: Array  # noqa: N815
    ci_lb_common: Array
    ci_ub_common: Array
    ci_lb_random: Array
    ci_ub_random: Array
    tau: float
    tau2: float
    I2: float
    Q: float
    df_Q: int  # noqa: N815
    pval_Q: float | None  # noqa: N815
    pi_lb: Array | None
    pi_ub: Array | None
    pi_df: int | None
    level: float
    _trials: list[Trial] = field(repr=False)

    def pscores(self, *, small_values: str, model: str = "random") -> tuple[float, ...]:
        """Return for each treatment the mean certainty that it is better than another (Ruecker & Schwarzer 2015)."""
        known("small_values", small_values, ("desirable", "undesirable"))
        effects, errors = self.estimates(model)
        sign = -1.0 if small_values == "desirable" else 1.0
        certainty = ndtr(sign * effects / np.where(errors > 0, errors, 1.0)) * (1 - np.eye(self.n))
        return tuple((certainty.sum(axis=1) / (self.n - 1)).tolist())

    def estimates(self, model: str) -> tuple[Array, Array]:
        """Return effects and standard errors of the common or the random model."""
        if known("model", model, ("common", "random")) == "common":
            return self.TE_common, self.seTE_common
        return self.TE_random, self.seTE_random


def network(
    studlab: Sequence[object],
    treat1: Sequence[object],
    treat2: Sequence[object],
    TE: Column,
    seTE: Column,
    *,
    tau2: float | None = None,
    level: float = 95.0,
) -> Network:
    """Combine contrasts of treatments over a connected network (Ruecker 2012).

    One row a contrast, treat1 minus treat2; a study of a arms has all its a (a - 1) / 2 rows. Raises NotPoolable,
    naming the study, for a study with one arm or missing pairs, and for a network in several parts.
    """
    if not 0 < level < 100:
        raise NotPoolable(f"level is {level}; give percent above 0 and below 100, as 95")
    if tau2 is not None and not (math.isfinite(tau2) and tau2 >= 0):
        raise NotPoolable(f"tau2 is {tau2}; give a finite number of at least 0, or leave it out to have it estimated")
    trts, trials = read(studlab, treat1, treat2, TE, seTE)
    n, k = len(trts), len(trials)
    common = solve(trials, 0.0, n)
    df = sum(t.arms.size - 1 for t in trials) - (n - 1)
    estimated = between_variance(common, df) if tau2 is None else tau2
    random = solve(trials, estimated, n)
    z = normal_quantile(level)
    effects, errors = (common.effects, random.effects), (se(common), se(random))
    predicted = df > 0
    reach = t_quantile(level, df) * np.sqrt(errors[1] ** 2 + estimated) * (1 - np.eye(n)) if predicted else None
    return Network(
        k=k,
        m=sum(t.arms.size * (t.arms.size - 1) // 2 for t in trials),
        n=n,
        d=len({tuple(t.arms.tolist()) for t in trials}),
        trts=trts,
        TE_common=effects[0],
        seTE_common=errors[0],
        TE_random=effects[1],
        seTE_random=errors[1],
        ci_lb_common=effects[0] - z * errors[0],
        ci_ub_common=effects[0] + z * errors[0],
        ci_lb_random=effects[1] - z * errors[1],
        ci_ub_random=effects[1] + z * errors[1],
        tau=math.sqrt(estimated),
        tau2=estimated,
        I2=max(0.0, (common.Q - df) / common.Q) if common.Q > 0 else 0.0,
        Q=common.Q,
        df_Q=df,
        pval_Q=chi2_tail(common.Q, df),
        pi_lb=None if reach is None else effects[1] - reach,
        pi_ub=None if reach is None else effects[1] + reach,
        pi_df=df if predicted else None,
        level=level,
        _trials=trials,
    )


def se(solution: Solution) -> Array:
    """Return the standard errors of the effects."""
    return np.asarray(np.sqrt(solution.variances))
