"""How a pooled effect depends on single studies: leave-one-out, cumulative, and each study's own true effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.errors import NotPoolable
from kg.pooling.columns import Array, Column
from kg.pooling.given import given
from kg.pooling.pool import pool
from kg.pooling.pooled import Pooled
from kg.pooling.quantiles import normal_quantile, t_quantile
from kg.pooling.result import Result
from kg.pooling.studies import Ints


@dataclass(frozen=True, eq=False)
class Series(Result):
    """Pooled effects of several sets of studies, one item a set.

    ``study`` is the one left out, or the last one added; ``order`` has its row, counted from 1.
    """

    study: tuple[str, ...]
    order: tuple[int, ...]
    k: Array
    estimate: Array
    se: Array
    stat: tuple[float | None, ...]
    pval: tuple[float | None, ...]
    ci_lb: Array
    ci_ub: Array
    Q: Array
    Q_p: Array
    tau2: Array
    I2: Array
    H2: Array

    @classmethod
    def of(cls, fits: Sequence[Pooled], rows: Sequence[int], names: Sequence[str]) -> Series:
        """Gather fits, each with the row it is about."""
        columns = {name: np.array([getattr(f, name) for f in fits]) for name in ("k", "Q", "Q_p", "tau2", "I2", "H2")}
        firsts = {name: np.array([getattr(f, name)[0] for f in fits]) for name in ("se", "ci_lb", "ci_ub")}
        return cls(
            study=tuple(names[i] if names else str(i + 1) for i in rows),
            order=tuple(i + 1 for i in rows),
            estimate=np.array([f.beta[0] for f in fits]),
            stat=tuple(f.stat[0] for f in fits),
            pval=tuple(f.pval[0] for f in fits),
            **firsts,
            **columns,
        )


def leave_one_out(
    yi: Column,
    vi: Column,
    *,
    method: str = "REML",
    test: str = "z",
    level: float = 95.0,
    study: Sequence[object] | None = None,
) -> Series:
    """Pool without each study in turn, in the order given."""
    y, v, names = given(yi, vi, study, least=2, what="leave-one-out")
    rows = range(y.size)
    fits = [pool(yi=np.delete(y, i), vi=np.delete(v, i), method=method, test=test, level=level) for i in rows]
    return Series.of(fits, rows, names)


def cumulative(
    yi: Column,
    vi: Column,
    *,
    by: Sequence[float] | Array | None = None,
    method: str = "REML",
    test: str = "z",
    level: float = 95.0,
    study: Sequence[object] | None = None,
) -> Series:
    """Pool the first study, the first two, and so on, sorted by ``by``, say the year (Lau et al. 1992).

    Rows with the same value stay in the order given.
    """
    y, v, names = given(yi, vi, study, least=1, what="cumulative pooling")
    order = _order(by, y.size)
    fits = [pool(yi=y[order[:n]], vi=v[order[:n]], method=method, test=test, level=level) for n in range(1, y.size + 1)]
    return Series.of(fits, order.tolist(), names)


def _order(by: Sequence[float] | Array | None, k: int) -> Ints:
    if by is None:
        return np.arange(k)
    key = np.asarray(by, dtype=np.float64)
    if key.shape != (k,) or not np.isfinite(key).all():
        raise NotPoolable(f"by orders the studies; give {k} finite numbers, one a study")
    return np.argsort(key, kind="stable")


@dataclass(frozen=True, eq=False)
class Blup(Result):
    """Best linear unbiased prediction of each study's own true effect, with its interval."""

    study: tuple[str, ...]
    pred: Array
    se: Array
    pi_lb: Array
    pi_ub: Array


def blup(
    yi: Column,
    vi: Column,
    *,
    method: str = "REML",
    test: str = "z",
    level: float = 95.0,
    study: Sequence[object] | None = None,
) -> Blup:
    """Draw each study's effect towards the pooled one by tau2 / (tau2 + vi) (Raudenbush & Bryk 1985)."""
    y, v, names = given(yi, vi, study, least=1, what="prediction of true effects")
    pooled = pool(yi=y, vi=v, method=method, test=test, level=level)
    trust = pooled.tau2 / (pooled.tau2 + v)
    pred = trust * y + (1 - trust) * pooled.beta[0]
    se = np.sqrt(trust * v + ((1 - trust) * pooled.se[0]) ** 2)
    df = pooled.df[0]
    half = (normal_quantile(level) if df is None else t_quantile(level, df)) * se
    return Blup(names or tuple(str(i + 1) for i in range(y.size)), pred, se, pred - half, pred + half)
