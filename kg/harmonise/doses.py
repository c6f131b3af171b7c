"""Doses among the trials pooled for one drug: a unit that is probably another one, or a dose a thousand times off."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from kg.iris import local
from kg.model.trialset import ArmFacts

FAR = 500.0
"""Doses of one drug further apart than this, by the same measure, are not both right; units are a thousand apart."""
_MILLIGRAMS = {"kg": 1e6, "g": 1e3, "mg": 1.0, "mcg": 1e-3, "ng": 1e-6}
_WORDS = {
    "\N{GREEK SMALL LETTER MU}g": "mcg",
    "ug": "mcg",
    "microgram": "mcg",
    "micrograms": "mcg",
    "milligram": "mg",
    "milligrams": "mg",
    "gram": "g",
    "grams": "g",
    "nanogram": "ng",
    "nanograms": "ng",
}
_UNIT = "|".join(sorted(["\N{MICRO SIGN}g", *_MILLIGRAMS, *_WORDS], key=len, reverse=True))
_BY_WEIGHT = r"(?P<by>\s*/\s*(?:kg|kilogram)\b)?"
_WHOLE_UNIT = re.compile(rf"\s*(?P<unit>{_UNIT})\b{_BY_WEIGHT}", re.IGNORECASE)
_DOSE = re.compile(rf"(?<![\d.,])(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>{_UNIT})\b{_BY_WEIGHT}", re.IGNORECASE)


@dataclass(frozen=True)
class Dose:
    """A mass of a drug as a source gives it, in milligrams too, for each kilogram of a person or in all."""

    number: float
    unit: str
    by_weight: bool
    milligrams: float

    def __str__(self) -> str:
        return f"{self.number:g} {self.unit}{'/kg' if self.by_weight else ''}"


def dose_of(arm: ArmFacts) -> Dose | None:
    """Return the dose of an arm: its number and unit, else the first mass in its words; nothing where it has none."""
    if arm.dose_value is not None:
        unit = _WHOLE_UNIT.match(arm.dose_unit or "")
        return _dose(arm.dose_value, unit) if unit else None
    found = _DOSE.search(arm.dose or "")
    return _dose(float(found["number"]), found) if found else None


def _dose(number: float, found: re.Match[str]) -> Dose | None:
    unit = found["unit"].casefold()
    unit = _WORDS.get(unit, unit)
    return Dose(number, unit, bool(found["by"]), number * _MILLIGRAMS[unit]) if number > 0 else None


def far_apart(pooled: Iterable[tuple[str, ArmFacts]]) -> dict[str, list[str]]:
    """Return a warning for each label whose dose is far from that of another label with the same drug and route.

    ``pooled`` are the experimental arms with the labels of their studies.
    """
    doses: dict[tuple[object, ...], list[tuple[str, Dose]]] = {}
    for label, arm in pooled:
        dose = dose_of(arm)
        if dose and arm.studied:
            doses.setdefault((arm.studied, arm.route, dose.by_weight), []).append((label, dose))
    found: dict[str, list[str]] = {}
    for (drug, *_), given in doses.items():
        for (one, dose), (other, against) in combinations(given, 2):
            apart = max(dose.milligrams, against.milligrams) / min(dose.milligrams, against.milligrams)
            if one != other and apart >= FAR:
                name = local(str(drug))
                units = dose.number == against.number
                why = "the same number in units apart" if units else f"{apart:,.0f} times apart"
                text = "the dose of {name} is {this}, in {other} {that}: {why}, so one unit is probably wrong"
                for label, this, elsewhere, that in ((one, dose, other, against), (other, against, one, dose)):
                    said = text.format(name=name, this=this, other=elsewhere, that=that, why=why)
                    found.setdefault(label, []).append(said)
    return found
