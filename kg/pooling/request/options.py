"""The options of a request: their names, what kind of value each takes, and what it is without one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from kg.pooling.request.refusal import RequestRefused, shown, unknown

Reader = Callable[[Any, str], Any]


def flag(value: Any, at: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise RequestRefused(f"{at[1:]} is {shown(value)}; give true or false", at)
    return value


def number(value: Any, at: str) -> float:
    """Return a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e300 < value < 1e300:
        raise RequestRefused(f"{at[1:]} is {shown(value)}; give a number", at)
    return float(value)


def whole(value: Any, at: str) -> int:
    """Return a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise RequestRefused(f"{at[1:]} is {shown(value)}; give a whole number", at)
    return value


def text(value: Any, at: str) -> str:
    """Return text."""
    if not isinstance(value, str):
        raise RequestRefused(f"{at[1:]} is {shown(value)}; give text", at)
    return value


def names(value: Any, at: str) -> tuple[str, ...]:
    """Return names, given as a list or as one text with commas."""
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list):
        raise RequestRefused(f"{at[1:]} is {shown(value)}; give a list of column names", at)
    found = tuple(text(item, f"{at}/{i}").strip() for i, item in enumerate(listed))
    if len(set(found)) < len(found):
        raise RequestRefused(f"{at[1:]} names a column twice; name each once", at)
    return tuple(name for name in found if name)


def drop(value: Any, at: str) -> bool | str:
    """Return whether studies without events are left out: true, false, or ``events``."""
    if value == "events":
        return "events"
    return flag(value, at)


def interval(value: Any, at: str) -> str | None:
    """Return the kind of interval for tau2; true is Q-profile."""
    if isinstance(value, bool):
        return "QP" if value else None
    return text(value, at)


def steps(value: Any, at: str) -> tuple[float, ...]:
    """Return the steps of a selection model: one number or a list."""
    listed = value if isinstance(value, list) else [value]
    return tuple(number(item, f"{at}/{i}" if isinstance(value, list) else at) for i, item in enumerate(listed))


def matrix(value: Any, at: str) -> list[list[float]]:
    """Return a matrix given row by row."""
    if not isinstance(value, list) or not all(isinstance(row, list) and len(row) == len(value) for row in value):
        raise RequestRefused(f"{at[1:]} is no square matrix; give a list of rows of equal length", at)
    return [[number(item, f"{at}/{i}/{j}") for j, item in enumerate(row)] for i, row in enumerate(value)]


@dataclass(frozen=True)
class Option:
    """A choice of the model: how its value is read, and what it is without one."""

    read: Reader
    default: Any = None
    help: str = ""


@dataclass(frozen=True)
class Part:
    """An extra part of the answer: false, true, one value for its main option, or an object of options."""

    help: str
    options: Mapping[str, Reader] = field(default_factory=dict)
    main: str | None = None

    def read(self, value: Any, at: str) -> dict[str, Any] | None:
        """Return the options of the part; None where it is not wanted."""
        if isinstance(value, bool) or value is None:
            return {} if value else None
        if isinstance(value, dict):
            for name in value:
                if name not in self.options:
                    raise unknown(f"the option of {at[1:]}", name, self.options or ("true",), f"{at}/{name}")
            return {name: self.options[name](item, f"{at}/{name}") for name, item in value.items() if item is not None}
        if self.main is None:
            raise RequestRefused(f"{at[1:]} is {shown(value)}; give true or false", at)
        return {self.main: self.options[self.main](value, at)}


OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "measure": Option(text, "GEN", "effect measure, a code of escalc"),
        "method": Option(text, "REML", "EE (= FE), DL, HE, HS, HSk, SJ, ML, REML, EB, PM, GENQ, MH, PETO, GLMM, none"),
        "test": Option(text, "z", "z (= wald), t, knha (= hk), adhoc (= hk-adhoc)"),
        "level": Option(number, 95.0, "percent of the intervals"),
        "pi_df": Option(text, "test", "degrees of freedom of the prediction interval: test, z, k-1, k-2"),
        "tau2": Option(number, None, "a value to take instead of an estimate"),
        "tau2_ci": Option(interval, None, "QP (Q-profile) or PL (profile likelihood)"),
        "weights": Option(text, None, "column of weights, for method GENQ"),
        "add": Option(number, 0.5, "what is added to zero cells"),
        "to": Option(text, "only0", "only0, all, if0all, none"),
        "drop00": Option(drop, None, "leave out studies without events, or with events only"),
        "vtype": Option(text, "LS", "form of the variance: LS, LS2, UB, HO, AV, REVMAN"),
        "correct": Option(flag, True, "small-sample correction"),
        "exact": Option(flag, True, "the exact correction, not its approximation"),
        "mh_add": Option(number, 0.0, "added to tables with a zero cell inside Mantel-Haenszel"),
        "correct_cmh": Option(flag, True, "continuity correction of the CMH test"),
        "mods": Option(names, (), "moderator columns"),
        "factors": Option(names, (), "moderators that are labels although they are numbers"),
        "intercept": Option(flag, True, "an intercept beside the moderators"),
        "subgroup": Option(text, None, "column of subgroups"),
        "model": Option(text, "UM.FS", "of method GLMM: UM.FS, UM.RS, CM.EL, CM.AL"),
        "nested": Option(names, (), "columns of nested random effects, from the outer to the inner"),
        "inner": Option(text, None, "column of correlated random effects (outcomes) within outer"),
        "outer": Option(text, None, "column of the units that inner stands within (trials)"),
        "V": Option(matrix, None, "covariance matrix of the sampling errors, row by row"),
        "cluster": Option(text, None, "column of clusters, for robust standard errors"),
        "robust": Option(text, None, "CR1 or CR2, with cluster"),
    }
)  # fmt: skip
"""Every choice of the model."""

PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "leave1out": Part("pool without each study in turn"),
        "cumul": Part("pool one study more at a time, sorted by a column", {"by": text}, "by"),
        "influence": Part("influence of each study"),
        "blup": Part("predicted true effect of each study"),
        "regtest": Part("regression test for asymmetry (Egger)", {"model": text, "predictor": text}, "model"),
        "ranktest": Part("rank correlation test for asymmetry (Begg)"),
        "harbord": Part("Harbord's test for asymmetry of odds ratios"),
        "peters": Part("Peters' test for asymmetry of odds ratios"),
        "trimfill": Part("trim and fill, L0 or R0", {"estimator": text, "side": text}, "estimator"),
        "fsn": Part(
            "fail-safe number: Rosenthal, Orwin or Rosenberg",
            {"type": text, "alpha": number, "target": number, "weighted": flag},
            "type",
        ),
        "pet": Part("PET-PEESE", {"test": text, "alpha": number}, "test"),
        "selmodel": Part("step selection model", {"steps": steps, "alternative": text}, "steps"),
        "permutation": Part("permutation test", {"iterations": whole, "seed": whole}, "iterations"),
        "network": Part("network meta-analysis", {"small_values": text, "model": text}, "small_values"),
    }
)
"""Every extra part of an answer; its result has the key of its name."""
