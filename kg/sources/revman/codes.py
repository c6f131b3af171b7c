"""RevMan's names of measures, methods and models, in the codes of a protocol."""

from __future__ import annotations

from decimal import Decimal

from kg.errors import InputRefused
from kg.sources.revman.names import plain
from kg.sources.revman.numbers import shown

_MEASURES = {
    "rr": "RR",
    "risk ratio": "RR",
    "relative risk": "RR",
    "or": "OR",
    "odds ratio": "OR",
    "peto_or": "PETO",
    "peto odds ratio": "PETO",
    "rd": "RD",
    "risk difference": "RD",
    "md": "MD",
    "wmd": "MD",
    "mean difference": "MD",
    "smd": "SMD",
    "std. mean difference": "SMD",
    "std mean difference": "SMD",
    "standardized mean difference": "SMD",
    "standardised mean difference": "SMD",
    "hr": "HR",
    "hazard ratio": "HR",
    "rate ratio": "IRR",
    "incidence rate ratio": "IRR",
    "ratio of means": "ROM",
}
ON_LOG_SCALE = ("RR", "OR", "PETO", "HR", "IRR", "ROM", "RATIO")
"""Measures that are given and stored as ratios, their standard errors on the log scale."""
_RATIOS = ("RR", "OR", "PETO", "HR", "IRR", "ROM")
_OF_COUNTS = ("RR", "OR", "RD", "PETO")
NON_EVENT = " (non-event)"


def measure(text: str | None, *, of: str, logs: bool | None = None) -> str:
    """Return the code of an effect measure; ``of`` is the kind of rows, ``logs`` whether they are on the log scale.

    A measure that has no code is GEN, or RATIO where it is on the log scale: RevMan lets authors name it as they like.
    """
    words = plain(text).casefold().removesuffix(NON_EVENT)
    code = _MEASURES.get(words)
    if of == "dichotomous":
        return code if code in _OF_COUNTS else "OR"
    if of == "continuous":
        return code if code in ("MD", "SMD") else "MD"
    if logs is None:
        logs = of == "oe" or code in _RATIOS or words.endswith(" ratio")
    if code is None or (code in _RATIOS) != logs:
        return "RATIO" if logs else "GEN"
    return code


def method(text: str | None, place: object, *, random: bool, of: str, tau2: str | None = None) -> str:
    """Return the code of a method: Mantel-Haenszel, inverse variance or Peto, with random effects or without.

    Observed minus expected with its variance is an inverse variance estimate, (O - E) / V with variance 1 / V (Yusuf et
    al. 1985). Raises InputRefused for a method that is not known.
    """
    words = plain(text).casefold().replace("-", " ").replace("_", " ")
    estimator = _estimator(tau2)
    match words:
        case "mh" | "mantel haenszel" | "m h" if of == "dichotomous":
            return ("DL-MH" if estimator == "DL" else estimator) if random else "MH"
        case "peto" if of == "dichotomous":
            return "PETO"
        case "iv" | "inverse variance" | "mh" | "peto" | "exp o e var" | "exp[(o e) / var]" | "exp[(o e)/var]" | "":
            return estimator if random else "EE"
    raise InputRefused(f"{place}: statistical method {shown(plain(text))} is not known; known are MH, IV and PETO")


def _estimator(text: str | None) -> str:
    words = plain(text).casefold()
    if words.upper() in ("PM", "ML", "SJ", "HE", "HS", "EB"):
        return words.upper()
    return "REML" if "reml" in words or "restricted" in words else "DL"


def interval(text: str | None) -> str:
    """Return the code of a method for the interval of a pooled value."""
    words = plain(text).casefold()
    if "hksj" in words or "hartung" in words:
        return "hk-adhoc" if "ad hoc" in words else "hk"
    return "t" if words == "t" else "wald"


def swapped(text: str | None) -> bool:
    """Tell whether a measure is worded as one of non-events."""
    return plain(text).casefold().endswith(NON_EVENT)


def ratio(logarithm: Decimal) -> Decimal:
    """Return the ratio of a natural logarithm; one beyond what is stored is given as the largest or the smallest."""
    return max(min(logarithm, Decimal(40)), Decimal(-40)).exp()
