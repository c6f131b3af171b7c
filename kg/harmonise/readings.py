"""Step 4: what a result says in figures that can be pooled, as reported or derived, and why not where it cannot."""

from __future__ import annotations

from dataclasses import dataclass

from kg.harmonise.percentages import counted
from kg.harmonise.spread import summary
from kg.model.trialset import ArmResult
from kg.protocol import Protocol


@dataclass(frozen=True)
class Reading:
    """The figures of one result; ``derived`` says what was computed, ``rules`` by which rules, ``warnings`` of what."""

    n: int | None = None
    mean: float | None = None
    sd: float | None = None
    events: int | None = None
    total: int | None = None
    derived: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rules: frozenset[str] = frozenset()
    why_not: str | None = None

    @property
    def complete(self) -> bool:
        """Tell whether an effect can be computed from it."""
        return None not in (self.events, self.total) or None not in (self.n, self.mean, self.sd)


def read(result: ArmResult, protocol: Protocol) -> Reading:
    """Return the figures of a result: a count with its total, or a mean with its SD."""
    if result.continuous:
        found = summary(result, from_medians=protocol.medians)
        return Reading(
            n=result.n,
            mean=found.mean,
            sd=found.sd,
            derived=found.derived,
            warnings=found.warnings,
            rules=found.rules,
            why_not=found.why_not,
        )
    events, derived, why_not = counted(result, allowed=protocol.percentages)
    return Reading(
        events=events,
        total=result.total,
        derived=(derived,) if derived else (),
        rules=frozenset({"counts from percentages"}) if derived else frozenset(),
        why_not=why_not,
    )
