"""What a review decided for one of its analyses, beside what its protocol says of all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AnalysisRule:
    """The settings of one analysis; a measure, method or interval that is absent is the protocol's.

    ``totals`` tells which pools the review shows: those of levels and the total (all), the total alone, those of levels
    alone (subgroups), none. ``swapped`` counts people without the event. ``levels`` are the subgroups in their order.
    ``in_subgroups_alone`` names rows that count in no total: the slug of a trial, and its stratum behind a slash.
    """

    measure: str | None = None
    method: str | None = None
    ci: str | None = None
    ci_level: float = 95.0
    study_ci_level: float = 95.0
    totals: str = "all"
    swapped: bool = False
    levels: tuple[str, ...] = ()
    in_subgroups_alone: tuple[str, ...] = ()

    @property
    def shows_total(self) -> bool:
        """Tell whether the review shows a pool of all rows."""
        return self.totals in ("all", "total")

    @property
    def shows_levels(self) -> bool:
        """Tell whether the review shows a pool of each subgroup."""
        return self.totals in ("all", "subgroups")


AS_THE_PROTOCOL_SAYS = AnalysisRule()
