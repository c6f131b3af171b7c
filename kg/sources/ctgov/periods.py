"""Which periods of a crossover a result comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg.sources.ctgov.numbers import whole
from kg.sources.ctgov.posted import Measure
from kg.sources.ctgov.registered import Registered

_TWICE = "the groups of the table have more people together than were enrolled: participants are in several of them"


@dataclass(frozen=True)
class Periods:
    """What the design of a record says about the periods of its results."""

    crossover: bool
    enrolled: int | None

    @classmethod
    def of_record(cls, record: Registered) -> Periods:
        """Read design and enrolment.

        Raises RecordRefused where the enrolment is no whole number.
        """
        enrolled = whole(record.enrolled, "the enrolment", record.place)
        return cls(record.model == "CROSSOVER", enrolled if record.enrolled_type == "ACTUAL" else None)

    def of_measure(self, measure: Measure) -> tuple[str | None, str | None]:
        """Return the period of the results of an outcome measure, and what that rests on."""
        counts = (c.value for d in measure.denominators[:1] for c in d.counts)
        return self.of_table(whole(c, "the number analysed", measure.place) for c in counts)

    def of_table(self, people: Iterable[int | None]) -> tuple[str | None, str | None]:
        """Return the period of a result in a table whose groups have so many people each.

        Where the groups hold people twice they are what was given in all periods; else it is not known.
        """
        if not self.crossover:
            return None, None
        if self.enrolled and sum(n or 0 for n in people) > self.enrolled:
            return "allPeriods", _TWICE
        return "unknownPeriod", None
