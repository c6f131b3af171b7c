"""What of an answer goes into RevMan: its rows with their figures, or with the effect where figures do not give it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kg.errors import EvidenceError
from kg.evidence.effects import RATIOS
from kg.model.answer import Answer, Side, Study
from kg.pooling import escalc

COUNTS, MEANS = ("RR", "OR", "RD", "PETO"), ("MD", "SMD")
_CLOSE = 1e-9
MEASURES = {
    "RR": "Risk Ratio",
    "OR": "Odds Ratio",
    "RD": "Risk Difference",
    "PETO": "Peto Odds Ratio",
    "MD": "Mean Difference",
    "SMD": "Std. Mean Difference",
    "HR": "Hazard Ratio",
    "IRR": "Rate Ratio",
    "ROM": "Ratio of Means",
    "RATIO": "Ratio",
    "GEN": "Effect",
}
METHODS = {"MH": "MH", "DL-MH": "MH", "PETO": "PETO"}
ESTIMATORS = {"DL": "DL", "DL-MH": "DL", "REML": "REML"}
INTERVALS = {"wald": "Wald-type", "hk": "HKSJ", "hk-adhoc": "HKSJ (ad hoc)", "t": "t"}


@dataclass(frozen=True)
class Entered:
    """A row as it is entered: counts, means, or an estimate with its standard error (log scale for ratios)."""

    study: Study
    kind: str
    estimate: float | None = None
    se: float | None = None


def entered(answer: Answer, study: Study) -> Entered | None:
    """Return a row of an answer for RevMan, or nothing where it has no figures and no effect.

    Its figures go in where RevMan would compute the same effect from them, else the effect itself: that of a crossover
    trial, of clusters, of a reversed scale or a reported contrast is none of the figures beside it.
    """
    kind = "dichotomous" if answer.measure in COUNTS else "continuous" if answer.measure in MEANS else "giv"
    if kind != "giv" and _complete(study, kind) and (study.yi is None or _same(answer, study)):
        return Entered(study, kind)
    if study.yi is None or study.vi is None:
        return None
    return Entered(study, "giv", study.yi, math.sqrt(study.vi))


def _complete(study: Study, kind: str) -> bool:
    sides = (study.experimental, study.control)
    if kind == "dichotomous":
        return all(s.events is not None and s.total is not None and s.events.is_integer() for s in sides)
    return all(s.mean is not None and s.sd is not None and s.n is not None for s in sides)


def _same(answer: Answer, study: Study) -> bool:
    left, right = study.experimental, study.control
    try:
        if answer.measure in COUNTS:
            zero = answer.measure != "PETO"
            found = escalc(
                answer.measure,
                ai=[left.events],
                n1i=[left.total],
                ci=[right.events],
                n2i=[right.total],
                add=0.5 if zero else 0.0,
                to="only0" if zero else "none",
                vtype="REVMAN" if answer.measure in ("RR", "RD") else "LS",
            )
        else:
            found = escalc(
                answer.measure,
                m1i=[left.mean],
                sd1i=[left.sd],
                n1i=[left.n],
                m2i=[right.mean],
                sd2i=[right.sd],
                n2i=[right.n],
                vtype="REVMAN" if answer.measure == "SMD" else "LS",
            )
    except EvidenceError:
        return False
    assert study.yi is not None
    assert study.vi is not None
    return math.isclose(found.yi[0], study.yi, rel_tol=_CLOSE, abs_tol=_CLOSE) and math.isclose(
        found.vi[0], study.vi, rel_tol=_CLOSE
    )


def shown(answer: Answer, value: float) -> float:
    """Return a value as RevMan shows it: a ratio back from its logarithm."""
    return math.exp(value) if answer.measure in RATIOS else value


def name(study: Study) -> str:
    """Return what a study is called, without the stratum behind it."""
    stratum = f" ({study.stratum.replace('-', ' ')})" if study.stratum else ""
    return study.label.removesuffix(stratum)


def size(side: Side) -> float | None:
    """Return how many people a side counts."""
    return side.total if side.total is not None else side.n


def numbered(answer: Answer) -> tuple[str, str]:
    """Return the number of the comparison and of the analysis; 1 and 1 for an answer that is none of a review."""
    own = (answer.analysis or "").rpartition("-")[2]
    group, _, number = own.partition(".")
    return (group, number) if group.isdecimal() and number.isdecimal() else ("1", "1")


def named(answer: Answer) -> str:
    """Return what the analysis is called: its outcome, with band and instrument, without the number before it."""
    q = answer.question
    label = ", ".join(t.label for t in (q.outcome, q.band, q.instrument) if t)
    return label.removeprefix(f"{'.'.join(numbered(answer))} ")
