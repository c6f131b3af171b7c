"""Step 7, counts: the paired table of people who had both interventions (Handbook 23.2.6; Elbourne et al. 2002)."""

from __future__ import annotations

from dataclasses import dataclass

from kg.model.trialset import ReportedContrast

MEASURES = ("RR", "OR", "RD")
"""Measures that a paired table gives."""
RULE = "paired table"


@dataclass(frozen=True)
class PairedTable:
    """People by event: on both interventions, on the experimental one only, on the control only, on neither."""

    both: int
    experimental: int
    control: int
    neither: int

    @property
    def people(self) -> int:
        """Everybody in the table."""
        return self.both + self.experimental + self.control + self.neither

    @property
    def reversed(self) -> PairedTable:
        """The table with the interventions exchanged."""
        return PairedTable(self.both, self.control, self.experimental, self.neither)

    @property
    def without_event(self) -> PairedTable:
        """The table of people without the event."""
        return PairedTable(self.neither, self.control, self.experimental, self.both)


def table_of(contrast: ReportedContrast | None) -> PairedTable | None:
    """Return the paired table that a source reports of two arms, where it reports one."""
    if contrast is None:
        return None
    cells = (
        contrast.event_on_both,
        contrast.event_on_experimental_only,
        contrast.event_on_control_only,
        contrast.event_on_neither,
    )
    known = [cell for cell in cells if cell is not None]
    return PairedTable(*known) if len(known) == len(cells) else None


def told(table: PairedTable) -> str:
    """Return how a crossover trial was used whose source has a paired table."""
    return f"paired table of {table.people} people (Elbourne 2002; Handbook 23.2.6)"
