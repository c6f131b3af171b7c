"""How many people a cell of an outcome measure is about."""

from __future__ import annotations

from dataclasses import dataclass

from kg.sources.ctgov import timepoints
from kg.sources.ctgov.numbers import whole
from kg.sources.ctgov.posted import Denominator, Measure, ResultClass
from kg.sources.ctgov.words import folded

_PEOPLE = ("participant", "subject", "patient", "people", "person", "individual")


@dataclass(frozen=True)
class Analysed:
    """Participants analysed in a group, where they are known, and what is to be said about that."""

    n: int | None
    basis: str | None = None
    doubt: str | None = None


def analysed(measure: Measure, result_class: ResultClass) -> dict[str, Analysed]:
    """Return how many participants of each group were analysed: those of the class before those of the measure.

    Of several units of analysis participants are counted; where there are only others, such as eyes, n is not known.
    Raises RecordRefused where a count is no whole number.
    """
    listed = (*result_class.denominators, *measure.denominators)
    others = sorted({d.units.lower() for d in listed if not _of_people(d)})
    doubt = f"{', '.join(others)} were analysed; n counts participants" if others else None
    if listed and len(others) == len({d.units for d in listed}):
        unknown = Analysed(None, doubt=f"analysed were {', '.join(others)}, not participants")
        return {group.id: unknown for group in measure.groups}
    own, whole_measure = _counts(result_class.denominators, measure), _counts(measure.denominators, measure)
    stated = timepoints.numbers_analysed(result_class.title or "", len(measure.groups))
    found = {}
    for number, group in enumerate(measure.groups):
        n = own.get(group.id, whole_measure.get(group.id))
        if stated and group.id not in own and (n is None or stated[number] < n):
            found[group.id] = Analysed(stated[number], "n is that in the title of the class", doubt)
        else:
            found[group.id] = Analysed(n, doubt=doubt)
    return found


def _counts(listed: tuple[Denominator, ...], measure: Measure) -> dict[str, int | None]:
    people = next((d for d in listed if _of_people(d)), None)
    counts = people.counts if people else ()
    return {c.group: whole(c.value, f"the number analysed of {c.group}", measure.place) for c in counts}


def _of_people(denominator: Denominator) -> bool:
    return folded(denominator.units).startswith(_PEOPLE)
