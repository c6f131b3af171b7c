"""The pool of a table of effects: estimate, interval, heterogeneity, and the other intervals beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.errors import Contradiction, NotPoolable
from kg.evidence.effects import RATIOS, Effect, shown
from kg.model.answer import Alternative, Heterogeneity, Participants, Pool
from kg.model.question import Question
from kg.pooling import Pooled, pool
from kg.protocol import CI_METHODS, METHODS, Protocol

COMMON_EFFECT = ("EE", "MH", "PETO")
TESTS = {"wald": "z", "t": "t", "hk": "knha", "hk-adhoc": "adhoc"}
HARTUNG_KNAPP = ("hk", "hk-adhoc")
_SYNONYMS = {"FE": "EE", "z": "wald", "knha": "hk", "adhoc": "hk-adhoc"}


@dataclass(frozen=True)
class Options:
    """How to pool: estimator and interval, as asked for or as the protocol says."""

    method: str
    ci: str

    @property
    def common_effect(self) -> bool:
        """Tell the common-effect models from the random-effects ones."""
        return self.method in COMMON_EFFECT


def options(question: Question, protocol: Protocol, measure: str) -> Options:
    """Return the pooling options of a question.

    Raises Contradiction, naming both, where two options exclude each other.
    """
    method = _SYNONYMS.get(question.method or "", question.method) or protocol.method
    asked_ci = _SYNONYMS.get(question.ci or "", question.ci)
    if method not in METHODS:
        raise Contradiction(f"--method {method} is not known; known are {', '.join(METHODS)}")
    if asked_ci is not None and asked_ci not in CI_METHODS:
        raise Contradiction(f"--ci {asked_ci} is not known; known are {', '.join(CI_METHODS)}")
    if method in ("MH", "PETO") and measure in ("MD", "SMD"):
        raise Contradiction(f"--method {method} pools counts, but --measure {measure} is of means; choose one")
    if method == "PETO" and measure != "OR":
        raise Contradiction(f"--method PETO gives an odds ratio, but the measure is {measure}; ask for --measure OR")
    if method in COMMON_EFFECT:
        if asked_ci is not None and asked_ci != "wald":
            raise Contradiction(
                f"--ci {asked_ci} estimates the spread of effects, which --method {method} takes to be none; "
                "use --ci wald"
            )
        return Options(method, "wald")
    return Options(method, asked_ci or protocol.ci)


def pooled(
    found: Sequence[Effect], measure: str, how: Options, protocol: Protocol
) -> tuple[Pool, list[float | None], str, list[str]]:
    """Return the pool, the weight of each effect in percent, the interval that heads it, and warnings.

    One trial has its own Wald interval, whatever is asked for. Hartung-Knapp does not head a pool of two trials, or one
    whose tau2 is zero: there it can be far too narrow or too wide (IntHout 2014; Handbook 10.10.4.4), so the Wald
    interval stands first and both are shown.

    Raises NotPoolable where every trial is without variance.
    """
    usable = [e for e in found if e.yi is not None]
    people = _participants(found)
    if not usable:
        return _nothing(len(found), people), [None] * len(found), how.ci, []
    ci, warnings = how.ci, []
    fits: dict[str, Pooled] = {}

    def fit(name: str) -> Pooled:
        if name not in fits:
            fits[name] = _fit(usable, measure, how, name)
        return fits[name]

    if len(usable) == 1:
        ci = "wald"
    elif ci in HARTUNG_KNAPP:
        tau2, k = fit("wald").tau2, len(usable)
        if k < 3 or tau2 == 0:
            why = "two trials" if k == 2 else "no heterogeneity estimated"
            warnings.append(f"the Wald interval heads the answer, not {ci}: {why}")
            ci = "wald"
    head = fit(ci)
    interval = (head.ci_lb[0], head.ci_ub[0])
    prediction = None
    if not how.common_effect and head.k >= protocol.minimum_for_prediction_interval and head.pi_lb is not None:
        assert head.pi_ub is not None
        prediction = (head.pi_lb, head.pi_ub)
    p = head.pval[0]
    if p is None:
        raise NotPoolable(
            f"by --method {how.method} the {measure} has no variance: in every trial nobody, or everybody, "
            "had an event; ask for --method EE"
        )
    names = [c for c in CI_METHODS if c not in (ci, "t")] if not how.common_effect and head.k > 1 else []
    value = Pool(
        k=head.k,
        k_rows=len(found),
        participants=people,
        estimate=head.beta[0],
        se=head.se[0],
        ci=interval,
        p_value=p,
        prediction_interval=prediction,
        pi_df=int(head.pi_df) if prediction and head.pi_df is not None else None,
        display=shown(head.beta[0], interval, measure, prediction),
        heterogeneity=_heterogeneity(head, how, protocol),
        alternatives=tuple(_alternative(name, fit(name), measure) for name in names),
    )
    weights = iter(head.weights.tolist())
    return value, [next(weights) if e.yi is not None else None for e in found], ci, warnings


def _fit(usable: Sequence[Effect], measure: str, how: Options, ci: str) -> Pooled:
    study = [e.contrast.label for e in usable]
    test = TESTS[ci]
    if how.method in ("MH", "PETO"):
        a, n1, c, n2 = (list(column) for column in zip(*(_counts(e, how) for e in usable), strict=True))
        code = "PETO" if how.method == "PETO" else measure
        return pool(ai=a, n1i=n1, ci=c, n2i=n2, measure=code, method=how.method, test=test, study=study)
    yi, vi = [e.yi for e in usable], [e.vi for e in usable]
    wants_interval = "QP" if not how.common_effect and len(usable) > 1 else None
    return pool(yi=yi, vi=vi, measure=measure, method=how.method, test=test, study=study, tau2_ci=wants_interval)


def _counts(effect: Effect, how: Options) -> tuple[float, float, float, float]:
    if effect.columns is None:
        raise Contradiction(
            f"--method {how.method} needs the counts of both arms, but {effect.contrast.label} reports an effect only; "
            "use --method EE"
        )
    return effect.columns


def _heterogeneity(fit: Pooled, how: Options, protocol: Protocol) -> Heterogeneity:
    by_q = protocol.i2_definition == "Q" or how.common_effect
    single = fit.k < 2
    ci = fit.tau2_ci
    return Heterogeneity(
        tau2=None if how.common_effect or single else fit.tau2,
        tau2_ci=(ci[1], ci[2]) if ci else None,
        i2=None if single else (fit.I2_Q if by_q else fit.I2),
        i2_definition="Q" if by_q else "tau2",
        h2=None if single else (fit.H2_Q if by_q else fit.H2),
        q=None if single else fit.Q,
        q_df=None if single else fit.Q_df,
        q_p=None if single else fit.Q_p,
    )


def _alternative(name: str, fit: Pooled, measure: str) -> Alternative:
    ci, p = (fit.ci_lb[0], fit.ci_ub[0]), fit.pval[0]
    return Alternative(
        ci_method=name,
        estimate=fit.beta[0],
        se=fit.se[0],
        ci=ci,
        p_value=1.0 if p is None else p,
        display=shown(fit.beta[0], ci, measure),
    )


def _participants(found: Sequence[Effect]) -> Participants:
    left = sum(e.contrast.experimental.n or 0 for e in found)
    right = sum(e.contrast.control.n or 0 for e in found)
    return Participants(left, right, left + right)


def _nothing(rows: int, people: Participants) -> Pool:
    return Pool(
        k=0,
        k_rows=rows,
        participants=people,
        estimate=None,
        se=None,
        ci=None,
        p_value=None,
        prediction_interval=None,
        pi_df=None,
        display=None,
        heterogeneity=None,
    )


def is_log(measure: str) -> bool:
    """Tell whether a measure is pooled on the log scale."""
    return measure in RATIOS
