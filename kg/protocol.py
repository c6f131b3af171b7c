"""A review protocol: who is eligible, which source wins, which measure, model and rules; TOML in, frozen out."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field
from typing import Any

from kg.errors import InputRefused

MEASURES = ("RR", "OR", "RD", "MD", "SMD")
METHODS = ("DL", "PM", "REML", "ML", "SJ", "HE", "HS", "EB", "EE", "MH", "PETO")
CI_METHODS = ("wald", "t", "hk", "hk-adhoc")


@dataclass(frozen=True)
class OutcomeRule:
    """What the protocol says of one outcome."""

    components: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None
    minimally_important_difference: float | None = None
    instruments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Protocol:
    """Every rule that a question leaves open; the defaults are those of ``--protocol none``."""

    name: str
    label: str
    review: str | None = None
    included_by: str | None = None
    out_of_scope: tuple[str, ...] = ()
    active_placebo_is_placebo: bool = False
    precedence: tuple[str, ...] = ()
    bands: tuple[str, ...] = ("short-term", "medium-term", "immediate-term", "long-term")
    within_band: str = "latest"
    periods: tuple[str, ...] = ("firstPeriod",)
    dichotomous: str = "RR"
    continuous: str = "MD"
    continuous_on_several_instruments: str = "SMD"
    method: str = "REML"
    ci: str = "hk-adhoc"
    smd_variance: str = "LS"
    zero_cells: float = 0.5
    i2_definition: str = "tau2"
    minimum_for_prediction_interval: int = 5
    final_and_change_in_md: bool = False
    outcomes: dict[str, OutcomeRule] = field(default_factory=dict)

    def outcome(self, slug: str) -> OutcomeRule:
        """Return what is said of an outcome, or the defaults."""
        return self.outcomes.get(slug, OutcomeRule())


NONE = Protocol(name="none", label="no protocol")

_SECTIONS: dict[str, dict[str, type]] = {
    "population": {"included_by": str, "out_of_scope": list},
    "comparators": {"active_placebo_is_placebo": bool},
    "sources": {"precedence": list},
    "timepoints": {"bands": list, "within_band": str},
    "crossover": {"periods": list},
    "measures": {"dichotomous": str, "continuous": str, "continuous_on_several_instruments": str},
    "pooling": {
        "method": str,
        "ci": str,
        "smd_variance": str,
        "zero_cells": float,
        "i2_definition": str,
        "minimum_for_prediction_interval": int,
        "final_and_change_in_md": bool,
    },
}
_ALLOWED = {
    "method": METHODS,
    "ci": CI_METHODS,
    "smd_variance": ("LS", "LS2", "UB", "HO", "REVMAN"),
    "i2_definition": ("Q", "tau2"),
    "within_band": ("latest", "earliest"),
    "dichotomous": ("RR", "OR", "RD"),
    "continuous": ("MD", "SMD"),
    "continuous_on_several_instruments": ("MD", "SMD"),
    "periods": ("firstPeriod", "allPeriods", "unknownPeriod"),
}
_LEAST: dict[str, float] = {"zero_cells": 0.0, "minimum_for_prediction_interval": 3}


def read(text: str, place: str) -> Protocol:
    """Read a protocol; ``place`` is how messages name it.

    Raises InputRefused for an unknown section or key, a wrong type, or a value that no rule knows.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputRefused(f"{place}: not TOML ({error}); mend the file") from error
    values: dict[str, Any] = {}
    for name, section in given.items():
        if name in ("name", "label", "review"):
            values[name] = _checked(place, name, section, str)
        elif name == "default":
            _checked(place, name, section, bool)
        elif name == "outcomes" and isinstance(section, dict):
            values["outcomes"] = {slug: _outcome(place, slug, rule) for slug, rule in section.items()}
        elif name in _SECTIONS and isinstance(section, dict):
            for key, value in section.items():
                if key not in _SECTIONS[name]:
                    raise InputRefused(f"{place}: {name}.{key} is not known; known are {', '.join(_SECTIONS[name])}")
                values[key] = _checked(place, f"{name}.{key}", value, _SECTIONS[name][key])
        else:
            raise InputRefused(f"{place}: section {name} is not known; known are outcomes, {', '.join(_SECTIONS)}")
    if "name" not in values or "label" not in values:
        raise InputRefused(f"{place}: name and label are required")
    return Protocol(**values)


def is_default(text: str) -> bool:
    """Tell whether a protocol's file asks to be the default of the store."""
    return tomllib.loads(text).get("default") is True


def _checked(place: str, name: str, value: Any, kind: type) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InputRefused(f"{place}: {name} is {value!r}; it must be a {kind.__name__}")
    key = name.rpartition(".")[2]
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        raise InputRefused(f"{place}: {name} is {value!r}; it must be a list of texts")
    if key in _ALLOWED and not set(value if isinstance(value, list) else [value]) <= set(_ALLOWED[key]):
        raise InputRefused(f"{place}: {name} is {value!r}; it must be one of {', '.join(_ALLOWED[key])}")
    if key in _LEAST and isinstance(value, int | float) and not _LEAST[key] <= value < math.inf:
        raise InputRefused(f"{place}: {name} is {value!r}; it must be at least {_LEAST[key]:g}")
    return tuple(value) if isinstance(value, list) else value


def _outcome(place: str, slug: str, rule: Any) -> OutcomeRule:
    if not isinstance(rule, dict) or set(rule) - set(OutcomeRule.__dataclass_fields__):
        raise InputRefused(
            f"{place}: outcomes.{slug} takes {', '.join(OutcomeRule.__dataclass_fields__)}; found {rule!r}"
        )
    scale = rule.get("scale")
    if scale is not None and not (
        isinstance(scale, list) and len(scale) == 2 and all(map(_is_number, scale)) and scale[0] < scale[1]
    ):
        raise InputRefused(f"{place}: outcomes.{slug}.scale is {scale!r}; give [minimum, maximum]")
    mid = rule.get("minimally_important_difference")
    if mid is not None and not (_is_number(mid) and mid > 0):
        raise InputRefused(
            f"{place}: outcomes.{slug}.minimally_important_difference is {mid!r}; give a number above 0, without a sign"
        )
    return OutcomeRule(
        components=_checked(place, f"outcomes.{slug}.components", rule.get("components", []), list),
        scale=(float(scale[0]), float(scale[1])) if scale else None,
        minimally_important_difference=float(mid) if mid is not None else None,
        instruments=_checked(place, f"outcomes.{slug}.instruments", rule.get("instruments", []), list),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
