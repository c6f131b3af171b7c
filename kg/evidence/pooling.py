"""The pool of a table of effects: estimate, interval, heterogeneity, and the other intervals beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.errors import Contradiction, NotPoolable
from kg.evidence.effects import RATIOS, Effect, shown
from kg.model.analysis_rule import AS_THE_PROTOCOL_SAYS, AnalysisRule
from kg.model.answer import Alternative, Heterogeneity, Participants, Pool
from kg.model.question import Question
from kg.pooling import Pooled, pool
from kg.protocol import CI_METHODS, MEASURES, METHODS, Protocol

OF_COUNTS = ("MH", "DL-MH", "PETO")
COMMON_EFFECT = ("EE", "MH", "PETO")
TESTS = {"wald": "z", "t": "t", "hk": "knha", "hk-adhoc": "adhoc"}
HARTUNG_KNAPP = ("hk", "hk-adhoc")
_SYNONYMS = {"FE": "EE", "z": "wald", "knha": "hk", "adhoc": "hk-adhoc"}


@dataclass(frozen=True)
class Options:
    """How to pool: estimator and interval, as asked for or as the protocol says."""

    method: str
    ci: str
    level: float = 95.0
    study_level: float = 95.0
    counts_variance: str = "LS"
    revman: bool = False

    @property
    def common_effect(self) -> bool:
        """Tell the common-effect models from the random-effects ones."""
        return self.method in COMMON_EFFECT


def options(question: Question, protocol: Protocol, measure: str, rule: AnalysisRule = AS_THE_PROTOCOL_SAYS) -> Options:
    """Return the pooling options of a question; ``rule`` is that of an analysis of the review.

    Raises Contradiction, naming both, where two options exclude each other.
    """
    method = _SYNONYMS.get(question.method or "", question.method) or protocol.method
    asked_ci = _SYNONYMS.get(question.ci or "", question.ci)
    if method not in METHODS:
        raise Contradiction(f"--method {method} is not known; known are {', '.join(METHODS)}")
    if asked_ci is not None and asked_ci not in CI_METHODS:
        raise Contradiction(f"--ci {asked_ci} is not known; known are {', '.join(CI_METHODS)}")
    if method in OF_COUNTS and measure in ("MD", "SMD"):
        raise Contradiction(f"--method {method} pools counts, but --measure {measure} is of means; choose one")
    if method == "PETO" and measure not in ("OR", "PETO"):
        raise Contradiction(f"--method PETO gives an odds ratio, but the measure is {measure}; ask for --measure OR")
    if method in COMMON_EFFECT:
        if asked_ci is not None and asked_ci != "wald":
            raise Contradiction(
                f"--ci {asked_ci} estimates the spread of effects, which --method {method} takes to be none; "
                "use --ci wald"
            )
        asked_ci = "wald"
    return Options(
        method=method,
        ci=asked_ci or protocol.ci,
        level=rule.ci_level,
        study_level=rule.study_ci_level,
        counts_variance=protocol.counts_variance,
        revman=protocol.as_entered,
    )


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
            fits[name] = _fit(usable, measure, how, name, spread=name in (ci, "wald"))
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


def _fit(usable: Sequence[Effect], measure: str, how: Options, ci: str, *, spread: bool) -> Pooled:
    """Return the fit with an interval of the effect and, where ``spread``, one of tau2, which is shown of one alone."""
    study = [e.contrast.label for e in usable]
    test = TESTS[ci]
    if how.method in OF_COUNTS:
        return _of_counts(usable, measure, how, test, study)
    yi, vi = [e.yi for e in usable], [e.vi for e in usable]
    wants_interval = "QP" if spread and not how.common_effect and len(usable) > 1 else None
    return pool(
        yi=yi,
        vi=vi,
        measure=measure if measure in MEASURES else "GEN",
        method=how.method,
        test=test,
        level=how.level,
        study=study,
        tau2_ci=wants_interval,
    )


def _of_counts(usable: Sequence[Effect], measure: str, how: Options, test: str, study: list[str]) -> Pooled:
    """Pool the tables themselves; RevMan adds to zero cells inside Mantel-Haenszel too, but for a risk difference."""
    a, n1, c, n2 = (list(column) for column in zip(*(_counts(e, how) for e in usable), strict=True))
    code = "PETO" if how.method == "PETO" else measure
    form = how.counts_variance if code in ("RR", "RD") else "LS"
    return pool(
        ai=a,
        n1i=n1,
        ci=c,
        n2i=n2,
        measure=code,
        method=how.method,
        test=test,
        level=how.level,
        study=study,
        vtype=form,
        mh_add=0.5 if how.revman and code != "RD" and how.method != "PETO" else 0.0,
        drop00=False if code == "RD" else None,
    )


def _counts(effect: Effect, how: Options) -> tuple[float, float, float, float]:
    if effect.columns is None:
        why = "is analysed as paired" if effect.contrast.is_paired else "reports an effect only"
        raise Contradiction(
            f"--method {how.method} needs the counts of both arms, but {effect.contrast.label} {why}; use --method EE"
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
    """Count the people of each side; those who stood on both sides of a crossover trial are one in the total."""
    sides = [(e.contrast.experimental.n or 0, e.contrast.control.n or 0, e.contrast.same_people) for e in found]
    twice = sum(min(left, right) for left, right, same in sides if same)
    left, right = sum(n for n, _, _ in sides), sum(n for _, n, _ in sides)
    return Participants(left, right, left + right - twice)


def nothing(found: Sequence[Effect], how: Options, why: str) -> tuple[Pool, list[float | None], str, list[str]]:
    """Return the pool of rows that are not pooled, as ``pooled`` does, with the reason as a warning."""
    return _nothing(len(found), _participants(found)), [None] * len(found), how.ci, [why]


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
