"""A review protocol: who is eligible, which source wins, which measure, model and rules; TOML in, frozen out."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from kg.errors import InputRefused
from kg.model.analysis_rule import AS_THE_PROTOCOL_SAYS, AnalysisRule

MEASURES = ("RR", "OR", "RD", "MD", "SMD")
ANALYSED = (*MEASURES, "PETO", "HR", "IRR", "ROM", "RATIO", "GEN")
"""Measures that an analysis of a review may have: beside those that can be asked for, those of estimates as given."""
METHODS = ("DL", "DL-MH", "PM", "REML", "ML", "SJ", "HE", "HS", "EB", "EE", "MH", "PETO")
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
    band_limits: dict[str, tuple[float, float]] = field(default_factory=dict)
    """First day of each band, and first day after it; none: a result has the band that its source states, or none."""
    periods: tuple[str, ...] = ("firstPeriod",)
    correlation: float | None = None
    """Of two results of one person in a crossover trial; none: results over all periods are not analysed as paired."""
    shared_controls: str = "combine"
    cluster_rule: str = "warn"
    icc: float | None = None
    """Of cluster-randomised trials that state none."""
    percentages: bool = True
    medians: bool = True
    denominators: tuple[str, ...] = ()
    dichotomous: str = "RR"
    continuous: str = "MD"
    continuous_on_several_instruments: str = "SMD"
    method: str = "REML"
    ci: str = "hk-adhoc"
    smd_variance: str = "LS"
    counts_variance: str = "LS"
    double_zero: str = "events"
    """Trials that say nothing of a risk ratio: those without events, or also those where all had it (either)."""
    zero_cells: float = 0.5
    i2_definition: str = "tau2"
    minimum_for_prediction_interval: int = 5
    final_and_change_in_md: bool = False
    as_entered: bool = False
    """The rows of the review stand on one scale and in one direction, each analysis as its rule says."""
    outcomes: dict[str, OutcomeRule] = field(default_factory=dict)
    analyses: dict[str, AnalysisRule] = field(default_factory=dict)

    def outcome(self, slug: str) -> OutcomeRule:
        """Return what is said of an outcome, or the defaults."""
        return self.outcomes.get(slug, OutcomeRule())

    def analysis(self, identifier: str) -> AnalysisRule:
        """Return what is decided for one analysis of the review, or what says that nothing is."""
        return self.analyses.get(identifier, AS_THE_PROTOCOL_SAYS)


NONE = Protocol(name="none", label="no protocol")

_SECTIONS: dict[str, dict[str, type]] = {
    "population": {"included_by": str, "out_of_scope": list},
    "comparators": {"active_placebo_is_placebo": bool},
    "sources": {"precedence": list, "denominators": list},
    "timepoints": {"bands": list, "within_band": str, "band_limits": dict},
    "arms": {"shared_controls": str},
    "crossover": {"periods": list, "correlation": float},
    "cluster": {"cluster_rule": str, "icc": float},
    "derived": {"percentages": bool, "medians": bool},
    "rows": {"as_entered": bool},
    "measures": {"dichotomous": str, "continuous": str, "continuous_on_several_instruments": str},
    "pooling": {
        "method": str,
        "ci": str,
        "smd_variance": str,
        "counts_variance": str,
        "double_zero": str,
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
    "counts_variance": ("LS", "REVMAN"),
    "double_zero": ("events", "either"),
    "i2_definition": ("Q", "tau2"),
    "within_band": ("latest", "earliest"),
    "dichotomous": ("RR", "OR", "RD"),
    "continuous": ("MD", "SMD"),
    "continuous_on_several_instruments": ("MD", "SMD"),
    "measure": ANALYSED,
    "totals": ("all", "total", "subgroups", "none"),
    "periods": ("firstPeriod", "allPeriods", "unknownPeriod"),
    "shared_controls": ("combine", "split"),
    "cluster_rule": ("warn", "design-effect", "exclude"),
    "denominators": ("randomisedParticipants", "analysedParticipants", "safetyPopulation", "completers"),
}
_LEAST: dict[str, float] = {"zero_cells": 0.0, "minimum_for_prediction_interval": 3, "icc": 0.0} | dict.fromkeys(
    ("ci_level", "study_ci_level"), 50.0
)
_BELOW: dict[str, float] = {"correlation": 1.0, "icc": 1.0, "ci_level": 100.0, "study_ci_level": 100.0}
_OF_ANALYSIS: dict[str, type] = {
    "measure": str,
    "method": str,
    "ci": str,
    "ci_level": float,
    "study_ci_level": float,
    "totals": str,
    "swapped": bool,
    "levels": list,
    "in_subgroups_alone": list,
}


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
        elif name == "analyses" and isinstance(section, dict):
            values["analyses"] = {own: _analysis(place, own, rule) for own, rule in section.items()}
        elif name in _SECTIONS and isinstance(section, dict):
            for key, value in section.items():
                if key not in _SECTIONS[name]:
                    raise InputRefused(f"{place}: {name}.{key} is not known; known are {', '.join(_SECTIONS[name])}")
                values[key] = _checked(place, f"{name}.{key}", value, _SECTIONS[name][key])
        else:
            raise InputRefused(
                f"{place}: section {name} is not known; known are outcomes, analyses, {', '.join(_SECTIONS)}"
            )
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
    if key in _BELOW and isinstance(value, int | float) and not -1 < value < _BELOW[key]:
        raise InputRefused(f"{place}: {name} is {value!r}; it must be below {_BELOW[key]:g} and above -1")
    if key == "band_limits":
        return _limits(place, name, value)
    return tuple(value) if isinstance(value, list) else value


def _limits(place: str, name: str, given: Any) -> dict[str, tuple[float, float]]:
    limits: dict[str, tuple[float, float]] = {}
    for band, days in given.items():
        if not (isinstance(days, list) and len(days) == 2 and all(map(_is_number, days)) and 0 <= days[0] < days[1]):
            raise InputRefused(f"{place}: {name}.{band} is {days!r}; give [first day, first day after the band]")
        limits[band] = (float(days[0]), float(days[1]))
    for (band, (_, end)), (other, (start, _)) in pairwise(sorted(limits.items(), key=lambda item: item[1])):
        if start < end:
            raise InputRefused(f"{place}: {name}: {band} and {other} overlap; a day lies in one band")
    return limits


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


def _analysis(place: str, identifier: str, rule: Any) -> AnalysisRule:
    if not isinstance(rule, dict) or set(rule) - set(_OF_ANALYSIS):
        raise InputRefused(f"{place}: analyses.{identifier} takes {', '.join(_OF_ANALYSIS)}; found {rule!r}")
    return AnalysisRule(
        **{
            key: _checked(place, f"analyses.{identifier}.{key}", value, _OF_ANALYSIS[key])
            for key, value in rule.items()
        }
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
