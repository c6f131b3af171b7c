"""The result of pooling one analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kg.pooling.columns import Array
from kg.pooling.effects import NONE_LEFT_OUT
from kg.pooling.result import Result, plain


@dataclass(frozen=True, eq=False, kw_only=True)
class Pooled(Result):
    """A pooled effect with everything that describes it, on the analysis scale (log for ratios).

    k: studies pooled. p, names, beta, se, stat, df, pval, ci_lb, ci_ub: one item a coefficient; df is None for the
    normal distribution. tau2, se_tau2, tau2_ci (estimate, lower, upper). I2 (percent) and H2 from tau2, I2_Q (percent)
    and H2_Q from Q; under EE, MH and PETO both are those of Q. Q, Q_df, Q_p: Cochran's test. QM, QM_df, QM_p: omnibus
    test of the coefficients. R2: percent of tau2 explained, with moderators only. pi_lb, pi_ub, pi_df: prediction
    interval and its degrees of freedom (None: normal). weights: percent. yi, vi, weights, study: one item a study,
    in the caller's order; a study that was left out is in ``why_not``, by row, and has 0 in weights and vi.
    s2w: the Hartung-Knapp factor. ll_ml, ll_reml: log-likelihoods; aic, bic: of the restricted likelihood under REML.
    What is not defined is None, never nan.
    """

    k: int
    p: int = 1
    names: tuple[str, ...] = ("intrcpt",)
    beta: tuple[float, ...]
    se: tuple[float, ...]
    stat: tuple[float | None, ...]
    df: tuple[float | None, ...]
    pval: tuple[float | None, ...]
    ci_lb: tuple[float, ...]
    ci_ub: tuple[float, ...]
    tau2: float
    se_tau2: float | None = None
    tau2_ci: tuple[float, float, float] | None = None
    I2: float
    H2: float
    I2_Q: float
    H2_Q: float
    Q: float
    Q_df: int
    Q_p: float
    QM: float | None = None
    QM_df: tuple[int, float | None] = (1, None)
    QM_p: float | None = None
    R2: float | None = None
    pi_lb: float | None = None
    pi_ub: float | None = None
    pi_df: float | None = None
    weights: Array
    yi: Array
    vi: Array
    study: tuple[str, ...] = ()
    why_not: Mapping[int, str] = field(default_factory=lambda: NONE_LEFT_OUT)
    measure: str
    method: str
    test: str
    level: float
    s2w: float = 1.0
    ll_ml: float | None = None
    ll_reml: float | None = None
    aic: float | None = None
    bic: float | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of every study: the one given, or its row counted from 1."""
        return self.study or tuple(map(str, range(1, self.yi.size + 1)))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: plain numbers, None for what is not defined and for the effect of a study left out."""
        labels = self.labels
        shown = super().to_dict() | {"study": list(labels)}
        left_out = {labels[row]: why for row, why in self.why_not.items()}
        for column in ("yi", "vi"):
            shown[column] = [None if row in self.why_not else plain(x) for row, x in enumerate(shown[column])]
        del shown["why_not"]
        return shown | {"not_estimable": left_out}
