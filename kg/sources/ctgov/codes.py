"""Words of the old files to the codes of the API, so that one vocabulary is left."""

from __future__ import annotations

import re

_NOT_CODE = re.compile(r"[^A-Z0-9%]+")
_SAME = {
    "BOTH": "ALL",
    "SUBJECT": "PARTICIPANT",
    "CAREGIVER": "CARE_PROVIDER",
    "OPEN_LABEL": "NONE",
    "N_A": "NA",
    "ANTICIPATED": "ESTIMATED",
    "SINGLE_GROUP_ASSIGNMENT": "SINGLE_GROUP",
    "PARALLEL_ASSIGNMENT": "PARALLEL",
    "CROSSOVER_ASSIGNMENT": "CROSSOVER",
    "CROSS_OVER_ASSIGNMENT": "CROSSOVER",
    "FACTORIAL_ASSIGNMENT": "FACTORIAL",
    "SEQUENTIAL_ASSIGNMENT": "SEQUENTIAL",
    "RANDOMISED": "RANDOMIZED",
    "LEAST_SQUARE_MEAN": "LEAST_SQUARES_MEAN",
}
_MASKING = re.compile(r"(?P<how>[^(]*?)(?:[ -]?blind)?\s*(?:\((?P<who>[^)]*)\)?)?\s*", re.IGNORECASE)
_DESIGN_PARTS = re.compile(
    r"(Allocation|Endpoint Classification|Intervention Model|Masking|Primary Purpose|Observational Model|"
    r"Time Perspective):\s*"
)


def code(words: str | None) -> str | None:
    """Return words as a code: ``Least Squares Mean`` is ``LEAST_SQUARES_MEAN``, and a code is itself."""
    if not words:
        return None
    plain = _NOT_CODE.sub("_", words.upper()).strip("_")
    return _SAME.get(plain, plain) or None


def masking(words: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Return how the study was masked, and who: ``Double (Participant, Investigator)``."""
    found = _MASKING.fullmatch(words or "")
    if not words or not found:
        return code(words), ()
    how = code(found["how"])
    who = tuple(c for part in (found["who"] or "").split(",") if (c := code(part)))
    return how, () if how == "NONE" else who


def design_parts(words: str | None) -> dict[str, str]:
    """Return the parts of the one string that the oldest files have for the design, by their names."""
    parts = _DESIGN_PARTS.split(words or "")
    return {name: value.strip(" ,") for name, value in zip(parts[1::2], parts[2::2], strict=True)}


def phases(words: str | None) -> tuple[str, ...]:
    """Return the phases of ``Phase 2/Phase 3``."""
    codes = (code(part) for part in (words or "").replace("N/A", "NA").split("/"))
    return tuple(c.replace("PHASE_", "PHASE") for c in codes if c)
