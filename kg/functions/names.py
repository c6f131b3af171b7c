"""The functions by name, and what each says of a pool; ``ontology/functions.ttl`` describes them to others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from kg.evidence.working import Worked
from kg.iris import BASE

FN: Final = BASE + "fn#"
CONTRAST: Final = "contrast"
NOT_ESTIMABLE, REASONS, WARNINGS = "notEstimable", "reasons", "warnings"
Value = str | int | float | None


@dataclass(frozen=True)
class Pooling:
    """What can be said of some contrasts: how they were worked out, and what is not in their pool.

    ``reasons`` has one text for each study, trial or row without an estimate; ``warnings`` what is doubtful.
    """

    worked: Worked | None
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Function:
    """A function: its value, and whether it is of one row, of the pool of several, or of either."""

    scope: Literal["row", "pool", "either"]
    value: Callable[[Pooling], Value]


def _of_pool(read: Callable[[Worked], Value]) -> Callable[[Pooling], Value]:
    return lambda found: read(found.worked) if found.worked is not None and found.worked.pool.k else None


def _of_row(read: Callable[[Worked], Value]) -> Callable[[Pooling], Value]:
    return lambda found: read(found.worked) if found.worked is not None and len(found.worked.counted) == 1 else None


def _of_any(read: Callable[[Worked], Value], otherwise: Value = None) -> Callable[[Pooling], Value]:
    return lambda found: read(found.worked) if found.worked is not None else otherwise


def _end(at: int) -> Callable[[Worked], Value]:
    return lambda worked: worked.pool.ci[at] if worked.pool.ci else None


def _shown(at: int) -> Callable[[Worked], Value]:
    return lambda worked: worked.pool.display.ci[at] if worked.pool.display else None


def _prediction(at: int) -> Callable[[Worked], Value]:
    return lambda worked: worked.pool.prediction_interval[at] if worked.pool.prediction_interval else None


def _spread(name: str) -> Callable[[Worked], Value]:
    return lambda worked: getattr(worked.pool.heterogeneity, name, None)


def _trials(worked: Worked) -> str:
    return "; ".join(e.contrast.label for e in worked.counted if e.yi is not None)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "effect": Function("row", _of_row(lambda w: w.counted[0].yi)),
    "variance": Function("row", _of_row(lambda w: w.counted[0].vi)),
    "estimate": Function("pool", _of_pool(lambda w: w.pool.estimate)),
    "standardError": Function("pool", _of_pool(lambda w: w.pool.se)),
    "ciLow": Function("pool", _of_pool(_end(0))),
    "ciHigh": Function("pool", _of_pool(_end(1))),
    "pValue": Function("pool", _of_pool(lambda w: w.pool.p_value)),
    "predictionLow": Function("pool", _of_pool(_prediction(0))),
    "predictionHigh": Function("pool", _of_pool(_prediction(1))),
    "shown": Function("pool", _of_pool(lambda w: w.pool.display.estimate if w.pool.display else None)),
    "shownLow": Function("pool", _of_pool(_shown(0))),
    "shownHigh": Function("pool", _of_pool(_shown(1))),
    "tau2": Function("pool", _of_pool(_spread("tau2"))),
    "i2": Function("pool", _of_pool(_spread("i2"))),
    "q": Function("pool", _of_pool(_spread("q"))),
    "k": Function("pool", _of_any(lambda w: w.pool.k, 0)),
    "studies": Function("pool", _of_any(lambda w: w.pool.k_rows, 0)),
    "participants": Function("pool", _of_any(lambda w: w.pool.participants.total, 0)),
    "trials": Function("pool", _of_pool(_trials)),
    "method": Function("pool", _of_any(lambda w: w.how.method)),
    "interval": Function("pool", _of_any(lambda w: w.ci_method)),
    "measure": Function("either", _of_any(lambda w: w.measure if w.counted else None)),
    NOT_ESTIMABLE: Function("either", lambda found: len(found.reasons)),
    REASONS: Function("either", lambda found: "; ".join(found.reasons) or None),
    WARNINGS: Function("either", lambda found: "; ".join(found.warnings) or None),
}
